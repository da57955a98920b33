using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>Faults that happened to somebody: each is found by its rule, its fix raises nothing, and what only looks like one is no error.</summary>
public sealed class ZooTests
{
    public static TheoryData<string> Names => [.. TraceFile.Below("zoo").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Case_gives_the_expected_findings(string name)
    {
        var trace = new TraceFile(name);
        var verdict = trace.Replay();
        Assert.Empty(verdict.Import.Problems);
        Assert.Empty(verdict.Import.SkippedEvents);
        Assert.Equal(0, verdict.Summary.Gaps);
        CheckPromise(trace, verdict.Summary.Findings);
        Golden.Check(trace.ExpectedPath, verdict.Csv);
    }

    [Fact]
    public void Every_bug_has_a_fix()
    {
        var folders = TraceFile.Below("zoo").GroupBy(trace => Path.GetDirectoryName(trace.Name)!).Where(folder => !folder.Key.EndsWith("negatives", StringComparison.Ordinal));
        Assert.All(folders, folder => Assert.Equal(["bug.trace", "fix.trace"], folder.Select(trace => Path.GetFileName(trace.Name)).Order(StringComparer.Ordinal)));
    }

    // What the name of the file and its header promise holds whatever was accepted.
    private static void CheckPromise(TraceFile trace, IReadOnlyList<Finding> findings)
    {
        var expected = trace.Expects();
        Assert.NotNull(expected);
        switch (Path.GetFileName(trace.Name))
        {
            case "bug.trace":
                Assert.NotEmpty(expected);
                Assert.All(expected, id => Assert.Contains(findings, finding => finding.Rule.Id == id));
                Assert.All(
                    findings.Where(finding => finding.Severity > Severity.Info),
                    finding => Assert.Contains(finding.Rule.Id, expected));
                break;
            case "fix.trace":
                Assert.Empty(expected);
                Assert.Empty(findings.Select(finding => $"{finding.Rule.Id} at line {finding.Where.Line}: {finding.Summary}"));
                break;
            default:
                Assert.Empty(expected);
                Assert.DoesNotContain(findings, finding => finding.Severity > Severity.Info);
                break;
        }
    }
}
