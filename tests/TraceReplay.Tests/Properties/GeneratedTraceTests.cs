using System.Text.RegularExpressions;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Store;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Properties;

public sealed partial class GeneratedTraceTests
{
    private const int Seeds = 150;
    private const int MutationSeeds = 4;

    public static TheoryData<string> MutationNames => [.. Mutations.All.Select(mutation => mutation.Name)];

    [Fact]
    public void A_correct_trace_raises_nothing_and_ends_as_told()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var summary = TraceGenerator.Generate(seed).Replay();
            Assert.True(GeneratedTrace.Serious(summary) is [], $"seed {seed}: {string.Join('\n', GeneratedTrace.Serious(summary))}");
            Assert.True(summary is { FinalCompared: > 0, FinalDiffering: 0, FinalUnknown: 0, Gaps: 0 }, $"seed {seed}: {summary}");
        }
    }

    [Theory]
    [MemberData(nameof(MutationNames))]
    public void One_fault_raises_its_rule_and_no_other(string name)
    {
        var mutation = Mutations.All.Single(entry => entry.Name == name);
        for (var seed = 1; seed <= MutationSeeds; seed++)
        {
            var correct = Spoilt(mutation, seed, isSpoilt: false).Replay();
            Assert.True(GeneratedTrace.Serious(correct) is [], $"seed {seed}, not spoilt: {string.Join('\n', GeneratedTrace.Serious(correct))}");
            var summary = Spoilt(mutation, seed, isSpoilt: true).Replay();
            var rules = summary.Findings.Where(finding => finding.Severity >= Severity.Warning).Select(finding => finding.Rule.Id).Distinct().ToList();
            rules.Remove(mutation.AlsoBreaks ?? "");
            Assert.True(
                rules is [var rule] && (rule == mutation.RuleId || rule == mutation.RuleIdForSizes),
                $"seed {seed}: expected {mutation.RuleId}, got {string.Join('\n', GeneratedTrace.Serious(summary))}");
        }
    }

    [Theory]
    [InlineData("Splitting_in_place", "error,warning,info,")]
    [InlineData("Splitting_in_place_at_stage_2", "error,warning,info,")]
    [InlineData("Splitting_in_place_at_el2", "error,warning,info,")]
    [InlineData("Fusing_in_place", "error,warning,info,")]
    [InlineData("Fusing_in_place_at_stage_2", "error,warning,info,")]
    [InlineData("Flipping_contiguous_in_place", "error,warning,warning,")]
    [InlineData("Flipping_contiguous_in_place_at_stage_2", "error,warning,warning,")]
    [InlineData("Flipping_contiguous_in_place_at_el2", "error,warning,warning,")]
    [InlineData("Dropping_the_tlbi", "error,error,error,error")]
    [InlineData("Changing_the_output_address_in_place", "error,error,error,error")]
    public void Feat_bbm_lowers_a_change_of_size_and_nothing_else(string name, string severities)
    {
        var mutation = Mutations.All.Single(entry => entry.Name == name);
        var expected = severities.Split(',');
        for (var level = 0; level < expected.Length; level++)
        {
            for (var seed = 1; seed <= MutationSeeds; seed++)
            {
                var found = Spoilt(mutation, seed, isSpoilt: true, level).Replay().Findings.Where(finding => finding.Rule.Id == mutation.RuleId)
                    .Select(finding => finding.Severity.ToString().ToLowerInvariant()).Distinct();
                Assert.Equal((expected[level], level, seed), (string.Join(' ', found), level, seed));
            }
        }
    }

    [Fact]
    public void Events_of_an_unrelated_cpu_change_no_finding()
    {
        for (var seed = 1; seed <= 2; seed++)
        {
            foreach (var mutation in Mutations.All)
            {
                var trace = Spoilt(mutation, seed, isSpoilt: true);
                var with = WithUnrelatedCpu(trace, seed);
                Assert.True(
                    GeneratedTrace.Serious(trace.Replay()).SequenceEqual(GeneratedTrace.Serious(with.Replay())),
                    $"seed {seed}, {mutation.Name}: {string.Join('\n', GeneratedTrace.Serious(trace.Replay()))}\nbecame\n"
                    + string.Join('\n', GeneratedTrace.Serious(with.Replay())));
            }
        }
    }

    [Fact]
    public void The_database_gives_the_findings_of_the_direct_run()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < Mutations.All.Length; i += 4)
        {
            var trace = Spoilt(Mutations.All[i], seed: 11 + i, isSpoilt: true);
            var direct = trace.Replay();
            var path = folder.Write($"{i}", System.Text.Encoding.UTF8.GetBytes(trace.ToText()));
            TraceImporter.Import([path], folder[$"{i}.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
            using var database = TraceDatabase.Open(folder[$"{i}.db"], writable: true);
            var stored = Replayer.Replay(database, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(direct.Findings.Select(WithoutLines), stored.Findings.Select(WithoutLines));
            Assert.Equal((direct.Events, direct.FinalCompared, direct.FinalDiffering), (stored.Events, stored.FinalCompared, stored.FinalDiffering));
        }
    }

    // The text has header lines before the events; the evidence names lines too.
    private static string WithoutLines(Finding finding) => LineNumber().Replace(Numbered(finding), "line");

    [GeneratedRegex(@"\bline \d+")]
    private static partial Regex LineNumber();

    private static string Numbered(Finding finding) =>
        $"{finding.Id} {finding.Rule.Id} {finding.Severity} {finding.Confidence} {finding.Where.Seq} {finding.Where.Time} {finding.Pa} {finding.Va} "
        + $"{finding.Old} {finding.New} {finding.Stale?.Seq} {finding.TlbiSeq} {finding.TlbiWhy} {finding.BarrierSeq} {finding.BarrierWhy} {finding.Count}";

    internal static GeneratedTrace Spoilt(Mutation mutation, int seed, bool isSpoilt, int? bbmLevel = null)
    {
        var generator = new TraceGenerator(seed, bbmLevel: bbmLevel);
        generator.Run(4, mayRollOver: false);
        for (var cpu = 0; cpu < generator.CpuCount; cpu++)
        {
            generator.SwitchTo(cpu, generator.Processes[0]);
        }

        var script = generator.NewScript();
        mutation.Build(new Target(generator, script, generator.TreeOf(mutation.On), Cpu: 0, Other: 1));
        if (isSpoilt)
        {
            mutation.Spoil(script.Items, generator.Names.Intern);
        }

        generator.Append(script.Items);
        return generator.Finish();
    }

    // A CPU that never loaded a tree: barriers, TLBIs of an ASID that no process has, stores to a tree of its own that no TTBR names.
    private static GeneratedTrace WithUnrelatedCpu(GeneratedTrace trace, int seed)
    {
        const int asid = 0x555;
        var random = new Random(seed);
        var task = trace.Names.InternTask("unrelated", 9999);
        var script = new TraceScript(trace.Names, _ => task);
        var cpu = trace.CpuCount;
        var events = new List<object>();
        foreach (var e in trace.Events)
        {
            events.Add(e);
            if (random.Next(4) != 0)
            {
                continue;
            }

            script.Items.Clear();
            switch (random.Next(5))
            {
                case 0:
                    script.Barrier(cpu, random.Next(2) == 0 ? "dsb ish" : "dsb ishst");
                    break;
                case 1:
                    script.Tlbi(cpu, "aside1is", (ulong)asid << 48);
                    break;
                case 2:
                    script.Tlbi(cpu, "vae1is", ((ulong)asid << 48) | (uint)random.Next(1 << 24));
                    break;
                case 3 when NearestOperand(trace, e) is { } operand:
                    // The address that another CPU is about to invalidate, of another process.
                    script.Tlbi(cpu, "vale1is", ((ulong)asid << 48) | (operand & ((1UL << 44) - 1)));
                    break;
                default:
                    script.Write(cpu, 3, 0xf000_0000UL + (8 * (uint)random.Next(512)), null, random.Next(2) == 0 ? 0 : 0x60_0000_9000_0f43UL);
                    break;
            }

            foreach (var item in script.Items)
            {
                events.Add(GeneratedTrace.WithHeader(item.Event, GeneratedTrace.HeaderOf(item.Event) with { Line = 1_000_000 }));
            }
        }

        return new GeneratedTrace(trace.Names, events, trace.CpuCount + 1, trace.Clock);
    }

    private static ulong? NearestOperand(GeneratedTrace trace, object e) => trace.Events
        .Skip((int)GeneratedTrace.HeaderOf(e).Seq).Take(8).OfType<TlbiInstruction>().Where(tlbi => tlbi.Operand >> 44 << 44 != tlbi.Operand)
        .Select(tlbi => (ulong?)tlbi.Operand).FirstOrDefault();
}
