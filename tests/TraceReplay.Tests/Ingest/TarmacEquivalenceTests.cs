using System.Text;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest;

/// <summary>A trace of the vocabulary, rendered as the Tarmac trace of the same machine, has the same findings.</summary>
public sealed class TarmacEquivalenceTests
{
    // Tables that are filled without a barrier before they are linked: what was stored before is told as content, not as stores. Half a
    // descriptor whose other half is not what the hand-made trace says. A store that is missing; one to memory that is no table. Traces
    // without TLBIs, which Tarmac would tell. A stage 2 told before its register is written. Tables filled anew without their stores. A
    // guest's own stage 1.
    private static readonly string[] NotToldByTarmac =
    [
        "rules/table-published-uninitialised/raises.trace", "rules/table-published-uninitialised/raises_split.trace",
        "rules/table-published-uninitialised/raises_load_barrier.trace", "rules/store-size-not-8/raises.trace",
        "rules/value-changed-unseen/raises.trace", "rules/level-unknown/raises.trace",
        "rules/perm-stale/near_miss_no_tlbis.trace", "zoo/negatives/n07_stage2_access_flag.trace", "good/table_reused_without_barriers.trace",
        "rules/brk-tlbi-vmid/raises_root_told_first.trace", "good/boot_tables_filled_anew.trace",
        "rules/bbm-oa-change/raises_guest_loaded_again.trace",
        .. new[] { "bbm-oa-change", "brk-no-tlbi", "brk-tlbi-asid", "brk-tlbi-local", "brk-tlbi-vmid" }.Select(rule => $"rules/{rule}/raises_guest.trace"),
    ];

    public static TheoryData<string> Names => [.. TraceFile.Below("rules").Concat(TraceFile.Below("good")).Concat(TraceFile.Below("zoo"))
        .Select(trace => trace.Name).Except(NotToldByTarmac).Where(IsRenderable)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Trace_has_the_same_findings_in_every_dialect(string name)
    {
        var (reading, original) = Read(File.ReadAllBytes(new TraceFile(name).FullName), null);
        foreach (var dialect in Enum.GetValues<TarmacDialect>())
        {
            var text = TarmacWriter.Render(reading.Events, reading.Names, reading.Source.Text.Clock, dialect);
            Assert.NotNull(text);
            var (_, rendered) = Read(Encoding.UTF8.GetBytes(text), "tarmac");
            Assert.Equal(original, rendered);
        }
    }

    [Theory]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz", TarmacDialect.FastModels)]
    [InlineData("violations-6.12-4k-n1-2cpu.emulator.ftrace.gz", TarmacDialect.Gem5)]
    [InlineData("boot-6.12-4k-max-4cpu.ftrace.gz", TarmacDialect.Gem5)]
    [InlineData("stage2-6.12-4k-max-2cpu-vhe.ftrace.gz", TarmacDialect.FastModels)]
    [InlineData("boot-6.12-4k-a72-2cpu-rodata-off.ftrace.gz", TarmacDialect.Cycle)]
    public void Capture_has_the_same_findings(string name, TarmacDialect dialect)
    {
        var (reading, original) = Read(File.ReadAllBytes(CaptureFile.Find(name)), null);
        var text = TarmacWriter.Render(reading.Events, reading.Names, reading.Source.Text.Clock, dialect);
        Assert.NotNull(text);
        var (_, rendered) = Read(Encoding.UTF8.GetBytes(text), null);
        Assert.Equal(original, rendered);
    }

    // Not those with events that no Tarmac trace tells, or with roots whose shape is not told.
    private static bool IsRenderable(string name)
    {
        var reading = Reading.Of(File.ReadAllBytes(new TraceFile(name).FullName), null);
        return TarmacWriter.Render(reading.Events, reading.Names, reading.Source.Text.Clock, TarmacDialect.FastModels) is { } text
            && Reading.Of(Encoding.UTF8.GetBytes(text), "tarmac").Problems.Count(ImportProblems.TablesNotFollowed) == 0;
    }

    private static (Reading Reading, string Findings) Read(byte[] bytes, string? format)
    {
        var reading = Reading.Of(bytes, format);
        Assert.DoesNotContain(reading.Problems.Kept, problem => problem.Kind.Severity == ProblemSeverity.Error);
        var collector = new TraceFactsCollector(reading.Names);
        foreach (var e in reading.Events)
        {
            GeneratedTrace.Send(e, collector);
        }

        var engine = new ReplayEngine(collector.Facts(reading.Source.Text.Clock, 0), reading.Names, new ReplayOptions(), DiscardedRows.Instance);
        foreach (var e in reading.Events)
        {
            GeneratedTrace.Send(e, engine);
        }

        return (reading, string.Join('\n', engine.Finish().Findings.Select(Describe)));
    }

    private static string Describe(Finding finding) =>
        $"{finding.Rule.Id} {finding.Severity} {finding.Confidence} pa={finding.Pa:x} level={finding.Level} va={finding.Va:x} old={finding.Old ?? 0:x} new={finding.New:x} count={finding.Count} {finding.Tag}";
}
