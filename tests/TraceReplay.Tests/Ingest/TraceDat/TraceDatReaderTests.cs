using System.IO.Compression;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.TraceDat;
using TraceReplay.Symbols;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest.TraceDat;

public sealed class TraceDatReaderTests
{
    private const ulong Second = 1_000_000_000;

    [Theory]
    [InlineData("workload-start-v6.trace.dat.gz")]
    [InlineData("workload-start-v7-zstd.trace.dat")]
    public void Capture_gives_what_its_report_gives(string name)
    {
        var found = Reading.Of(File.ReadAllBytes(Captured(name)));
        DatSamples.AssertSame(Reading.Of(File.ReadAllBytes(Captured("workload-start.trace-cmd-report.gz"))), found);
        Assert.Equal("trace-dat", found.Source.Format);
        Assert.Equal(3000, found.Events.Count);
        Assert.Empty(found.Problems.Kept);
    }

    [Fact]
    public void Large_capture_gives_what_its_report_gives()
    {
        var expected = Reading.Of(File.ReadAllBytes(CaptureFile.Find("workload.trace-cmd-report.gz")));
        DatSamples.AssertSame(expected, Reading.Of(File.ReadAllBytes(CaptureFile.Find("workload-v7-zstd.trace.dat.gz"))));
    }

    [Fact]
    public void File_pipe_and_gzip_give_the_same()
    {
        using var folder = new TemporaryFolder();
        var bytes = DatSamples.Make("v7-zlib");
        var names = new NameTable();
        var sink = new RecordingSink();
        var source = TraceSource.Read(folder.Write("trace.dat", bytes), sink, names, new ImportProblems());
        var piped = Reading.Of(bytes);
        var compressed = Reading.Of(Gzip(bytes));
        Assert.Equal(sink.Events, piped.Events);
        Assert.Equal(sink.Events, compressed.Events);
        Assert.Equal(piped.Source.Sha256, source.Sha256);
        Assert.Equal(("gzip", "none", (long)bytes.Length), (compressed.Source.Compression, source.Compression, source.Text.SizeBytes));
        Assert.Equal(["trace.dat"], folder.Files);
    }

    [Theory]
    [InlineData("v7-zlib")]
    [InlineData("v7-big")]
    [InlineData("v6-big")]
    [InlineData("v7-zlib-big")]
    [InlineData("v6")]
    [InlineData("v7-page64k")]
    [InlineData("v7-sub-buffer")]
    [InlineData("v6-sub-buffer")]
    public void Shape_of_the_file_does_not_matter(string name)
    {
        var found = Reading.Of(DatSamples.Make(name));
        DatSamples.AssertSame(Reading.Of(DatSamples.Make("v7")), found);
        Assert.Equal(120, found.Events.Count);
        Assert.Empty(found.Problems.Kept);
    }

    [Theory]
    [InlineData("instances")]
    [InlineData("instances-v6")]
    public void Buffers_are_merged_by_time_and_that_of_the_top_comes_first(string name)
    {
        var found = Reading.Of(DatSamples.Make(name));
        Assert.Equal(["isb", "vmalle1", "vmalle1is", "dsb sy"], found.Events.Select(e => e switch
        {
            BarrierInstruction barrier => found.Name(barrier.Kind),
            TlbiInstruction tlbi => found.Name(tlbi.Operation),
            _ => "other",
        }));
        Assert.Equal([2L, 3L, 4L, 5L], found.Events.Select(e => Header(e).Line));
    }

    [Fact]
    public void Lost_events_stand_where_they_are_missing()
    {
        var found = Reading.Of(DatSamples.Make("lost"));
        Assert.Equal([(0, null), (1, 3L), (0, 875L)], found.Events.OfType<LostEvents>().Select(e => (e.Header.Cpu, e.Count)));
        Assert.Equal(3, found.Problems.Count(ImportProblems.LostEvents));
        Assert.False(found.Source.Text.IsDamaged);
    }

    [Fact]
    public void Clock_that_counts_gives_bare_ticks()
    {
        var found = Reading.Of(DatSamples.Make("clock-counter"));
        Assert.Equal(TraceClock.Counter, found.Source.Text.Clock);
        Assert.Equal([(long)(3 * Second), (long)(3 * Second) + 499, (long)(3 * Second) + 500, (long)(4 * Second) + 7], found.Events.Select(e => Header(e).Time));
    }

    [Fact]
    public void Ticks_are_made_nanoseconds_as_the_file_tells()
    {
        var found = Reading.Of(DatSamples.Make("clock-tsc"));
        Assert.Equal(TraceClock.Time, found.Source.Text.Clock);
        // 343597383 / 2^30 = 0.32.
        Assert.Equal(960_000_000, Header(found.Events[0]).Time);
    }

    [Fact]
    public void Fields_are_found_by_name()
    {
        var made = new DatFile
        {
            Buffers = [],
            Formats = DatFormats.Event("pgtable_write", 50, "\"pa=0x%llx new=0x%llx level=%d how=%s\", REC->where, REC->what, REC->lvl, __get_str(how)",
                DatFormats.Field("s8 lvl", 8, 1, true), DatFormats.Field("__data_loc char[] how", 12, 4), DatFormats.Field("u64 what", 16, 8), DatFormats.Field("u64 where", 24, 8)),
        };
        var record = made.Record(50, (byte)0xff, new byte[3], (8u << 16) | 32u, 0xe8000048b90703ul, 0x40001000ul, "set_pgd");
        var found = Reading.Of(new DatFile { Formats = made.Formats, Buffers = [new DatBuffer("", (0, [made.Page(2 * Second).Record(0, record)]))] }.Build());
        var write = Assert.IsType<PageTableWrite>(found.Event);
        Assert.Equal((0x40001000ul, 0xe8000048b90703ul, -1, "set_pgd"), (write.Pa, write.New, write.Level, found.Name(write.How)));
    }

    [Fact]
    public void Event_whose_print_format_is_of_no_use_is_read_from_its_fields()
    {
        var made = new DatFile
        {
            Buffers = [],
            Formats = DatFormats.Event("tlbi", 50, "", DatFormats.Field("u32 arg", 8, 4), DatFormats.Field("char op[16]", 12, 16)),
        };
        var record = made.Record(50, 0x1234u, DatFile.Chars("vae1is", 16));
        var found = Reading.Of(new DatFile { Formats = made.Formats, Buffers = [new DatBuffer("", (0, [made.Page(2 * Second).Record(0, record)]))] }.Build());
        Assert.Equal(0x1234ul, Assert.IsType<TlbiInstruction>(found.Event).Operand);
    }

    [Fact]
    public void Events_without_format_are_counted()
    {
        var made = new DatFile { Buffers = [] };
        var found = Reading.Of(new DatFile { Buffers = [new DatBuffer("", (3, [made.Page(2 * Second).Record(0, made.Record(999, 1ul)).Record(0, made.Barrier("isb"))]))] }.Build());
        Assert.Equal("(unknown type)", Assert.Single(found.Session.Skipped.All).Event);
        Assert.Equal(3, Header(found.Event).Cpu);
    }

    [Fact]
    public void Times_of_the_first_second_have_a_fraction()
    {
        var made = new DatFile { Buffers = [] };
        var found = Reading.Of(new DatFile { Buffers = [new DatBuffer("", (0, [made.Page(1499).Record(0, made.Barrier("isb"))]))] }.Build());
        Assert.Equal((1000L, TraceClock.Time), (Header(found.Event).Time, found.Source.Text.Clock));
        var all = Reading.WithNanoseconds(new DatFile { Buffers = [new DatBuffer("", (0, [made.Page(1499).Record(0, made.Barrier("isb"))]))] }.Build());
        Assert.Equal((1499L, TraceClock.Time), (Header(all.Event).Time, all.Source.Text.Clock));
    }

    [Theory]
    [InlineData("lzma", "7", "at offset 0x12: compression 'lzma'; expected none, zlib or zstd")]
    [InlineData("none", "8", "version '8'; expected 6 or 7")]
    public void What_is_not_known_is_refused_with_its_place(string compression, string version, string expected)
    {
        var made = new DatFile { Compression = "none", Version = version, Buffers = [new DatBuffer("", (0, []))] }.Build();
        var bytes = compression == "none" ? made : [.. made[..18], .. System.Text.Encoding.ASCII.GetBytes(compression), 0, .. made[23..]];
        var e = Assert.Throws<ImportException>(() => Reading.Of(bytes));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_ends_before_its_options_and_records_is_refused_with_its_place()
    {
        var made = new DatFile { Buffers = [new DatBuffer("", (0, []))] }.Build();
        var e = Assert.Throws<ImportException>(() => Reading.Of(made[..40]));
        Assert.Contains("at offset 0x23: no buffer with records", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6")]
    [InlineData("7")]
    public void Text_of_a_latency_tracer_is_refused_with_what_to_do(string version)
    {
        var made = new DatFile { Version = version, IsLatency = true, Buffers = [new DatBuffer("", (0, []))] }.Build();
        var e = Assert.Throws<ImportException>(() => Reading.Of(made));
        Assert.Contains("latency tracer", e.Message, StringComparison.Ordinal);
        Assert.Contains("trace-cmd report", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_libzstd_is_named_with_its_package()
    {
        var e = Assert.Throws<TraceDatException>(() => ZstdCompression.Load(["libthat-is-not-there.so.9"], 0x12));
        Assert.Contains("libzstd1", e.Message, StringComparison.Ordinal);
        Assert.Contains("0x12", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Symbols_of_the_kernel_are_found_by_address()
    {
        var symbols = SymbolTable.Parse("ffffffc008000000 T _text\nffffffc008010000 t set_pte\t[mod]\n0000000000000000 A zero\nffffffc008000008 r $d\nnonsense\n"u8);
        Assert.Equal(2, symbols.Count);
        Assert.True(symbols.Find(0xffffffc00801001c, out var name, out var offset));
        Assert.Equal(("set_pte", 0x1cul), (System.Text.Encoding.UTF8.GetString(name), offset));
        Assert.False(symbols.Find(0x1000, out _, out _));
    }

    internal static EventHeader Header(object e) => (EventHeader)e.GetType().GetProperty("Header")!.GetValue(e)!;

    internal static string Captured(string name) => Path.Combine(RepositoryPaths.Root, "traces", "captures", name);

    private static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }
}
