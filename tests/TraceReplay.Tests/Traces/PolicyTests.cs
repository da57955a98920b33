using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Traces;

/// <summary>Each switch of a policy changes the verdict of a trace that is decided by it, and nothing else does.</summary>
public sealed class PolicyTests
{
    private const string Prelude = "rules/cont-partial-set/raises.trace";
    private const string PreludeEnd = "# sixteen adjacent";

    // The switch, the trace, what is found without the switch and with it: rules of severity error and warning.
    public static TheoryData<string, string, string, string> Switches { get; } = new()
    {
        { """{"table-swap": "ignore"}""", "rules/bbm-table-swap/raises_same_translation.trace", "warning bbm-table-swap", "" },
        { """{"table-swap": "error"}""", "rules/bbm-table-swap/raises_same_translation.trace", "warning bbm-table-swap", "error bbm-table-swap" },
        { """{"cont-change": "warn"}""", "rules/bbm-cont-change/raises.trace", "error bbm-cont-change", "warning bbm-cont-change" },
        { """{"no-abort": true}""", "rules/bbm-cont-change/raises_bbm_level_2.trace", "warning bbm-cont-change", "" },
        { """{"bbm-level": 3}""", "rules/bbm-block-to-table/raises.trace", "error bbm-block-to-table", "" },
        { """{"strict-cont": true}""", "rules/cont-partial-valid/raises.trace", "", "warning cont-partial-valid" },
        { """{"strict-cont": true}""", "rules/brk-partial-group/raises.trace", "warning brk-partial-group", "error brk-partial-group, warning cont-partial-valid" },
        { """{"same-cpu-tlbi": true}""", "rules/brk-no-dsb-before-tlbi/near_miss_tlbi_on_other_cpu.trace", "", "error brk-no-tlbi" },
        { """{"strict-dsb": true}""", "rules/brk-no-dsb-before-tlbi/near_miss.trace", "", "error brk-no-dsb-before-tlbi" },
        { """{"sh-raw": true}""", "rules/bbm-shareability/near_miss.trace", "", "error bbm-shareability" },
        { """{"cache-hints": true}""", "rules/bbm-cacheability/near_miss_allocation_hint.trace", "", "error bbm-cacheability" },
        { """{"ng-strict": true}""", "rules/bbm-ng-to-global/near_miss.trace", "", "error bbm-global-to-ng" },
        { """{"implied-dsb-at-switch": false}""", "good/switch_completes_tlbi.trace", "", "error brk-no-dsb-after-tlbi" },
        { """{"hide-tolerated": true}""", "rules/brk-no-tlbi/raises_tolerated.trace", "warning brk-no-tlbi", "" },
        { """{"group-eager": true}""", "good/contiguous_write_protect.trace", "", "warning cont-attr-mismatch" },
        { """{"publish-dsb-only": true}""", "rules/table-published-uninitialised/near_miss_release.trace", "", "warning table-published-uninitialised" },
        { """{"swap-strict": true}""", "rules/overlap-block-table/near_miss_swapped_copy.trace", "", "error overlap-block-table" },
        { """{"reserved-block": true}""", "<block where the granule has none>", "", "error bbm-oa-change" },
        { """{"linux-strict": true}""", "rules/linux-unsafe-change/near_miss_not_asked.trace", "", "warning linux-unsafe-change" },
        { """{"severities": {"bbm-oa-change": "off"}}""", "rules/bbm-oa-change/raises.trace", "error bbm-oa-change", "" },
        { """{"severities": {"bbm-oa-change": "warning"}}""", "rules/bbm-oa-change/raises.trace", "error bbm-oa-change", "warning bbm-oa-change" },
        { """{"severities": {"bbm-oa-change@el1": "info"}}""", "rules/bbm-oa-change/raises.trace", "error bbm-oa-change", "" },
        { """{"severities": {"bbm-oa-change@stage2": "info"}}""", "rules/bbm-oa-change/raises.trace", "error bbm-oa-change", "error bbm-oa-change" },
        { """{"s2-va-ok": true}""", "<stage 2 completed by address>", "error brk-s2-incomplete", "" },
        { """{"errata": ["2645198"]}""", "<executable page made not executable>", "", "error bbm-exec-erratum" },
        { """{"errata": ["2645198"]}""", "<executable page remade not executable>", "", "error brk-no-tlbi" },
        { """{"af0-is-break": "off"}""", "<af0>", "", "error brk-no-tlbi" },
        { """{"up-exempt": true}""", "<one CPU>", "error bbm-oa-change", "" },
        { """{"aside1-walkcache": false}""", "<table flushed by ASID>", "", "error brk-tlbi-asid" },
    };

    [Theory]
    [MemberData(nameof(Switches))]
    public void A_switch_decides(string json, string trace, string without, string with)
    {
        Assert.Equal(without, Verdict(trace, Policy.Default));
        Assert.Equal(with, Verdict(trace, Policy.Parse(json)));
    }

    [Theory]
    [InlineData("""{"bbm-levl": 2}""", "bbm-levl")]
    [InlineData("""{"bbm-level": 4}""", "expected 0, 1, 2 or 3")]
    [InlineData("""{"table-swap": "maybe"}""", "table-swap")]
    [InlineData("""{"errata": ["1"]}""", "erratum '1'")]
    [InlineData("""{"linux-version": "5.4"}""", "linux-version")]
    [InlineData("""{"severities": {"bbm-oa-chnge": "off"}}""", "no rule 'bbm-oa-chnge'")]
    [InlineData("""{"severities": {"bbm-oa-change@el4": "off"}}""", "no regime 'el4'")]
    [InlineData("""{"severities": {"bbm-oa-change": "fatal"}}""", "'fatal'")]
    [InlineData("{\n\"bbm-level\": }", "line 2")]
    [InlineData("[]", "")]
    public void A_bad_policy_is_refused_by_name(string json, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => Policy.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_policy_reads_back_as_it_was_written()
    {
        foreach (var profile in Policy.Profiles.Append(Policy.Default))
        {
            var read = Policy.Parse(profile.ToJson());
            Assert.Equal(profile.ToJson(), read.ToJson());
        }
    }

    private static string Verdict(string trace, Policy policy)
    {
        using var folder = new TemporaryFolder();
        var path = trace.StartsWith('<') ? folder["made.trace"] : new TraceFile(trace).FullName;
        if (trace.StartsWith('<'))
        {
            File.WriteAllText(path, Made(trace));
        }

        var names = new NameTable();
        var collector = new TraceFactsCollector(names);
        var source = TraceSource.Read(path, collector, names, new ImportProblems());
        var engine = new ReplayEngine(
            collector.Facts(source.Text.Clock, source.Text.HeaderCpuCount), names, new ReplayOptions { Policy = policy }, DiscardedRows.Instance);
        TraceSource.Read(path, engine, names, new ImportProblems());
        return string.Join(", ", engine.Finish().Findings.Where(finding => finding.Severity != Severity.Info)
            .Select(finding => $"{(finding.Severity == Severity.Error ? "error" : "warning")} {finding.Rule.Id}").Distinct().Order(StringComparer.Ordinal));
    }

    private static string Made(string name)
    {
        const string page = "0x40103028";
        const string flush = "barrier: dsb ishst;tlbi: op=vmalle1is;barrier: dsb ish";
        switch (name)
        {
            case "<stage 2 completed by address>":
                var text = File.ReadAllText(new TraceFile("rules/brk-s2-incomplete/raises.trace").FullName);
                var at = text.IndexOf("# make", StringComparison.Ordinal);
                return text[..at]
                    + Line("sysreg_write: reg=hcr_el2 val=0x480000000") + Line("tlbi: op=vaae1is arg=0x5") + Line("barrier: dsb ish")
                    + Line("sysreg_write: reg=hcr_el2 val=0x488000000") + text[at..];
            case "<executable page made not executable>":
                return Start() + Lines(
                    $"pgtable_write: level=3 pa={page} old=0x0 new=0x20000048000f43;barrier: dsb ishst;"
                    + $"pgtable_write: level=3 pa={page} old=0x20000048000f43 new=0x60000048000f43;{flush}");
            case "<executable page remade not executable>":
                return Start() + Lines(
                    $"pgtable_write: level=3 pa={page} old=0x0 new=0x20000048000f43;barrier: dsb ishst;"
                    + $"pgtable_write: level=3 pa={page} old=0x20000048000f43 new=0x0;"
                    + $"pgtable_write: level=3 pa={page} old=0x0 new=0x60000048000f43;{flush}");
            case "<af0>":
                return Start() + Lines(
                    $"pgtable_write: level=3 pa={page} old=0x0 new=0x60000048000b43;barrier: dsb ishst;"
                    + $"pgtable_write: level=3 pa={page} old=0x60000048000b43 new=0x0;barrier: dsb ishst;"
                    + $"pgtable_write: level=3 pa={page} old=0x0 new=0x60000049000f43;{flush}");
            case "<block where the granule has none>":
                return Start() + Lines(
                    "pgtable_write: level=0 pa=0x40100008 old=0x0 new=0x60008000000f41;barrier: dsb ishst;"
                    + $"pgtable_write: level=0 pa=0x40100008 old=0x60008000000f41 new=0x60010000000f41;{flush}");
            case "<one CPU>":
                var lines = File.ReadLines(new TraceFile("rules/bbm-oa-change/raises.trace").FullName);
                return string.Concat(lines.Where(line => !line.Contains("[001]", StringComparison.Ordinal)).Select(line => line + "\n"));
            default:
                return Start() + Lines(
                    "pgtable_table: base=0x40104000 level=3 entries=512 granule=4k;"
                    + "pgtable_write: level=2 pa=0x40102018 old=0x0 new=0x40104003;barrier: dsb ishst;"
                    + "pgtable_write: level=2 pa=0x40102018 old=0x40104003 new=0x0;barrier: dsb ishst;"
                    + "tlbi: op=aside1is arg=0x7000000000000;barrier: dsb ish;"
                    + $"pgtable_write: level=2 pa=0x40102018 old=0x0 new=0x60000080000f41;{flush}");
        }
    }

    private static string Start()
    {
        var text = File.ReadAllText(new TraceFile(Prelude).FullName);
        return text[..text.IndexOf(PreludeEnd, StringComparison.Ordinal)];
    }

    private static string Lines(string payloads) =>
        payloads.Split(';').Aggregate(new StringBuilder(), (text, payload) => text.Append(Line(payload))).ToString();

    private static string Line(string payload) => $"           maker-100    [000] .....     1.000900: {payload}\n";
}
