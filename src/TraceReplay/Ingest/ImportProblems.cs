using System.Text;

namespace TraceReplay.Ingest;

/// <summary>The kinds of problem, and those met while reading: totals of every kind, rows for the first thousand of each.</summary>
public sealed class ImportProblems
{
    /// <summary>Rows kept of one kind; a damaged trace can have one on every line.</summary>
    public const int KeptPerKind = 1000;

    /// <summary>Bytes of a line that are quoted; lines may be a megabyte long.</summary>
    public const int ExcerptBytes = 200;

    public static readonly ProblemKind MalformedLine = new("malformed-line", ProblemSeverity.Error,
        "The line is not of its format: the detail tells what was expected. Its event is missing from the replay. Of ftrace's formats the latency format, with times in microseconds, is not read: use the default one.");

    public static readonly ProblemKind MissingKey = new("missing-key", ProblemSeverity.Error,
        "An event lacks a key that it must have, so it was not stored. Compare the tracer's format with the vocabulary.");

    public static readonly ProblemKind MalformedValue = new("malformed-value", ProblemSeverity.Error,
        "A value that an event must have cannot be read, so the event was not stored. Numbers are 0x hex or decimal.");

    public static readonly ProblemKind NumberOutOfRange = new("number-out-of-range", ProblemSeverity.Error,
        "A number does not fit its field, such as 64 bits for an address or -1..3 for a level. Its event was not stored, or stored without it where it is optional: the detail says which.");

    public static readonly ProblemKind OptionalValueIgnored = new("optional-value-ignored", ProblemSeverity.Warning,
        "An optional value cannot be read, so the event was stored without it. Numbers are 0x hex or decimal.");

    public static readonly ProblemKind UnalignedAddress = new("unaligned-address", ProblemSeverity.Warning,
        "The address of a descriptor or table is not a multiple of 8, so it is the address of neither. It is stored as it is; check what the tracer prints.");

    public static readonly ProblemKind UnknownRegister = new("unknown-register", ProblemSeverity.Info,
        "A system register is none that translation depends on. Its writes are stored and change nothing in the replay; one row a name, all writes are counted.");

    public static readonly ProblemKind UnknownBarrier = new("unknown-barrier", ProblemSeverity.Error,
        "A barrier is neither isb nor dsb or dmb with an option of the architecture, so it was not stored. Maintenance that it completed may be reported as incomplete.");

    public static readonly ProblemKind UnknownTlbi = new("unknown-tlbi", ProblemSeverity.Error,
        "A TLBI is not an operation of the architecture. It is stored, and replay takes it that it may have invalidated anything: what was pending is no longer judged.");

    public static readonly ProblemKind ValueNotTraced = new("value-not-traced", ProblemSeverity.Error,
        "A TLBI or MSR takes its value from a register that the trace has not told. It is taken for an event that the CPU lost: trace registers too, from before the first one.");

    public static readonly ProblemKind StoreNotTraced = new("store-not-traced", ProblemSeverity.Error,
        "An instruction stored, and the trace does not tell what. A table that it stored to may be replayed wrongly.");

    public static readonly ProblemKind UnknownRecord = new("unknown-record", ProblemSeverity.Warning,
        "A record looks like one of an instruction, a register or an access, and its kind is not known, so it was left out. If it tells stores, the replay lacks them. One row a kind, all are counted.");

    public static readonly ProblemKind NoStoreTraced = new("no-store-traced", ProblemSeverity.Warning,
        "Instructions that store are traced, and no store is. The replay has no writes of tables to judge: have the tracer print stores too.");

    public static readonly ProblemKind AddressNotTraced = new("address-not-traced", ProblemSeverity.Error,
        "Stores are told by their virtual address alone, and the MMU may be on. They were left out: have the tracer print physical addresses. One row, all are counted.");

    public static readonly ProblemKind MemoryNotKept = new("memory-not-kept", ProblemSeverity.Error,
        "The trace stores to more memory than is kept. A page that becomes a table from here on may be missing. One row, all stores are counted.");

    public static readonly ProblemKind TablesNotFollowed = new("tables-not-followed", ProblemSeverity.Error,
        "A root was loaded before the trace told the shape of its tables, so they are not followed. Begin the trace before the MMU is switched on. One row a register, all loads are counted.");

    public static readonly ProblemKind LostEvents = new("lost-events", ProblemSeverity.Warning,
        "The tracer lost events of this CPU here. What the replay says about the gap is uncertain: use a larger buffer.");

    public static readonly ProblemKind BufferOverwritten = new("buffer-overwritten", ProblemSeverity.Warning,
        "The ring buffer overwrote its oldest events: the trace starts later than the tracing did. Use a larger buffer or trace_pipe.");

    public static readonly ProblemKind TimeBackwards = new("time-backwards", ProblemSeverity.Warning,
        "A timestamp is earlier than the one before. The order of lines is taken as the order of events: use a clock that all CPUs share.");

    public static readonly ProblemKind ClockChanged = new("clock-changed", ProblemSeverity.Warning,
        "A timestamp is of another form than the first one (seconds with a fraction, or a bare count). Times before and after cannot be compared.");

    public static readonly ProblemKind LineTooLong = new("line-too-long", ProblemSeverity.Error,
        "A line is longer than a megabyte and was skipped. Check that the file is a text trace.");

    public static readonly ProblemKind NotUtf8 = new("not-utf8", ProblemSeverity.Warning,
        "A line holds bytes that are not UTF-8, as a command name may. They are shown as U+FFFD.");

    public static readonly ProblemKind TruncatedGzip = new("truncated-gzip", ProblemSeverity.Error,
        "The compressed file ends in the middle. What came before was read; copy the file again.");

    public static readonly ProblemKind CorruptGzip = new("corrupt-gzip", ProblemSeverity.Error,
        "The compressed data is damaged. What came before was read; copy the file again.");

    public static readonly ProblemKind SourceChanged = new("source-changed", ProblemSeverity.Warning,
        "The file was written to while it was read: what was read may lack its end. Import it again when the tracer has finished.");

    public static readonly ProblemKind DamagedTraceDat = new("damaged-trace-dat", ProblemSeverity.Error,
        "The trace.dat ends early, or bytes of it cannot be what trace-cmd wrote. What could be read was; copy the file again.");

    public static readonly ProblemKind MappingFailed = new("mapping-failed", ProblemSeverity.Error,
        "An event that the mapping of --events names is not as the mapping says, so it was not stored. The detail has the line of the mapping and what was expected there.");

    private readonly List<ImportProblem> _kept = [];
    private readonly Dictionary<ProblemKind, long> _counts = new(ReferenceEqualityComparer.Instance);

    /// <summary>Every kind there is.</summary>
    public static IReadOnlyList<ProblemKind> Kinds { get; } =
    [
        MalformedLine, MissingKey, MalformedValue, NumberOutOfRange, OptionalValueIgnored, UnalignedAddress, UnknownRegister, UnknownBarrier, UnknownTlbi,
        ValueNotTraced, StoreNotTraced, UnknownRecord, NoStoreTraced, AddressNotTraced, MemoryNotKept, TablesNotFollowed, LostEvents,
        BufferOverwritten, TimeBackwards, ClockChanged, LineTooLong, NotUtf8, TruncatedGzip, CorruptGzip,
        SourceChanged, DamagedTraceDat, MappingFailed,
    ];

    /// <summary>1-based number of the file being read; goes into each problem.</summary>
    public int TraceId { get; set; } = 1;

    /// <summary>The problems kept, in the order met.</summary>
    public IReadOnlyList<ImportProblem> Kept => _kept;

    /// <summary>Totals of the kinds met, those beyond <see cref="KeptPerKind"/> included.</summary>
    public IReadOnlyDictionary<ProblemKind, long> Counts => _counts;

    /// <summary>The worst severity met, or null when there was no problem.</summary>
    public ProblemSeverity? Worst => _counts.Count == 0 ? null : _counts.Keys.Max(kind => kind.Severity);

    /// <summary>How many of a kind were met.</summary>
    public long Count(ProblemKind kind) => _counts.GetValueOrDefault(kind);

    /// <summary>True while rows of this kind are kept: only then is it worth making the detail text.</summary>
    public bool IsKept(ProblemKind kind) => Count(kind) < KeptPerKind;

    /// <summary>Counts a problem of which an earlier row tells already.</summary>
    public void AddRepeat(ProblemKind kind) => _counts[kind] = Count(kind) + 1;

    /// <summary>Counts a problem and keeps it when it is among the first of its kind.</summary>
    public void Add(ProblemKind kind, long line, string detail, ReadOnlySpan<byte> text)
    {
        var count = Count(kind);
        _counts[kind] = count + 1;
        if (count < KeptPerKind)
        {
            _kept.Add(new ImportProblem(TraceId, line, kind, detail, Quote(text)));
        }
    }

    /// <summary>The start of some bytes as text that is safe to print: bounded, without control characters.</summary>
    public static string Quote(ReadOnlySpan<byte> text) =>
        Printable(Encoding.UTF8.GetString(text[..Math.Min(text.Length, ExcerptBytes)]));

    /// <summary>A text with blanks in place of control characters, which would move the cursor of a terminal or end a C string.</summary>
    internal static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
}
