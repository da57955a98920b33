using System.Text;
using TraceReplay.Events;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>What a trace.dat holds besides records: where they are, and what they mean.</summary>
internal sealed class TraceDatFile
{
    private const int HighestFormatId = ushort.MaxValue;

    // More are damage.
    private const int MostSystems = 1 << 16;

    // Sub-buffers of the ring buffer: from the smallest page to the largest order the kernel takes.
    private const int SmallestPage = 256;
    private const int LargestPage = 16 << 20;

    // What trace_clock can hold that is stamped in nanoseconds.
    private static readonly string[] ClocksOfTime = ["local", "global", "uptime", "perf", "mono", "mono_raw", "boot", "tai", "tsc2nsec"];

    private readonly Action<string> _onDamage;
    private readonly EventFormat?[] _formats = new EventFormat?[HighestFormatId + 1];

    private TraceDatFile(FileBytes bytes, ByteOrder order, Action<string> onDamage) => (Bytes, Order, _onDamage) = (bytes, order, onDamage);

    /// <summary>The file.</summary>
    public FileBytes Bytes { get; }

    public ByteOrder Order { get; }

    /// <summary>Algorithm of compressed sections, null without.</summary>
    public SectionCompression? Compression { get; internal set; }

    /// <summary>What records refer to.</summary>
    public KernelStrings Strings { get; } = new();

    /// <summary>Command names of tasks.</summary>
    public SavedCommands Commands { get; private set; } = SavedCommands.Parse(default);

    public TimeConversion Time { get; } = new();

    /// <summary>Name of the clock, null when the file does not tell.</summary>
    public string? Clock { get; internal set; }

    /// <summary>Number of CPUs, whether they wrote anything or not.</summary>
    public int CpuCount { get; internal set; }

    /// <summary>Size of a page of the machine.</summary>
    public int PageBytes { get; private init; }

    /// <summary>Size of a page of the ring buffer, as the kernel told it; version 7 tells it again for each buffer.</summary>
    public int SubBufferBytes { get; private set; }

    /// <summary>The ring buffers, that of the top first.</summary>
    public List<TraceDatBuffer> Buffers { get; } = [];

    /// <summary>The field that tells the event, the same in all events.</summary>
    public EventField TypeField { get; private set; } = new("common_type", 0, 2, false, false, false, FieldPlace.Fixed);

    /// <summary>The field that tells the task, the same in all events.</summary>
    public EventField PidField { get; private set; } = new("common_pid", 4, 4, true, false, false, FieldPlace.Fixed);

    /// <summary>Reads all but the records.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="onDamage">Told what is damaged and was done without.</param>
    /// <exception cref="TraceDatException">It is not a trace.dat that can be read, or so damaged that no record can be found.</exception>
    public static TraceDatFile Open(FileBytes bytes, Action<string> onDamage)
    {
        var start = new ByteCursor(bytes, 0, default);
        start.Expect("\u0017\u0008Dtracing"u8, "the mark of a trace.dat");
        var version = start.Text("the version");
        var endian = start.U8("the byte order");
        if (endian > 1)
        {
            throw new TraceDatException(start.FileOffset - 1, $"byte order {endian}; expected 0 (little) or 1 (big)");
        }

        var cursor = new ByteCursor(bytes, start.Position, new ByteOrder(endian == 1));
        var longSize = cursor.U8("the size of a long") == 4 ? 4 : 8;
        var page = CheckPage(cursor.U32("the page size"), cursor.FileOffset - 4);
        var file = new TraceDatFile(bytes, cursor.Order, onDamage) { PageBytes = page, SubBufferBytes = page };
        file.Strings.LongSize = longSize;
        switch (version)
        {
            case "6":
                SequentialLayout.Read(file, cursor);
                break;
            case "7":
                SectionLayout.Read(file, cursor);
                break;
            default:
                throw new TraceDatException(10, $"version '{ImportProblems.Printable(version)}'; expected 6 or 7");
        }

        return file;
    }

    /// <summary>The event that a record's type names, or null.</summary>
    public EventFormat? Format(int type) => (uint)type <= HighestFormatId ? _formats[type] : null;

    /// <summary>How the times of a buffer are shown.</summary>
    public TraceClock ClockOf(TraceDatBuffer buffer)
    {
        var name = buffer.Clock ?? Clock;
        return Time.IsConverted || name is null || ClocksOfTime.Contains(name) ? TraceClock.Time : TraceClock.Counter;
    }

    /// <summary>A page size, checked.</summary>
    /// <exception cref="TraceDatException">It is none.</exception>
    public static int CheckPage(uint bytes, long offset) => bytes is >= SmallestPage and <= LargestPage && bytes % 8 == 0
        ? (int)bytes
        : throw new TraceDatException(offset, $"pages of {bytes} bytes; expected {SmallestPage}..{LargestPage}");

    /// <summary>Tells that something is damaged and is done without.</summary>
    public void ReportDamage(string what) => _onDamage(what);

    /// <summary>Reads <c>header_page</c> and <c>header_event</c>.</summary>
    public void ReadHeaderInfo(ByteCursor cursor)
    {
        cursor.Expect("header_page\0"u8, "header_page");
        var page = Encoding.UTF8.GetString(cursor.Block(cursor.U64("header_page"), "header_page"));
        foreach (var field in page.Split('\n').Select(EventField.Parse).OfType<EventField>())
        {
            // The kernel's long; that in the file's header is the one of user space.
            if (field.Name == "commit" && field.Size is 4 or 8)
            {
                Strings.LongSize = field.Size;
            }

            // Kernels can make the pages of the ring buffer several of the machine's.
            if (field.Name == "data" && field.Offset + field.Size is >= SmallestPage and <= LargestPage and var bytes && bytes % PageBytes == 0)
            {
                SubBufferBytes = bytes;
            }
        }

        cursor.Expect("header_event\0"u8, "header_event");
        cursor.Block(cursor.U64("header_event"), "header_event");
    }

    /// <summary>Reads the formats of the events of ftrace itself.</summary>
    public void ReadFtraceFormats(ByteCursor cursor)
    {
        var count = cursor.U32("the number of ftrace's events");
        for (var i = 0u; i < count; i++)
        {
            AddFormat(cursor.Block(cursor.U64("the format of an event"), "the format of an event"));
        }
    }

    /// <summary>Reads the formats of the events of all systems.</summary>
    public void ReadEventFormats(ByteCursor cursor)
    {
        var systems = cursor.U32("the number of event systems");
        for (var system = 0u; system < Math.Min(systems, MostSystems); system++)
        {
            cursor.Text("the name of an event system");
            ReadFtraceFormats(cursor);
        }
    }

    /// <summary>Reads the kernel's symbols.</summary>
    public void ReadSymbols(ByteCursor cursor) =>
        Strings.Symbols = SymbolTable.Parse(cursor.Block(cursor.U32("the size of the symbols"), "the symbols"));

    /// <summary>Reads the kernel's strings.</summary>
    public void ReadPrintkFormats(ByteCursor cursor) =>
        Strings.Formats = PrintkFormats.Parse(cursor.Block(cursor.U32("the size of the printk formats"), "the printk formats"));

    /// <summary>Reads the command names.</summary>
    public void ReadCommands(ByteCursor cursor) =>
        Commands = SavedCommands.Parse(cursor.Block(cursor.U64("the size of the command names"), "the command names"));

    /// <summary>Takes the clock in brackets: <c>local [global] counter</c>.</summary>
    public void SetClock(string clocks)
    {
        var open = clocks.IndexOf('[', StringComparison.Ordinal);
        var close = open < 0 ? -1 : clocks.IndexOf(']', open);
        if (close > open)
        {
            Clock = clocks[(open + 1)..close];
        }
    }

    private void AddFormat(ReadOnlySpan<byte> text)
    {
        if (EventFormat.Parse(Encoding.UTF8.GetString(text)) is { } format)
        {
            _formats[format.Id] = format;
            TypeField = Common(format, "common_type") ?? TypeField;
            PidField = Common(format, "common_pid") ?? PidField;
        }
    }

    private static EventField? Common(EventFormat format, string name) =>
        format.CommonFields.FirstOrDefault(field => field.Name == name && field is { IsArray: false, Size: 2 or 4 });
}
