using TraceReplay.Ingest.Images;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Ingest.Merging;
using TraceReplay.Replay;
using TraceReplay.Store;

namespace TraceReplay.Ingest;

/// <summary>Choices of one import.</summary>
public sealed record ImportOptions
{
    /// <summary>The path that stands for <see cref="StandardInput"/>.</summary>
    public const string StandardInputPath = "-";

    /// <summary>Replace an existing database. Any other kind of file is never replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Name of the reader, or null to recognise each source by its content.</summary>
    public string? Format { get; init; }

    /// <summary>How the sources are merged by time; null where they are consecutive pieces of one capture.</summary>
    public MergeOptions? Merge { get; init; }

    /// <summary>True for the nanoseconds of a trace.dat, false for the microseconds that <c>trace-cmd report</c> prints. A merge takes them all.</summary>
    public bool KeepsNanoseconds { get; init; }

    /// <summary>Files of memory as it was at the begin of the trace; none for a trace that tells all that is known.</summary>
    public IReadOnlyList<MemoryFile> InitialMemory { get; init; } = [];

    /// <summary>What events of other names mean; null for the vocabulary alone.</summary>
    public EventMapping? Mapping { get; init; }

    /// <summary>File of the symbols that program counters are named by; null for those that a source carries.</summary>
    public string? SymbolsPath { get; init; }

    /// <summary>Program counter minus address of <see cref="SymbolsPath"/>, in the kernel's half; null to have it found.</summary>
    public ulong? KaslrOffset { get; init; }

    /// <summary>What the path <c>-</c> reads; null when the caller has none to offer.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>How to replay what is imported, in the same go; null not to.</summary>
    public ReplayOptions? Replay { get; init; }

    /// <summary>Findings of that replay that are accepted, or known from before.</summary>
    public FindingReview Review { get; init; } = FindingReview.None;

    /// <summary>Told the number of events replayed, now and then.</summary>
    public IProgress<long>? ReplayProgress { get; init; }

    /// <summary>
    /// Given a second connection once all rows are in the file, while the indexes are still to be made; who takes it reads on another thread,
    /// and closes it. Never called where nothing is kept.
    /// </summary>
    public Action<TraceDatabase>? RowsWritten { get; init; }
}
