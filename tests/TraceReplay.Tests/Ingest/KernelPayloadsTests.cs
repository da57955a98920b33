using TraceReplay.Events;

namespace TraceReplay.Tests.Ingest;

public sealed class KernelPayloadsTests
{
    [Theory]
    [InlineData("mm_page_alloc: page=0000000089b05fb9 pfn=0x43815 order=3 migratetype=0 gfp_flags=GFP_ATOMIC", false, 0x43815, 3)]
    [InlineData("mm_page_alloc: page=ffff8000 pfn=276501 order=0 gfp_flags=GFP_KERNEL|__GFP_ZERO", false, 276501, 0)]
    [InlineData("mm_page_free: page=0000000089b05fb9 pfn=0x43815 order=0", true, 0x43815, 0)]
    [InlineData("mm_page_free_batched: page=0000000089b05fb9 pfn=0x43815", true, 0x43815, 0)]
    public void Page_frames_are_read(string text, bool isFree, ulong frame, int order)
    {
        var e = Assert.IsType<PageAllocation>(Reading.OfEvent(text).Event);
        Assert.Equal(new PageAllocation(e.Header, isFree, frame, order), e);
    }

    [Theory]
    [InlineData("mm_page_alloc: page=(null) pfn=0 order=4 migratetype=0 gfp_flags=GFP_ATOMIC")]
    [InlineData("mm_page_alloc: page=          (null) pfn=0 order=4")]
    [InlineData("mm_page_alloc: page=0000000000000000 pfn=0x0 order=4")]
    public void Failed_allocation_is_passed_over(string text)
    {
        var reading = Reading.OfEvent(text);
        Assert.Empty(reading.Events);
        Assert.Empty(reading.Problems.Kept);
        Assert.Single(reading.Session.Skipped.All);
    }

    [Theory]
    [InlineData("prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=kworker/0:1 next_pid=10 next_prio=120", 0, 10)]
    [InlineData("prev_comm=a prev_pid=9 b prev_pid=7 prev_prio=1 prev_state=S ==> next_comm=c d=e next_pid=8 next_prio=1", 7, 8)]
    [InlineData("init:1 [120] R ==> kworker/0:1:10 [120]", 1, 10)]
    public void Context_switch_has_both_tasks(string payload, int previous, int next)
    {
        var e = Assert.IsType<ContextSwitch>(Reading.OfEvent("sched_switch: " + payload).Event);
        Assert.Equal((previous, next), (e.PreviousPid, e.NextPid));
    }

    [Theory]
    [InlineData("tracing_mark_write: hello: world ", "hello: world")]
    [InlineData("print:                tracing_mark_write: start", "start")]
    [InlineData("bprint: some_function: text", "some_function: text")]
    [InlineData("print: a", "a")]
    public void Marker_keeps_its_text(string text, string expected)
    {
        var reading = Reading.OfEvent(text);
        Assert.Equal(expected, reading.Name(Assert.IsType<Marker>(reading.Event).Text));
    }

    [Theory]
    [InlineData("tracing_mark_write: barrier: isb")]
    [InlineData("bprint: set_pte: barrier: isb")]
    [InlineData("print: tracing_mark_write: barrier: isb")]
    [InlineData("set_pte: barrier: isb")]
    [InlineData("set_pte [my_module]: barrier: isb")]
    public void Printed_event_is_that_event(string text)
    {
        Assert.IsType<BarrierInstruction>(Reading.OfEvent(text).Event);
    }

    [Fact]
    public void Unknown_event_is_counted_with_its_first_line()
    {
        var reading = Reading.Of("a-1 [000] 1: barrier: isb\na-1 [000] 1: bbm_mark: x\na-1 [000] 1: bbm_mark: y\n");
        Assert.Single(reading.Events);
        Assert.Equal(new("bbm_mark", 2, 2), Assert.Single(reading.Session.Skipped.All));
        Assert.Empty(reading.Problems.Kept);
    }
}
