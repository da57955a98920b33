using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Traces;

/// <summary>Traces that lack what a verdict rests on: it is not given, or not as if it were sure.</summary>
public sealed class PoorTraceTests
{
    private const string BrokenAndMadeIn64K =
        """
        pgtable_write: level=3 pa=0x488bed00 old=0xe8000048ce0f43 new=0x0 how=xchg
        barrier: dsb ishst
        tlbi: op=vale1is arg=0x80000fffff8ce
        barrier: dsb ish
        pgtable_write: level=3 pa=0x488bed00 old=0x0 new=0xe8000048cf0f43 how=set_pte
        barrier: dsb ishst
        """;

    private const string RangeInUnitsNotTold =
        """
        pgtable_write: level=3 pa=0x442e5a80 old=0x70000046410c43 new=0x0 how=xchg
        barrier: dsb ishst
        tlbi: op=rvale1is arg=0x243e0ffffa375
        barrier: dsb ish
        pgtable_write: level=3 pa=0x442e5a80 old=0x0 new=0x60000046420c43 how=set_pte
        """;

    private const string ChildStoredToAtAnotherLevel =
        """
        sysreg_write: reg=ttbr0_el1 val=0x7000040100000
        pgtable_write: level=0 pa=0x40100000 old=0x40101003 new=0x0 how=set_pte
        pgtable_write: level=0 pa=0x40100000 old=0x0 new=0x40101003 how=set_pte
        pgtable_write: level=1 pa=0x40101000 old=0x40102003 new=0x0 how=set_pte
        pgtable_write: level=0 pa=0x40100000 old=0x40101003 new=0x0 how=set_pte
        pgtable_write: level=3 pa=0x40101000 old=0x0 new=0x60000049000f43 how=set_pte
        pgtable_write: level=3 pa=0x40101000 old=0x0 new=0x60000048000f43 how=set_pte
        """;

    private const string RemadeWithoutBarriers =
        """
        sysreg_write: reg=tcr_el1 val=0x15b5103510
        sysreg_write: reg=ttbr0_el1 val=0x7000040100000
        pgtable_table: base=0x40100000 level=0 entries=512 root=0 granule=4k
        pgtable_entry: pa=0x40100000 level=0 val=0x40101003
        pgtable_table: base=0x40101000 level=1 entries=512 parent=0x40100000 granule=4k
        pgtable_write: level=1 pa=0x40101000 old=0x0 new=0x60000080000f41 how=set
        tlbi: op=vale1is arg=0x7000000040000
        pgtable_write: level=1 pa=0x40101000 old=0x60000080000f41 new=0x0 how=set
        pgtable_write: level=1 pa=0x40101000 old=0x0 new=0x600000c0000f41 how=set
        """;

    [Theory]
    [InlineData(BrokenAndMadeIn64K)]
    [InlineData(RangeInUnitsNotTold)]
    public void What_rests_on_an_assumed_granule_is_unknown(string payloads) =>
        Assert.All(Replay(payloads).Where(finding => finding.Severity != Severity.Info), finding => Assert.Equal(Confidence.Unknown, finding.Confidence));

    [Fact]
    public void What_rests_on_barriers_that_are_not_traced_is_no_more_than_possible()
    {
        var finding = Assert.Single(Replay(RemadeWithoutBarriers), finding => finding.Severity == Severity.Error);
        Assert.Equal((RuleId.NoTlbi, Confidence.Possible), (finding.Rule.Id, finding.Confidence));
        Assert.DoesNotContain("DSB", finding.TlbiWhy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_serves_twice_at_one_address_is_forgotten_once() =>
        Assert.Contains(Replay(ChildStoredToAtAnotherLevel), finding => finding.Rule.Id == RuleId.ValueChangedUnseen);

    private static IReadOnlyList<Finding> Replay(string payloads)
    {
        using var folder = new TemporaryFolder();
        var path = folder["poor.trace"];
        File.WriteAllLines(path, payloads.Split('\n').Select((payload, i) => $"           maker-100    [000] .....     1.{i:d6}: {payload.Trim()}"));
        var names = new NameTable();
        var collector = new TraceFactsCollector(names);
        var source = TraceSource.Read(path, collector, names, new ImportProblems());
        var engine = new ReplayEngine(
            collector.Facts(source.Text.Clock, source.Text.HeaderCpuCount), names, new ReplayOptions(), DiscardedRows.Instance);
        TraceSource.Read(path, engine, names, new ImportProblems());
        return engine.Finish().Findings;
    }
}
