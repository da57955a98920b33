using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;
using TraceReplay.Tests.Ingest;

namespace TraceReplay.Tests.Properties;

/// <summary>A traced TLB entry made from a stale value proves that the value is cached, until it is given up or invalidated.</summary>
public sealed class TlbEntryTests
{
    private const string Fill = "001 tlb_fill: va=0x405000 size=0x1000 pa=0x48000000 el=1 asid=0x7";

    // The shape of the tables is not told, so that the finding is no more than likely.
    private const string Before = """
        000 sysreg_write: reg=ttbr0_el1 val=0x7000040100000
        001 sysreg_write: reg=ttbr0_el1 val=0x7000040100000
        000 pgtable_table: base=0x40100000 level=0 entries=512 root=0 granule=4k
        000 pgtable_entry: pa=0x40100000 level=0 val=0x40101003
        000 pgtable_entry: pa=0x40101000 level=1 val=0x40102003
        000 pgtable_entry: pa=0x40102010 level=2 val=0x40103003
        000 pgtable_entry: pa=0x40103028 level=3 val=0x60000048000f43
        000 tlbi: op=vmalle1is
        000 barrier: dsb ish
        """;

    private const string Break = """
        000 pgtable_write: level=3 pa=0x40103028 old=0x60000048000f43 new=0x0
        000 barrier: dsb ishst
        """;

    private const string Make = "000 pgtable_write: level=3 pa=0x40103028 old=0x0 new=0x60000049000f43";

    [Theory]
    [InlineData("", "", Confidence.Likely, 0)]
    [InlineData(Fill, "", Confidence.Certain, 10)]
    [InlineData("", Fill, Confidence.Certain, 12)]
    [InlineData(Fill, "001 tlb_evict: va=0x405000 size=0x1000 el=1", Confidence.Likely, 0)]
    [InlineData(Fill, "000 tlb_evict: va=0x405000 size=0x1000 el=1", Confidence.Certain, 10)]
    [InlineData(Fill, "001 tlbi: op=vae1 arg=0x7000000000405", Confidence.Likely, 0)]
    [InlineData(Fill, "000 tlbi: op=vae1is arg=0x7000000000406", Confidence.Certain, 10)]
    [InlineData("001 tlb_fill: va=0x405000 size=0x1000 pa=0x48001000 el=1 asid=0x7", "", Confidence.Likely, 0)]
    [InlineData("001 tlb_fill: va=0x405000 size=0x1000 pa=0x48000000 el=1 asid=0x8", "", Confidence.Likely, 0)]
    [InlineData("001 tlb_fill: va=0x405000 size=0x1000 pa=0x48000000 el=2 asid=0x7", "", Confidence.Likely, 0)]
    [InlineData("001 tlb_fill: va=0x405000 size=0x1000 pa=0x48000000 el=1 asid=0x7 walk=1", "", Confidence.Likely, 0)]
    [InlineData("001 tlb_fill: va=0x404000 size=0x4000 pa=0x47fff000 el=1 asid=0x7", "", Confidence.Certain, 10)]
    public void Proof_makes_a_finding_certain(string before, string after, Confidence confidence, long seq)
    {
        var finding = Assert.Single(
            Replay(string.Join('\n', ((string[])[Before, before, Break, after, Make]).Where(part => part.Length > 0))),
            finding => finding.Rule.Id.StartsWith("brk-", StringComparison.Ordinal));
        Assert.Equal((confidence, seq == 0 ? null : seq), (finding.Confidence, finding.FillSeq));
    }

    [Theory]
    [InlineData(true, Confidence.Certain)]
    [InlineData(false, Confidence.Possible)]
    public void An_entry_made_behind_a_store_that_kept_the_address_may_be_of_the_new_value(bool before, Confidence confidence)
    {
        // The same page with another memory type: what leads there may be either.
        const string change = "000 pgtable_write: level=3 pa=0x40103028 old=0x0 new=0x60000048000f53";
        string[] parts = before ? [Before, Fill, Break, change] : [Before, Break, Fill, change];
        var finding = Assert.Single(Replay(string.Join('\n', parts)), finding => finding.Rule.Id.StartsWith("brk-", StringComparison.Ordinal));
        Assert.Equal(confidence, finding.Confidence);
    }

    [Theory]
    [InlineData("tlb_fill: va=0x405000 size=0x1000 el=1", "missing-key")]
    [InlineData("tlb_fill: va=0x405000 size=0x0 pa=0x0 el=1", "malformed-value")]
    [InlineData("tlb_evict: va=0x405000 el=1", "missing-key")]
    [InlineData("tlb_fill: va=0x405000 size=0x1000 pa=0x0 el=3", "number-out-of-range")]
    public void Entries_that_say_too_little_are_problems(string text, string kind) =>
        Assert.Equal(kind, Reading.OfEvent(text).Problems.Kept[0].Kind.Name);

    private static IReadOnlyList<Finding> Replay(string payloads)
    {
        var lines = payloads.Split('\n').Select((line, i) => $"            cpu-1{line.Trim()[..3]}      [{line.Trim()[..3]}] .....     1.{i:d6}: {line.Trim()[4..]}\n");
        var reading = Reading.Of(string.Concat(lines));
        Assert.Empty(reading.Problems.Kept);
        var collector = new TraceFactsCollector(reading.Names);
        foreach (var e in reading.Events)
        {
            GeneratedTrace.Send(e, collector);
        }

        var engine = new ReplayEngine(collector.Facts(reading.Source.Text.Clock, 2), reading.Names, new ReplayOptions(), DiscardedRows.Instance);
        foreach (var e in reading.Events)
        {
            GeneratedTrace.Send(e, engine);
        }

        return engine.Finish().Findings;
    }
}
