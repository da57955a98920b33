using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Store;
using TraceReplay.Tests.Ingest;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Store;

public sealed class RoundTripTests
{
    // Every kind of event, with and without its optional values, and values with the top bit set.
    internal const string EveryKind = """
        # tracer: nop
        # entries-in-buffer/entries-written: 20/20   #P:4
            a b-1 [000] ..... 1.000001: pgtable_write: level=-1 pa=0xfffffffffffffff8 old=0xffffffffffffffff new=0x8000000000000003 how=set_pte pc=0xffff800080000000 va=0xffff000000000000 size=4
            a b-1 [000] ..... 1.000001: pgtable_write: pa=8 new=0
            a b-2 [001] ..... 1.000002: tlbi: op=vale1is arg=0xffffffffffffffff pc=0x1
            a b-2 [001] ..... 1.000002: tlbi: op=vmalle1is
            a b-2 [001] ..... 1.000003: barrier: dsb ish pc=0xffff800080000000
            a b-2 [001] ..... 1.000003: barrier: isb
            a b-2 [001] ..... 1.000004: sysreg_write: reg=ttbr0_el1 val=0xffff000040631001 pc=1
            a b-2 [001] ..... 1.000004: ttbr_write: reg=ttbr1_el1 val=0
            a b-2 [001] ..... 1.000005: pgtable_table: base=0x1000 level=-1 entries=16 root=0 granule=64k parent=0x8
            a b-2 [001] ..... 1.000005: pgtable_table: base=0x1000 level=3
            a b-2 [001] ..... 1.000006: pgtable_entry: pa=0x1000 val=0xffffffffffffffff level=0
            a b-2 [001] ..... 1.000006: pgtable_hw_update: pa=0x1000 new=0x1 old=0xffffffffffffffff
            a b-2 [001] ..... 1.000006: pgtable_final: pa=0x1000 val=0x0
            a b-2 [001] ..... 1.000007: pgtable_free: base=0x1000 level=3 why=poison
            a b-2 [001] ..... 1.000007: pgtable_orphan: base=0x1000
            a b-2 [001] ..... 1.000008: pgtable_meta: granule=4k va_bits=48
            a b-2 [001] ..... 1.000009: mm_page_alloc: page=1 pfn=0x43815 order=3
            a b-2 [001] ..... 1.000009: mm_page_free_batched: page=1 pfn=0x43815
            a b-2 [001] ..... 1.000009: pgtable_lock: ev=lock addr=0xffff800081234560
            a b-2 [001] ..... 1.000009: pgtable_lock: ev=trylock addr=0x8
            a b-2 [001] ..... 1.000009: pgtable_lock: ev=unlock addr=0xffff800081234560
            a b-2 [001] ..... 1.000009: pgtable_hint: kind=set_root_lock location=0x1000 value=0xffff800081234560
            a b-2 [001] ..... 1.000009: pgtable_hint: kind=set_owner_root location=0x2000 value=0x1000
            a b-2 [001] ..... 1.000009: pgtable_hint: kind=set_pte_thread_owner location=0x1008 value=0xffffffffffffffff
            a b-2 [001] ..... 1.000010: sched_switch: prev_pid=1 ==> next_pid=2
            a b-2 [001] ..... 1.000010: tlb_fill: va=0xffff800010000000 size=0x200000 pa=0x48000000 el=1 vmid=0xffff asid=0x0 walk=1
            a b-2 [001] ..... 1.000010: tlb_fill: va=0x0 size=4096 pa=0 el=2
            a b-2 [001] ..... 1.000010: tlb_evict: va=0xfffffffffffff000 size=0x1000 el=2 asid=0xffff
            a b-2 [001] ..... 1.000011: tracing_mark_write: höllo
        CPU:1 [LOST 875 EVENTS]
        CPU:1 [LOST EVENTS]
        """;

    [Fact]
    public void Events_read_back_are_the_events_parsed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", Encoding.UTF8.GetBytes(EveryKind));
        CheckRoundTrip(path, folder["t.db"], expectedKinds: 15);
    }

    [Fact]
    public void Names_that_differ_only_in_bytes_that_are_not_utf8_keep_their_ids()
    {
        using var folder = new TemporaryFolder();
        byte[] text =
        [
            .. "a"u8, 0xfe, .. "-1 [000] 1: tracing_mark_write: x"u8, 0xfe, (byte)'\n',
            .. "a"u8, 0xff, .. "-1 [000] 1: tracing_mark_write: x"u8, 0xff, (byte)'\n',
            .. "b-1 [000] 1: tracing_mark_write: y\n"u8,
        ];
        CheckRoundTrip(folder.Write("t", text), folder["t.db"], expectedKinds: 1);
    }

    [Theory]
    [InlineData("workload-lost-events.trace_pipe.gz")]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("workload.trace-cmd-report.gz")]
    public void Real_captures_survive_the_database(string name)
    {
        using var folder = new TemporaryFolder();
        CheckRoundTrip(CaptureFile.Find(name), folder["t.db"], expectedKinds: 4);
    }

    [Fact]
    public void Facts_of_the_trace_are_kept()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", """
            # entries-in-buffer/entries-written: 20/20   #P:4
            a-1 [000] 1: pgtable_write: level=3 pa=8 new=0x5003
            a-1 [000] 1: pgtable_write: level=3 pa=8 new=0x8000
            a-1 [000] 1: pgtable_entry: level=3 pa=8 val=0x2003
            a-1 [000] 1: pgtable_write: level=2 pa=8 new=0x8003
            a-1 [000] 1: barrier: dmb ish
            a-1 [000] 1: tlbi: op=vmalle1
            a-1 [000] 1: sysreg_write: reg=vttbr_el2 val=0x1000050000001
            a-1 [001] 1: sysreg_write: reg=vttbr_el2 val=0
            a-1 [001] 1: sysreg_write: reg=vttbr_el2 val=0x2000050000001
            a-1 [001] 1: sysreg_write: reg=vttbr_el2 val=0x3000051000005
            """u8);
        TraceImporter.Import([path], folder["t.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        var expected = new TraceFacts
        {
            Clock = TraceClock.Counter,
            CpuCount = 4,
            PageAddressBits = 0x7000,
            PageDescriptorCount = 2,
            LowestLevel = 2,
            HasTlbis = true,
            Stage2Vmids = "0x50000000:several 0x1000051000000:3",
        };
        Assert.Equal<ushort?>(3, expected.Stage2VmidOf(0x1_0000_5100_0000));
        Assert.Equal(expected, new EventReader(database).ReadFacts());
    }

    [Fact]
    public void Facts_of_several_traces_are_combined()
    {
        using var folder = new TemporaryFolder();
        var first = folder.Write("1", "a-1 [000] 1: pgtable_write: level=3 pa=8 new=0x1003\na-1 [000] 1: barrier: dsb sy\na-1 [000] 1: sysreg_write: reg=vttbr_el2 val=0x3000050000000\n"u8);
        var second = folder.Write("2", "a-1 [002] 2: pgtable_table: base=0x1000 level=0\na-1 [000] 2: sysreg_write: reg=ttbr0_el1 val=0\na-1 [000] 2: sysreg_write: reg=vttbr_el2 val=0x4000050000000\n"u8);
        TraceImporter.Import([first, second], folder["t.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        var expected = new TraceFacts
        {
            Clock = TraceClock.Counter,
            CpuCount = 3,
            PageAddressBits = 0x1000,
            PageDescriptorCount = 1,
            LowestLevel = 0,
            HasTables = true,
            HasRoots = true,
            HasBarriers = true,
            Stage2Vmids = "0x50000000:3 0x50000000:4",
        };
        // Two guests had the root.
        Assert.Null(expected.Stage2VmidOf(0x5000_0000));
        Assert.Null(expected.Stage2VmidOf(0x500));
        Assert.Equal(expected, new EventReader(database).ReadFacts());
    }

    private static void CheckRoundTrip(string path, string databasePath, int expectedKinds)
    {
        var direct = Reading.Of(File.ReadAllBytes(path));
        var result = TraceImporter.Import([path], databasePath, new ImportOptions(), null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(databasePath, writable: false);
        var reader = new EventReader(database);
        var stored = new RecordingSink();
        reader.Read(stored, TestContext.Current.CancellationToken);
        Assert.True(direct.Events.Select(e => e.GetType()).Distinct().Count() >= expectedKinds);
        Assert.Equal(direct.Events.Count, result.Events);
        Assert.Equal(result.Events, reader.CountEvents());
        Assert.Equal(direct.Events, stored.Events);
        Assert.Equal(Names(direct.Names), Names(reader.Names));
        Assert.Equal(Tasks(direct.Names), Tasks(reader.Names));
    }

    private static IEnumerable<string> Names(NameTable names) => Enumerable.Range(0, names.NameCount).Select(names.Name);

    private static IEnumerable<TaskIdentity> Tasks(NameTable names) => Enumerable.Range(0, names.TaskCount).Select(names.Task);
}
