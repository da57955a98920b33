using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using TraceReplay.Ingest.TraceDat;

namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>A ring buffer to be written.</summary>
/// <param name="Name">Of the instance, empty for the top.</param>
/// <param name="Cpus">Numbers of CPUs, and their pages.</param>
internal sealed record DatBuffer(string Name, params (int Cpu, RingPage[] Pages)[] Cpus)
{
    public string Clock { get; init; } = "local";

    public int? PageBytes { get; init; }
}

/// <summary>Writes a trace.dat as trace-cmd does, of any version, byte order, page size and compression.</summary>
internal sealed class DatFile
{
    private const int PagesPerPiece = 2;

    private readonly List<byte> _bytes = [];

    public string Version { get; init; } = "7";

    public bool IsBig { get; init; }

    public int LongSize { get; init; } = 8;

    public int PageBytes { get; init; } = 4096;

    /// <summary>Of a page of the ring buffer, where it is another than that of the machine.</summary>
    public int? SubBufferBytes { get; init; }

    public string Compression { get; init; } = "none";

    public string Formats { get; init; } = DatFormats.All;

    public string FtraceFormats { get; init; } = DatFormats.Ftrace;

    public string Symbols { get; init; } = "ffffffc008000000 T _text\nffffffc008010000 T set_pte\nffffffc008020000 t tracing_mark_write\nffffffc008030000 T last\n";

    public string PrintkFormats { get; init; } = "";

    public string Commands { get; init; } = "1 init\n44 kworker/0:1-ev\n";

    public List<(TraceDatOption Id, byte[] Data)> Options { get; init; } = [];

    public required DatBuffer[] Buffers { get; init; }

    /// <summary>The buffers are marked as holding text.</summary>
    public bool IsLatency { get; init; }

    private int RingPageBytes => SubBufferBytes ?? PageBytes;

    private int CpuCount => Buffers.Max(buffer => buffer.Cpus.Max(data => data.Cpu)) + 1;

    /// <summary>A record with its common fields, pid 1.</summary>
    public byte[] Record(int type, params object[] values) => RecordOf(1, type, values);

    /// <summary>A record of a task. Values are numbers of the size of their type, bytes as they are, or texts, which end with a zero.</summary>
    public byte[] RecordOf(int pid, int type, params object[] values)
    {
        var record = new List<byte>();
        record.AddRange([.. Number((ulong)type, 2), 0, 0, .. Number((uint)pid, 4)]);
        foreach (var value in values)
        {
            record.AddRange(value switch
            {
                ulong number => Number(number, 8),
                long number => Number((ulong)number, 8),
                int number => Number((uint)number, 4),
                uint number => Number(number, 4),
                ushort number => Number(number, 2),
                byte number => [number],
                byte[] bytes => bytes,
                string text => [.. Encoding.UTF8.GetBytes(text), 0],
                _ => throw new InvalidOperationException($"{value.GetType()}"),
            });
        }

        return [.. record];
    }

    /// <summary>A text in an array of a fixed size.</summary>
    public static byte[] Chars(string text, int size) => [.. Encoding.UTF8.GetBytes(text), .. new byte[size - Encoding.UTF8.GetByteCount(text)]];

    public byte[] Tlbi(string op, ulong arg) => Record(28, arg, Chars(op, 16));

    public byte[] Barrier(string op) => Record(27, Chars(op, 12));

    public byte[] Write(ulong pa, ulong old, ulong @new, int level, string how) => Record(29, pa, old, @new, level, Chars(how, 12));

    public RingPage Page(ulong time) => new(time, IsBig, LongSize);

    /// <summary>A number in the byte order of the file.</summary>
    public byte[] Number(ulong value, int size)
    {
        var bytes = new byte[8];
        if (IsBig)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            return bytes[(8 - size)..];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }

    /// <summary>The file.</summary>
    public byte[] Build()
    {
        _bytes.Clear();
        _bytes.AddRange([0x17, 0x08, 0x44, .. "tracing"u8, .. Encoding.ASCII.GetBytes(Version), 0, (byte)(IsBig ? 1 : 0), (byte)LongSize, .. Number((uint)PageBytes, 4)]);
        if (Version == "6")
        {
            BuildSequential();
        }
        else
        {
            BuildSections();
        }

        return [.. _bytes];
    }

    private void BuildSequential()
    {
        _bytes.AddRange([.. HeaderInfo(), .. FormatList(FtraceFormats), .. SystemList(), .. Sized(Symbols, 4), .. Sized(PrintkFormats, 4), .. Sized(Commands, 8)]);
        _bytes.AddRange(Number((uint)CpuCount, 4));
        _bytes.AddRange("options  \0"u8);
        foreach (var (id, data) in Options)
        {
            _bytes.AddRange([.. Number((uint)id, 2), .. Number((uint)data.Length, 4), .. data]);
        }

        List<int> offsets = [];
        foreach (var instance in Buffers.Skip(1))
        {
            _bytes.AddRange([.. Number((uint)TraceDatOption.Buffer, 2), .. Number((uint)instance.Name.Length + 9, 4)]);
            offsets.Add(_bytes.Count);
            _bytes.AddRange([.. new byte[8], .. Encoding.UTF8.GetBytes(instance.Name), 0]);
        }

        _bytes.AddRange(Number(0, 2));
        BuildFlyRecord(Buffers[0]);
        foreach (var (i, instance) in Buffers.Skip(1).Index())
        {
            Patch(offsets[i], Number((ulong)_bytes.Count, 8));
            BuildFlyRecord(instance);
        }
    }

    private void BuildFlyRecord(DatBuffer buffer)
    {
        _bytes.AddRange(IsLatency ? "latency  \0"u8 : "flyrecord\0"u8);
        var table = _bytes.Count;
        _bytes.AddRange(new byte[16 * CpuCount]);
        if (Options.Any(option => option.Id == TraceDatOption.TraceClock))
        {
            _bytes.AddRange(Sized($"[{buffer.Clock}]\n", 8));
        }

        foreach (var (cpu, pages) in buffer.Cpus)
        {
            Align(PageBytes);
            Patch(table + (16 * cpu), [.. Number((ulong)_bytes.Count, 8), .. Number((ulong)(pages.Length * RingPageBytes), 8)]);
            _bytes.AddRange(pages.SelectMany(page => page.Build(RingPageBytes)));
        }
    }

    private void BuildSections()
    {
        _bytes.AddRange([.. Encoding.UTF8.GetBytes(Compression), 0, .. "1.0\0"u8]);
        var first = _bytes.Count;
        _bytes.AddRange(new byte[8]);
        List<byte> options = [];
        void Option(TraceDatOption id, byte[] data) => options.AddRange([.. Number((uint)id, 2), .. Number((uint)data.Length, 4), .. data]);
        void Content(TraceDatOption id, byte[] data) => Option(id, Number((ulong)Section((int)id, data), 8));

        Content(TraceDatOption.HeaderInfo, HeaderInfo());
        Content(TraceDatOption.FtraceFormats, FormatList(FtraceFormats));
        Content(TraceDatOption.EventFormats, SystemList());
        Content(TraceDatOption.Symbols, Sized(Symbols, 4));
        Content(TraceDatOption.PrintkFormats, Sized(PrintkFormats, 4));
        Content(TraceDatOption.CommandLines, Sized(Commands, 8));
        Option(TraceDatOption.CpuCount, Number((uint)CpuCount, 4));
        foreach (var (id, data) in Options)
        {
            Option(id, data);
        }

        var done = options.Count + 6;
        Option(TraceDatOption.Done, new byte[8]);
        Patch(first, Number((ulong)Section(0, [.. options], compress: false), 8));
        done += _bytes.Count - options.Count;

        List<byte> buffers = [];
        foreach (var buffer in Buffers)
        {
            var data = BuildBuffer(buffer);
            buffers.AddRange([.. Number((uint)(IsLatency ? TraceDatOption.BufferText : TraceDatOption.Buffer), 2), .. Number((uint)data.Length, 4), .. data]);
        }

        buffers.AddRange([.. Number(0, 2), .. Number(8, 4), .. new byte[8]]);
        Patch(done, Number((ulong)Section(0, [.. buffers]), 8));
    }

    // The data of the option.
    private byte[] BuildBuffer(DatBuffer buffer)
    {
        var page = buffer.PageBytes ?? RingPageBytes;
        var section = _bytes.Count;
        _bytes.AddRange([.. Number(3, 2), .. Number(Compression == "none" ? 0u : 1u, 2), .. new byte[12]]);
        List<byte> table = [];
        foreach (var (cpu, pages) in buffer.Cpus)
        {
            Align(PageBytes);
            var start = _bytes.Count;
            if (Compression == "none")
            {
                _bytes.AddRange(pages.SelectMany(p => p.Build(page)));
            }
            else
            {
                var pieces = pages.Select(p => p.Build(page)).Chunk(PagesPerPiece).ToList();
                _bytes.AddRange(Number((uint)pieces.Count, 4));
                pieces.ForEach(piece => _bytes.AddRange(Compress(piece.SelectMany(bytes => bytes).ToArray())));
            }

            table.AddRange([.. Number((uint)cpu, 4), .. Number((ulong)start, 8), .. Number((ulong)(_bytes.Count - start), 8)]);
        }

        Patch(section + 8, Number((ulong)(_bytes.Count - section - 16), 8));
        return
        [
            .. Number((ulong)section, 8), .. Encoding.UTF8.GetBytes(buffer.Name), 0, .. Encoding.UTF8.GetBytes(buffer.Clock), 0,
            .. Number((uint)page, 4), .. Number((uint)buffer.Cpus.Length, 4), .. table,
        ];
    }

    private int Section(int id, byte[] content, bool compress = true)
    {
        var start = _bytes.Count;
        var isCompressed = compress && Compression != "none";
        var data = isCompressed ? Compress(content) : content;
        _bytes.AddRange([.. Number((uint)id, 2), .. Number(isCompressed ? 1u : 0u, 2), .. Number(0, 4), .. Number((ulong)data.Length, 8), .. data]);
        return start;
    }

    private byte[] Compress(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(content);
        }

        return [.. Number((uint)compressed.Length, 4), .. Number((uint)content.Length, 4), .. compressed.ToArray()];
    }

    private byte[] HeaderInfo()
    {
        var page = $"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:{LongSize};\tsigned:1;\n" +
            $"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:{8 + LongSize};\tsize:{RingPageBytes - 8 - LongSize};\tsigned:0;\n";
        return [.. "header_page\0"u8, .. Sized(page, 8), .. "header_event\0"u8, .. Sized("# compressed entry header\n", 8)];
    }

    private byte[] SystemList() => [.. Number(1, 4), .. "pgtrace\0"u8, .. FormatList(Formats)];

    private byte[] FormatList(string formats)
    {
        var list = formats.Split("\nname: ", StringSplitOptions.RemoveEmptyEntries).Select((text, i) => i == 0 ? text : "name: " + text).ToList();
        return [.. Number((uint)list.Count, 4), .. list.SelectMany(text => Sized(text, 8))];
    }

    private byte[] Sized(string text, int size) => [.. Number((ulong)Encoding.UTF8.GetByteCount(text), size), .. Encoding.UTF8.GetBytes(text)];

    private void Align(int size) => _bytes.AddRange(new byte[(size - (_bytes.Count % size)) % size]);

    private void Patch(int at, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            _bytes[at + i] = bytes[i];
        }
    }
}
