using TraceReplay.Ingest;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>Tarmac traces in each dialect: a fault and its fix.</summary>
public sealed class TarmacTests
{
    public static TheoryData<string> Names => [.. TraceFile.Below("tarmac", "*.tarmac").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Trace_gives_the_expected_findings(string name)
    {
        var trace = new TraceFile(name);
        var verdict = trace.Replay();
        Assert.Empty(verdict.Import.Problems);
        var serious = verdict.Summary.Findings.Where(finding => finding.Severity > Severity.Info).Select(finding => finding.Rule.Id).ToList();
        if (name.EndsWith("_bug.tarmac", StringComparison.Ordinal))
        {
            Assert.Single(serious);
        }
        else
        {
            Assert.Empty(serious);
        }

        Assert.Equal("tarmac", Assert.Single(verdict.Import.Sources).Format);
        Golden.Check(trace.ExpectedPath, verdict.Csv);
    }
}
