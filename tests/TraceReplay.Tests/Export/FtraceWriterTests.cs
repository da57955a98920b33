using System.Globalization;
using System.Text;
using TraceReplay.Events;
using TraceReplay.Export;
using TraceReplay.Tests.Generators;
using TraceReplay.Tests.Ingest;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Export;

public sealed class FtraceWriterTests
{
    [Theory]
    [InlineData(TraceClock.Time)]
    [InlineData(TraceClock.Counter)]
    public void A_generated_trace_is_read_back_as_it_was(TraceClock clock)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var trace = TraceGenerator.Generate(seed, rounds: 8, clock);
            var reading = Reading.Of(trace.ToText());
            Assert.Empty(reading.Problems.Kept);
            Assert.Equal(clock, reading.Source.Text.Clock);
            Assert.Equal(trace.CpuCount, reading.Source.Text.HeaderCpuCount);
            Assert.Equal(Described(trace.Events, trace.Names), Described(reading.Events, reading.Names));
        }
    }

    [Fact]
    public void Every_kind_of_event_is_read_back_as_it_was()
    {
        var first = Reading.Of("""
            # entries-in-buffer/entries-written: 20/20   #P:4
                a b-1 [000] ..... 1.000001: pgtable_write: level=-1 pa=0xfffffffffffffff8 old=0xffffffffffffffff new=0x8000000000000003 how=set_pte pc=0xffff800080000000 va=0xffff000000000000 size=4
                a b-1 [000] ..... 1.000001001: pgtable_write: pa=8 new=0
                a b-2 [001] ..... 1.000002: tlbi: op=vale1is arg=0xffffffffffffffff pc=0x1
                a b-2 [001] ..... 1.000002: tlbi: op=vmalle1is
                a b-2 [001] ..... 1.000003: barrier: dsb ishnxs pc=0xffff800080000000
                a b-2 [001] ..... 1.000003: barrier: isb
                a b-2 [001] ..... 1.000004: sysreg_write: reg=ttbr0_el1 val=0xffff000040631001 pc=1
                a b-2 [001] ..... 1.000005: pgtable_table: base=0x1000 level=-1 entries=16 root=0 granule=64k parent=0x8
                a b-2 [001] ..... 1.000005: pgtable_table: base=0x1000 level=3
                a b-2 [001] ..... 1.000006: pgtable_entry: pa=0x1000 val=0xffffffffffffffff level=0
                a b-2 [001] ..... 1.000006: pgtable_hw_update: pa=0x1000 new=0x1 old=0xffffffffffffffff
                a b-2 [001] ..... 1.000006: pgtable_final: pa=0x1000 val=0x0
                a b-2 [001] ..... 1.000007: pgtable_free: base=0x1000 level=3 why=poison
                a b-2 [001] ..... 1.000007: pgtable_orphan: base=0x1000
                a b-2 [001] ..... 1.000008: pgtable_meta: granule=4k va_bits=48
                a b-2 [001] ..... 1.000009: mm_page_alloc: page=1 pfn=0 order=3
                a b-2 [001] ..... 1.000009: mm_page_free: page=1 pfn=0x43815 order=0
                a b-2 [001] ..... 1.000009: pgtable_lock: ev=lock addr=0xffff800081234560
                a b-2 [001] ..... 1.000009: pgtable_lock: ev=trylock addr=0x8
                a b-2 [001] ..... 1.000009: pgtable_lock: ev=unlock addr=0xffff800081234560
                a b-2 [001] ..... 1.000009: pgtable_hint: kind=set_root_lock location=0x1000 value=0xffff800081234560
                a b-2 [001] ..... 1.000009: pgtable_hint: kind=set_owner_root location=0x2000 value=0x1000
                a b-2 [001] ..... 1.000009: pgtable_hint: kind=set_pte_thread_owner location=0x1008 value=0xffffffffffffffff
                a b-2 [001] ..... 1.000010: sched_switch: prev_pid=1 ==> next_pid=2
                a b-2 [001] ..... 1.000010: tlb_fill: va=0xffff800010000000 size=0x200000 pa=0x48000000 el=1 vmid=0xffff asid=0x0 walk=1
                a b-2 [001] ..... 1.000010: tlb_evict: va=0xfffffffffffff000 size=0x1000 el=2
                a b-2 [001] ..... 1.000011: tracing_mark_write: some free text
            CPU:1 [LOST 875 EVENTS]
            CPU:1 [LOST EVENTS]
            """);
        CheckRoundTrip(first, expectedKinds: 14);
    }

    [Theory]
    [InlineData("workload-lost-events.trace_pipe.gz")]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("workload-counter-clock.ftrace.gz")]
    [InlineData("workload.trace-cmd-report.gz")]
    public void A_capture_is_read_back_as_it_was(string name) =>
        CheckRoundTrip(Reading.Of(File.ReadAllBytes(CaptureFile.Find(name))), expectedKinds: 4);

    private static void CheckRoundTrip(Reading first, int expectedKinds)
    {
        Assert.True(first.Events.Select(e => e.GetType()).Distinct().Count() >= expectedKinds);
        var text = new StringWriter(CultureInfo.InvariantCulture);
        var writer = new FtraceWriter(text, first.Names, first.Source.Text.Clock, first.Source.Text.HeaderCpuCount);
        GeneratedTrace.Send(first.Events, writer);
        var second = Reading.Of(Encoding.UTF8.GetBytes(text.ToString()), "ftrace");
        Assert.Equal(Described(first.Events, first.Names), Described(second.Events, second.Names));
        Assert.Equal(first.Source.Text.HeaderCpuCount, second.Source.Text.HeaderCpuCount);
    }

    // Ids of names depend on their order in the text, lines on what else stands in it.
    private static List<(object Event, string Names)> Described(IReadOnlyList<object> events, NameTable names) => [.. events.Select(e =>
    {
        var header = GeneratedTrace.HeaderOf(e);
        var task = names.Task(header.Task);
        object plain = e switch
        {
            PageTableWrite x => x with { How = 0 },
            TlbiInstruction x => x with { Operation = 0 },
            BarrierInstruction x => x with { Kind = 0 },
            SystemRegisterWrite x => x with { Register = 0 },
            TableGone x => x with { Why = 0 },
            MachineFact x => x with { Key = 0, Value = 0 },
            Marker x => x with { Text = 0 },
            _ => e,
        };
        var named = e switch
        {
            PageTableWrite x => names.Name(x.How),
            TlbiInstruction x => names.Name(x.Operation),
            BarrierInstruction x => names.Name(x.Kind),
            SystemRegisterWrite x => names.Name(x.Register),
            TableGone x => names.Name(x.Why),
            MachineFact x => names.Name(x.Key) + "=" + names.Name(x.Value),
            Marker x => names.Name(x.Text),
            _ => "",
        };
        return (GeneratedTrace.WithHeader(plain, header with { Line = 0, Task = 0 }), $"{named} of {task.Comm}-{task.Pid}");
    })];
}
