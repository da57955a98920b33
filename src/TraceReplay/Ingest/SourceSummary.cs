using TraceReplay.Ingest.Merging;

namespace TraceReplay.Ingest;

/// <summary>What was read from one source.</summary>
public sealed record SourceSummary
{
    /// <summary>As given; <c>-</c> for standard input.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the reader.</summary>
    public required string Format { get; init; }

    /// <summary><c>none</c> or <c>gzip</c>.</summary>
    public required string Compression { get; init; }

    /// <summary>Of the bytes as they are in the source, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What the reader tells.</summary>
    public required TextSummary Text { get; init; }

    /// <summary>Sequence number of the first event.</summary>
    public long FirstSeq { get; init; }

    /// <summary>Sequence number of the last event; less than <see cref="FirstSeq"/> when there was none.</summary>
    public long LastSeq { get; init; }

    /// <summary>Events of the vocabulary.</summary>
    public long EventCount { get; init; }

    /// <summary>What was added where the source was merged with others by time; null where it is a piece of one capture.</summary>
    public MergedShift? Shift { get; init; }
}
