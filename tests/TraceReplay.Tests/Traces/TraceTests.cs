using TraceReplay.Ingest;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>Every hand-made trace gives what stands beside it. A further case is two more files and no code.</summary>
public sealed class TraceTests
{
    public static TheoryData<string> Names =>
        [.. TraceFile.Below("rules").Concat(TraceFile.Below("good")).Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Trace_gives_the_expected_findings(string name)
    {
        var trace = new TraceFile(name);
        var verdict = trace.Replay();
        Assert.Equal(LosesEvents(trace) ? [ImportProblems.LostEvents] : [], verdict.Import.Problems.Select(problem => problem.Kind).Distinct());
        Assert.Empty(verdict.Import.SkippedEvents);
        Assert.Equal(HasGap(trace) ? 1 : 0, verdict.Summary.Gaps);
        CheckPromise(trace, verdict.Summary.Findings);
        Golden.Check(trace.ExpectedPath, verdict.Csv);
    }

    private static bool LosesEvents(TraceFile trace) => trace.Raises && trace.RuleId is RuleId.LostEvents or RuleId.TraceGap;

    private static bool HasGap(TraceFile trace) => trace.Raises && trace.RuleId is RuleId.ValueChangedUnseen or RuleId.TraceGap;

    // What the name of the file promises holds whatever was accepted.
    private static void CheckPromise(TraceFile trace, IReadOnlyList<Finding> findings)
    {
        var serious = findings.Where(finding => finding.Severity > Severity.Info && finding.Rule.Id != trace.RuleId);
        Assert.Empty(serious.Select(finding => $"{finding.Rule.Id} at line {finding.Where.Line}: {finding.Summary}"));
        var own = findings.Where(finding => finding.Rule.Id == trace.RuleId).ToList();
        if (trace.Raises)
        {
            Assert.Single(own);
        }
        else
        {
            Assert.Empty(own.Select(finding => $"line {finding.Where.Line}: {finding.Summary}"));
        }
    }
}
