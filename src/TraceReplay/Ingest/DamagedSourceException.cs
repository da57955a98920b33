namespace TraceReplay.Ingest;

/// <summary>Thrown by a source's stream where its readable part ends: what was read before is good.</summary>
internal sealed class DamagedSourceException(ProblemKind kind, string message) : IOException(message)
{
    /// <summary><see cref="ImportProblems.TruncatedGzip"/> or <see cref="ImportProblems.CorruptGzip"/>.</summary>
    public ProblemKind Kind { get; } = kind;
}
