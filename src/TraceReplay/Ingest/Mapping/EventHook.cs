namespace TraceReplay.Ingest.Mapping;

/// <summary>Sees each event of a source before the vocabulary does.</summary>
internal abstract class EventHook
{
    /// <summary>True when nothing is left to be done with the event.</summary>
    /// <param name="name">Its name, without that of its system.</param>
    /// <param name="payload">Its text.</param>
    /// <param name="context">Its line.</param>
    public abstract bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context);
}
