using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class FtraceEventsTests
{
    [Fact]
    public void Store_has_all_its_fields()
    {
        var reading = Reading.OfEvent("pgtable_write: level=3 pa=0x4083dc40 old=0x1 new=0xe8000048b90703 how=set_pte va=0xffff000000000000 size=16 pc=0x40");
        var e = Assert.IsType<PageTableWrite>(reading.Event);
        Assert.Equal(
            new PageTableWrite(e.Header, 0x4083dc40, 0xe8000048b90703, 1, 3, 0xffff000000000000, 16, reading.Names.Intern("set_pte"), 0x40), e);
        Assert.Equal(new EventHeader(1, 1, 1_000_000_000, 0, reading.Names.InternTask("init", 1)), e.Header);
        Assert.Empty(reading.Problems.Kept);
    }

    [Fact]
    public void Order_of_keys_is_free_and_unknown_keys_are_ignored()
    {
        var reading = Reading.OfEvent("pgtable_write: orphan=1 new=3 word = pa=0x8 =x");
        var e = Assert.IsType<PageTableWrite>(reading.Event);
        Assert.Equal(new PageTableWrite(e.Header, 8, 3, null, null, null, 8, 0, null), e);
        Assert.Empty(reading.Problems.Kept);
    }

    [Theory]
    [InlineData("pgtable_write: pa=0x1000")]
    [InlineData("pgtable_write: new=0x1000")]
    [InlineData("pgtable_write:")]
    [InlineData("tlbi: arg=0x1")]
    [InlineData("tlbi: op=")]
    [InlineData("sysreg_write: reg=ttbr0_el1")]
    [InlineData("ttbr_write: val=1")]
    [InlineData("pgtable_table: base=0x1000")]
    [InlineData("pgtable_table: level=1")]
    [InlineData("pgtable_entry: pa=0x1000")]
    [InlineData("pgtable_hw_update: pa=0x1000 val=1")]
    [InlineData("pgtable_final: val=0x1000")]
    [InlineData("pgtable_free: level=1")]
    [InlineData("pgtable_lock: ev=lock")]
    [InlineData("pgtable_hint: kind=set_root_lock location=0x1000")]
    [InlineData("pgtable_orphan:")]
    [InlineData("pgtable_meta: nothing")]
    [InlineData("mm_page_alloc: pfn=1")]
    [InlineData("mm_page_free: order=1")]
    [InlineData("mm_page_free_batched: page=1")]
    [InlineData("sched_switch: prev_pid=1")]
    public void Missing_key_is_a_problem_with_its_line(string text)
    {
        var reading = Reading.OfEvent(text);
        Assert.Empty(reading.Events);
        Assert.Same(ImportProblems.MissingKey, reading.Problem.Kind);
        Assert.Equal(1, reading.Problem.Line);
        Assert.Contains(text, reading.Problem.Excerpt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pgtable_write: pa=zz new=0x0", "malformed-value")]
    [InlineData("pgtable_write: pa= new=0x0", "malformed-value")]
    [InlineData("pgtable_write: pa=0x new=0x0", "malformed-value")]
    [InlineData("pgtable_write: pa=0x1g new=0x0", "malformed-value")]
    [InlineData("pgtable_write: pa=-1 new=0x0", "malformed-value")]
    [InlineData("pgtable_write: pa=0x10000000000000000 new=0x0", "number-out-of-range")]
    [InlineData("pgtable_write: pa=0x0 new=18446744073709551616", "number-out-of-range")]
    [InlineData("pgtable_table: base=0x0 level=4", "number-out-of-range")]
    [InlineData("pgtable_table: base=0x0 level=-2", "number-out-of-range")]
    [InlineData("tlbi: op=vale1is arg=x", "malformed-value")]
    [InlineData("tlbi: op=vale1,is", "malformed-value")]
    [InlineData("sysreg_write: reg=ttbr0-el1 val=0", "malformed-value")]
    [InlineData("mm_page_alloc: pfn=1 order=99", "number-out-of-range")]
    [InlineData("sched_switch: prev_comm=a prev_pid=x ==> next_comm=b next_pid=1", "malformed-value")]
    [InlineData("barrier: dsb", "unknown-barrier")]
    [InlineData("barrier: dsb all", "unknown-barrier")]
    [InlineData("barrier: dmb ishnxs", "unknown-barrier")]
    [InlineData("barrier: sb", "unknown-barrier")]
    [InlineData("barrier:", "unknown-barrier")]
    public void Unusable_required_value_is_a_problem_and_no_event(string text, string kind)
    {
        var reading = Reading.OfEvent(text);
        Assert.Empty(reading.Events);
        Assert.Equal(kind, reading.Problem.Kind.Name);
    }

    [Theory]
    [InlineData("tlbi: op=vaae1iz arg=0x1")]
    [InlineData("tlbi: op=bogus")]
    public void Unknown_tlbi_is_stored_and_a_problem(string text)
    {
        var reading = Reading.OfEvent(text);
        Assert.Single(reading.Events);
        Assert.Same(ImportProblems.UnknownTlbi, reading.Problem.Kind);
    }

    [Theory]
    [InlineData("pgtable_write: pa=0 new=0 level=three")]
    [InlineData("pgtable_write: pa=0 new=0 old=?")]
    [InlineData("barrier: isb pc=here")]
    [InlineData("pgtable_table: base=0 level=1 granule=8k")]
    public void Unusable_optional_value_is_left_out_with_a_warning(string text)
    {
        var reading = Reading.OfEvent(text);
        Assert.Single(reading.Events);
        Assert.Same(ImportProblems.OptionalValueIgnored, reading.Problem.Kind);
    }

    [Theory]
    [InlineData("pgtable_write: pa=0 new=0 level=9", "level=9: expected -1..3; the event was stored without it")]
    [InlineData("pgtable_write: pa=0 new=0 size=0", "size=0: expected 1..65536; the event was stored without it")]
    [InlineData("pgtable_write: pa=0 new=0 old=0x10000000000000000", "old=0x10000000000000000: expected a number of 64 bits; the event was stored without it")]
    [InlineData("pgtable_table: base=0 level=1 root=3", "root=3: expected 0..2; the event was stored without it")]
    public void Optional_number_out_of_range_is_an_error_and_the_event_is_stored_without_it(string text, string detail)
    {
        var reading = Reading.OfEvent(text);
        Assert.Single(reading.Events);
        Assert.Same(ImportProblems.NumberOutOfRange, reading.Problem.Kind);
        Assert.Equal(detail, reading.Problem.Detail);
    }

    [Theory]
    [InlineData("pgtable_write: pa=0x1004 new=0", "pa=0x1004: expected a multiple of 8")]
    [InlineData("pgtable_entry: pa=0x1001 val=0", "pa=0x1001: expected a multiple of 8")]
    [InlineData("pgtable_hw_update: pa=0x1007 new=0", "pa=0x1007: expected a multiple of 8")]
    [InlineData("pgtable_final: pa=12 val=0", "pa=0xc: expected a multiple of 8")]
    [InlineData("pgtable_table: base=0x1002 level=1", "base=0x1002: expected a multiple of 8")]
    [InlineData("pgtable_hint: kind=set_owner_root location=0x1002 value=0", "location=0x1002: expected a multiple of 8")]
    [InlineData("pgtable_free: base=0x1002", "base=0x1002: expected a multiple of 8")]
    public void Address_of_no_descriptor_is_stored_and_a_warning(string text, string detail)
    {
        var reading = Reading.OfEvent(text);
        Assert.Single(reading.Events);
        Assert.Same(ImportProblems.UnalignedAddress, reading.Problem.Kind);
        Assert.Equal(detail, reading.Problem.Detail);
    }

    [Theory]
    [InlineData("pgtable_write: pa=0x8 new=0 pa=0x10")]
    [InlineData("pgtable_write: pa=0x8 new=0 new=0")]
    [InlineData("pgtable_table: base=0 level=1 level=2")]
    [InlineData("pgtable_final: pa=0 val=1 val=2")]
    [InlineData("pgtable_free: base=0 base=0x1000")]
    [InlineData("pgtable_lock: ev=lock addr=0 addr=8")]
    [InlineData("pgtable_hint: kind=set_root_lock location=0 value=1 value=2")]
    [InlineData("tlbi: op=vae1is op=vmalle1is")]
    [InlineData("tlbi: op=vae1is arg=1 arg=2")]
    [InlineData("sysreg_write: reg=ttbr0_el1 reg=ttbr1_el1 val=0")]
    [InlineData("sysreg_write: reg=ttbr0_el1 val=0 val=1")]
    public void Required_key_that_is_there_twice_is_a_problem_and_no_event(string text)
    {
        var reading = Reading.OfEvent(text);
        Assert.Empty(reading.Events);
        Assert.Same(ImportProblems.MalformedValue, reading.Problem.Kind);
        Assert.Contains("more than once", reading.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Register_that_is_not_of_the_vocabulary_is_stored_and_told_once_a_name()
    {
        var reading = Reading.Of("""
            a-1 [000] 1: sysreg_write: reg=tpidr_el0 val=1
            a-1 [000] 1: sysreg_write: reg=ttbr0_el1 val=1
            a-1 [000] 1: sysreg_write: reg=TPIDR_EL0 val=2
            a-1 [000] 1: sysreg_write: reg=ttbr0el1 val=3
            """);
        Assert.Equal(4, reading.Events.Count);
        Assert.Equal(3, reading.Problems.Count(ImportProblems.UnknownRegister));
        Assert.Equal([1L, 4L], reading.Problems.Kept.Select(problem => problem.Line));
        Assert.Equal(ProblemSeverity.Info, reading.Problems.Worst);
        Assert.StartsWith("reg=ttbr0el1: ", reading.Problems.Kept[1].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("barrier: DSB  ISHST pc=0x10", "dsb ishst")]
    [InlineData("barrier: dsb ishnxs", "dsb ishnxs")]
    [InlineData("barrier: dmb ld", "dmb ld")]
    [InlineData("barrier:isb", "isb")]
    [InlineData("barrier: op=dsb ishst", "dsb ishst")]
    public void Barrier_text_is_normalised(string text, string expected)
    {
        var reading = Reading.OfEvent(text);
        Assert.Equal(expected, reading.Name(Assert.IsType<BarrierInstruction>(reading.Event).Kind));
    }

    [Fact]
    public void Tlbi_operation_is_lower_cased_and_kept_when_unknown()
    {
        var reading = Reading.OfEvent("tlbi: op=VXYZ9 arg=0x2c000ffff8a92f");
        var e = Assert.IsType<TlbiInstruction>(reading.Event);
        Assert.Equal("vxyz9", reading.Name(e.Operation));
        Assert.Equal(0x2c000ffff8a92ful, e.Operand);
    }

    [Fact]
    public void Ttbr_write_is_a_register_write()
    {
        var reading = Reading.OfEvent("ttbr_write: reg=TTBR0_EL1 val=0x4000040631001");
        var e = Assert.IsType<SystemRegisterWrite>(reading.Event);
        Assert.Equal("ttbr0_el1", reading.Name(e.Register));
        Assert.Equal(0x4000040631001ul, e.Value);
    }

    [Fact]
    public void Failed_compare_and_exchange_is_not_a_store()
    {
        var reading = Reading.OfEvent("pgtable_write: pa=0x8 old=1 new=2 how=cmpxchg_fail");
        Assert.Empty(reading.Events);
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(new SkippedEvent("pgtable_write how=cmpxchg_fail", 1, 1), Assert.Single(reading.Session.Skipped.All));
    }

    [Fact]
    public void Table_content_and_end_of_tables_are_read()
    {
        var reading = Reading.Of("""
            a-1 [000] 1: pgtable_table: base=0x41650000 level=-1 entries=16 granule=16K root=1 parent=0x10
            a-1 [000] 1: pgtable_entry: level=0 pa=0x41650000 val=0x41651003
            a-1 [000] 1: pgtable_hw_update: level=3 pa=0x8 old=0x1 new=0x2
            a-1 [000] 1: pgtable_final: pa=8 val=2
            a-1 [000] 1: pgtable_free: base=0x1000 level=0 why=level-conflict
            a-1 [000] 1: pgtable_orphan: base=0x1000
            """);
        var events = reading.Events;
        Assert.Equal(new TableKnown(Header(1), 0x41650000, -1, 16, 1, 0x10, 16384), events[0]);
        Assert.Equal(new DescriptorValueKnown(Header(2), DescriptorSource.Initial, 0x41650000, 0x41651003, null, 0), events[1]);
        Assert.Equal(new DescriptorValueKnown(Header(3), DescriptorSource.Hardware, 8, 2, 1, 3), events[2]);
        Assert.Equal(new DescriptorValueKnown(Header(4), DescriptorSource.Final, 8, 2, null, null), events[3]);
        Assert.Equal(new TableGone(Header(5), true, 0x1000, 0, reading.Names.Intern("level-conflict")), events[4]);
        Assert.Equal(new TableGone(Header(6), false, 0x1000, null, 0), events[5]);
        Assert.Equal(6, events.Count);
    }

    [Fact]
    public void Machine_facts_are_one_event_a_key_on_one_line()
    {
        var reading = Reading.OfEvent("pgtable_meta: granule=4k va_bits=48 empty=");
        Assert.Equal(2, reading.Events.Count);
        var first = Assert.IsType<MachineFact>(reading.Events[0]);
        var second = Assert.IsType<MachineFact>(reading.Events[1]);
        Assert.Equal(("granule", "4k"), (reading.Name(first.Key), reading.Name(first.Value)));
        Assert.Equal(("va_bits", "48"), (reading.Name(second.Key), reading.Name(second.Value)));
        Assert.Equal(first.Header with { Seq = 2 }, second.Header);
    }

    private static EventHeader Header(long number) => new(number, number, 1, 0, 1);
}
