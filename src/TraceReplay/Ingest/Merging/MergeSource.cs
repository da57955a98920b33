using TraceReplay.Events;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest.Merging;

/// <summary>One trace of a merge.</summary>
/// <param name="id">1-based number of it.</param>
/// <param name="path">Its path as given.</param>
/// <param name="session">What its reader shares with the others.</param>
internal sealed class MergeSource(int id, string path, ReadSession session)
{
    public int Id => id;

    public string Path => path;

    public ReadSession Session => session;

    /// <summary>Form of its times, null before there is an event.</summary>
    public TraceClock? Clock => session.Clock;

    /// <summary>CPUs that a header of it names so far, 0 for none.</summary>
    public int HeaderCpuCount => session.HeaderCpuCount;

    /// <summary>What was read, once it has ended.</summary>
    public SourceSummary? Summary { get; set; }

    /// <summary>Symbols that it carries, once it has ended.</summary>
    public SymbolTable Symbols => session.Symbols;
}
