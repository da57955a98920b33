using System.Runtime.InteropServices;
using System.Text;
using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Images;
using TraceReplay.Replay;
using TraceReplay.Store;

namespace TraceReplay.Tests.Ingest.Images;

/// <summary>A trace that begins mid-life, and the memory that there was.</summary>
public sealed class InitialMemoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz", 60_000)]
    [InlineData("violations-6.12-4k-n1-2cpu.emulator.ftrace.gz", 100_000)]
    [InlineData("stage2-6.12-4k-max-2cpu-vhe.ftrace.gz", 1_000_000)]
    public void A_trace_cut_in_two_ends_as_the_whole_one(string capture, int cutLine)
    {
        using var cut = new CutTrace(capture, cutLine);
        using var whole = Import("whole.db", Traces.CaptureFile.Find(capture), []);
        using var part = Import("part.db", cut.Path, cut.Memory);
        var (compared, differing, unknown) = Final(part);
        var all = Final(whole);
        Assert.Equal((0, 0), (differing, all.Differing));
        Assert.Equal(all.Compared, compared + unknown);
        Assert.Equal(Findings(whole, cutLine), Findings(part, 0));

        // The root that the boot loader of the kernel left, which no CPU has loaded behind the cut.
        Assert.Equal(1, unknown);
        Replayer.Replay(part, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((compared, 0, 1), Final(part));
        Assert.Equal(Findings(whole, cutLine), Findings(part, 0));
    }

    private static string Findings(TraceDatabase database, long afterLine) => string.Join('\n', database.Connection.Query<string>(
        "SELECT rule || ' ' || severity || ' ' || confidence || ' ' || printf('0x%x', pa) || ' ' || count || ' ' || ifnull(old, '') || ' ' || ifnull(new, '') FROM finding WHERE line > @afterLine AND severity <> 'info' ORDER BY seq", new { afterLine }));

    // A root and a level-3 table, of 4K pages; the trace loads the root and stores to the table.
    private const string Registers = "a-1 [000] 1: sysreg_write: reg=tcr_el1 val=0x15b5103510\na-1 [000] 2: sysreg_write: reg=ttbr0_el1 val=0x7000040100000\n";

    [Theory]
    [InlineData(Registers, "40100000 40101000 40102000 40103000")]
    [InlineData("a-1 [000] 2: sysreg_write: reg=ttbr0_el1 val=0x7000040100000\na-1 [000] 1: sysreg_write: reg=tcr_el1 val=0x15b5103510\n", "40100000 40101000 40102000 40103000")]
    [InlineData("a-1 [000] 1: pgtable_meta: tcr=0x15b5103510\na-1 [000] 2: sysreg_write: reg=ttbr0_el1 val=0x7000040100000\n", "40100000 40101000 40102000 40103000")]
    [InlineData("a-1 [000] 2: sysreg_write: reg=ttbr0_el1 val=0x7000040100000\na-1 [000] 3: barrier: isb\n", "")]
    [InlineData("a-1 [000] 0: mm_page_alloc: pfn=0x40102 order=0\n" + Registers, "40100000 40101000")]
    [InlineData("a-1 [000] 0: mm_page_free: pfn=0x40103 order=0\n" + Registers, "40100000 40101000 40102000")]
    [InlineData("a-1 [000] 0: pgtable_free: base=0x40101000\n" + Registers, "40100000")]
    [InlineData("a-1 [000] 0: pgtable_write: pa=0x40102008 old=0x5 new=0x0\n" + Registers, "40100000 40101000")]
    [InlineData("a-1 [000] 0: pgtable_write: pa=0x40102008 old=0x0 new=0x0\n" + Registers, "40100000 40101000 40102000 40103000")]
    [InlineData("a-1 [000] 0: pgtable_write: pa=0x40102010 old=0x40103003 new=0x40104003\n" + Registers, "40100000 40101000 40102000")]
    [InlineData(Registers + "a-1 [000] 3: pgtable_table: base=0x40100000 level=0 entries=512 root=0\n", "")]
    public void Tables_are_taken_that_were_there_and_still_are(string text, string expected)
    {
        using var database = Import("t.db", _folder.Write("t", Encoding.UTF8.GetBytes(text)), [new MemoryFile(Image(), 0x40100000)]);
        Assert.Equal(
            expected,
            string.Join(' ', database.Connection.Query<string>("SELECT printf('%x', base) FROM table_known WHERE is_from_image ORDER BY seq")));
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length,
            database.Connection.QuerySingle<long>("SELECT tables FROM initial_memory"));

        // Sequence numbers have no gap, and the events of the trace and those added are its.
        var events = database.Connection.QuerySingle<long>("SELECT count(*) FROM event");
        Assert.Equal((1, events, events), database.Connection.QuerySingle<(long, long, long)>("SELECT first_seq, last_seq, event_count FROM trace"));
        Assert.Equal(events, database.Connection.QuerySingle<long>("SELECT max(seq) FROM event"));
    }

    [Fact]
    public void Content_is_known_from_the_start_but_for_what_was_stored_since()
    {
        const string text = "a-1 [000] 0: pgtable_write: pa=0x40103028 old=0x60000048000f43 new=0x0\n" + Registers
            + "a-1 [000] 3: pgtable_write: pa=0x40103030 level=3 old=0x60000048001f43 new=0x60000049000f43\n";
        using var database = Import("t.db", _folder.Write("t", Encoding.UTF8.GetBytes(text)), [new MemoryFile(Image(), 0x40100000)]);
        Assert.Equal(
            [0x40100000, 0x40101000, 0x40102010, 0x40103030],
            database.Connection.Query<long>("SELECT pa FROM descriptor_known WHERE source = 3 ORDER BY pa"));
        Assert.Equal(
            ("bbm-oa-change", "certain", 0x406000L),
            database.Connection.QuerySingle<(string, string, long)>("SELECT rule, confidence, va FROM finding WHERE severity = 'error'"));
    }

    [Fact]
    public void A_page_of_something_else_is_no_table()
    {
        var memory = new byte[8192];
        Encoding.ASCII.GetBytes("something else, of which words look like valid descriptors").CopyTo(memory, 0);
        using var database = Import("t.db", _folder.Write("t", Encoding.UTF8.GetBytes(Registers)), [new MemoryFile(_folder.Write("m", memory), 0x40100000)]);
        Assert.Equal(0, database.Connection.QuerySingle<long>("SELECT tables FROM initial_memory"));
    }

    [Fact]
    public void Merged_inputs_share_the_image()
    {
        var (a, b) = (_folder.Write("a", Encoding.UTF8.GetBytes(Registers + "a-1 [000] 9: barrier: isb\n")), _folder.Write("b", "h-1 [001] 3: barrier: isb\n"u8));
        var options = new ImportOptions { InitialMemory = [new MemoryFile(Image(), 0x40100000)], Merge = new(), Replay = new ReplayOptions() };
        TraceImporter.Import([a, b], _folder["t.db"], options, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(_folder["t.db"], writable: false);
        Assert.Equal([(1L, 1L), (12L, 2L), (13L, 1L)], database.Connection.Query<(long, long)>("SELECT first_seq, trace_id FROM trace_run ORDER BY 1"));
        Assert.Equal(
            [(1L, 13L, 12L), (12L, 12L, 1L)],
            database.Connection.Query<(long, long, long)>("SELECT first_seq, last_seq, event_count FROM trace ORDER BY id"));
    }

    [Theory]
    [InlineData("none", 0x40000000, "none: no such file; expected a file of raw memory")]
    [InlineData("", 0x40000000, "a directory; expected a file of raw memory")]
    [InlineData("odd", 0x40000000, "odd: 12 bytes; expected raw memory, a multiple of 8 bytes")]
    [InlineData("empty", 0x40000000, "empty: 0 bytes; expected raw memory in a regular file")]
    [InlineData("good", 0x40000004, "good: its address 0x40000004 is not a multiple of 8")]
    [InlineData("good", 0x40000018, "lies over that of")]
    [InlineData("good", 1ul << 60, "expected physical addresses of at most 56 bits")]
    public void Memory_that_cannot_be_is_refused(string name, ulong address, string message)
    {
        _folder.Write("odd", new byte[12]);
        _folder.Write("empty", []);
        _folder.Write("good", new byte[64]);
        var e = Assert.Throws<ImportException>(() => Import(
            "t.db", _folder.Write("t", Encoding.UTF8.GetBytes(Registers)), [new MemoryFile(_folder.Write("first", new byte[32]), 0x40000000), new MemoryFile(_folder[name], address)]));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["t.db"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_memory_and_any_trace_are_read(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var memory = new byte[1 << 16];
            random.NextBytes(memory);
            for (var i = 0; i < memory.Length; i += 8)
            {
                // Tables that point to one another, in circles too.
                var value = random.Next(4) == 0 ? 0x40100003ul + ((ulong)random.Next(16) << 12) : 0;
                BitConverter.TryWriteBytes(memory.AsSpan(i), value);
            }

            var text = new StringBuilder(Registers);
            for (var i = 0; i < 50; i++)
            {
                var pa = 0x400f0000 + (random.Next(0x30000) & ~7);
                text.Append(random.Next(5) switch
                {
                    0 => $"a-1 [000] {i}: pgtable_write: pa=0x{pa:x} old=0x0 new=0x{pa | 3:x}\n",
                    1 => $"a-1 [000] {i}: mm_page_free: pfn=0x{pa >> 12:x} order={random.Next(6)}\n",
                    2 => $"a-1 [001] {i}: sysreg_write: reg=ttbr{random.Next(2)}_el1 val=0x{pa & ~0xfff:x}\n",
                    3 => $"a-1 [000] {i}: pgtable_table: base=0x{pa & ~0xfff:x} level={random.Next(4)}\n",
                    _ => $"a-1 [000] {i}: sysreg_write: reg=tcr_el1 val=0x{random.NextInt64():x}\n",
                });
            }

            using var database = Import("t.db", _folder.Write("t", Encoding.UTF8.GetBytes(text.ToString())), [new MemoryFile(_folder.Write("m", memory), 0x40100000)]);
            var (events, last) = database.Connection.QuerySingle<(long, long)>("SELECT count(*), max(seq) FROM event");
            Assert.Equal(events, last);
            Assert.True(database.Connection.QuerySingle<long>("SELECT tables FROM initial_memory") <= 16);
        }
    }

    // A root at 0x40100000, below it tables of each level, and two pages.
    private string Image()
    {
        var memory = new ulong[4 * 512];
        (memory[0], memory[512], memory[1024 + 2]) = (0x40101003, 0x40102003, 0x40103003);
        (memory[1536 + 5], memory[1536 + 6]) = (0x60000048000f43, 0x60000048001f43);
        return _folder.Write("image", MemoryMarshal.AsBytes(memory.AsSpan()));
    }

    private static (long Compared, long Differing, long Unknown) Final(TraceDatabase database) =>
        database.Connection.QuerySingle<(long, long, long)>("SELECT final_compared, final_differing, final_unknown FROM replay");

    private TraceDatabase Import(string name, string path, IReadOnlyList<MemoryFile> memory)
    {
        TraceImporter.Import(
            [path], _folder[name], new ImportOptions { InitialMemory = memory, Replay = new ReplayOptions(), Force = true }, null, TestContext.Current.CancellationToken);
        return TraceDatabase.Open(_folder[name], writable: true);
    }
}
