namespace TraceReplay.Ingest.TraceDat;

/// <summary>A part of a trace.dat cannot be used.</summary>
/// <param name="offset">Where in the file, in bytes.</param>
/// <param name="message">What was expected and what was found.</param>
internal sealed class TraceDatException(long offset, string message) : IOException(FormattableString.Invariant($"at offset 0x{offset:x}: {message}"));
