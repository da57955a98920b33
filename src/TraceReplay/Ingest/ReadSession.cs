using TraceReplay.Events;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest;

/// <summary>What the files of one import share: where events go, and where sequence numbers and times stand.</summary>
/// <param name="sink">Receives the events.</param>
/// <param name="names">Receives the names that events refer to.</param>
/// <param name="problems">Receives what could not be used.</param>
public sealed class ReadSession(IEventSink sink, NameTable names, ImportProblems problems)
{
    /// <summary>Receives the events; may be changed between sources.</summary>
    public IEventSink Sink { get; set; } = sink;

    public NameTable Names { get; } = names;

    public ImportProblems Problems { get; } = problems;

    /// <summary>Events that are not in the vocabulary.</summary>
    public SkippedEvents Skipped { get; init; } = new();

    /// <summary>Sequence number of the next event, 1-based.</summary>
    public long NextSeq { get; set; } = 1;

    /// <summary>Time of the last line read, null before the first: nanoseconds or ticks.</summary>
    public long? LastTime { get; set; }

    /// <summary>Form of the first timestamp, null before it.</summary>
    public TraceClock? Clock { get; set; }

    /// <summary>CPUs that a header of the current source names so far, 0 for none.</summary>
    public int HeaderCpuCount { get; set; }

    /// <summary>True for times of a binary source as they are, false for those that the text made of it shows.</summary>
    public bool KeepsNanoseconds { get; init; }

    /// <summary>What the reader of one piece of a capture leaves to that of the next; null for nothing.</summary>
    internal object? Carried { get; set; }

    /// <summary>Symbols that the current source carries.</summary>
    public SymbolTable Symbols { get; set; } = SymbolTable.None;

    /// <summary>Called every few ten thousand lines with the bytes taken from the current source, as they are in the file.</summary>
    public Action<long>? Progress { get; set; }

    /// <summary>Looked at as often as <see cref="Progress"/> is called.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>What events of other names mean; null for the vocabulary alone.</summary>
    public EventMapping? Mapping { get; set; }

    /// <summary>Counts the events by name; null where nobody asks.</summary>
    internal EventSurvey? Survey { get; set; }

    /// <summary>Tells the bytes taken from the current source.</summary>
    internal Func<long>? RawBytes { get; set; }

    /// <summary>For readers to call now and then: reports progress, and stops the reading when it was cancelled.</summary>
    public void Tick()
    {
        Cancellation.ThrowIfCancellationRequested();
        Progress?.Invoke(RawBytes?.Invoke() ?? 0);
    }
}
