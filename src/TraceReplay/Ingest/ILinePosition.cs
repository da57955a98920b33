namespace TraceReplay.Ingest;

/// <summary>Where a reader is in its source.</summary>
internal interface ILinePosition
{
    /// <summary>1-based number of the line.</summary>
    long Number { get; }

    /// <summary>The line, for problems to quote.</summary>
    ReadOnlySpan<byte> Line { get; }
}
