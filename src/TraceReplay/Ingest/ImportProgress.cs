namespace TraceReplay.Ingest;

/// <summary>How far an import is.</summary>
/// <param name="BytesRead">Bytes of the sources as they are, compressed or not.</param>
/// <param name="TotalBytes">Of all sources, or null when one has no known length.</param>
/// <param name="Events">Events read.</param>
/// <param name="Elapsed">Since the start.</param>
public readonly record struct ImportProgress(long BytesRead, long? TotalBytes, long Events, TimeSpan Elapsed);
