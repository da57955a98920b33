using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>Consoles of pKVM with its ghost model: what the model said of its steps is found, and nothing of what it accepted.</summary>
public sealed class GhostTests
{
    public static TheoryData<string> Names => [.. TraceFile.Below("ghost", "*.log").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Console_gives_the_expected_findings(string name)
    {
        var log = new TraceFile(name);
        var verdict = log.Replay();
        Assert.Empty(verdict.Import.Problems);
        var errors = verdict.Summary.Findings
            .Where(finding => finding is { Severity: Severity.Error, Confidence: > Confidence.Unknown }).Select(finding => finding.Rule.Id);
        Assert.Equal(Path.GetFileName(name).StartsWith("bug", StringComparison.Ordinal) ? [RuleId.NoTlbi] : [], errors);
        Golden.Check(log.ExpectedPath, verdict.Csv);
    }
}
