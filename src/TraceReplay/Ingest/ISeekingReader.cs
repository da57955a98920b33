using Microsoft.Win32.SafeHandles;

namespace TraceReplay.Ingest;

/// <summary>A format whose parts refer to one another by their place in the file.</summary>
internal interface ISeekingReader : ITraceReader
{
    /// <summary>Reads a file at any place, as often as it takes. Content makes it throw only when nothing of it can be used.</summary>
    /// <exception cref="IOException">The content is not of this format, or so damaged that no event can be found.</exception>
    TextSummary Read(SafeFileHandle file, ReadSession session);
}
