using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>Logs in the shapes of casemate's own examples: the verdict agrees with what the name of the example says.</summary>
public sealed class CasemateTests
{
    // What casemate refuses and the architecture allows, or asks only of software: see traces/README.md.
    private static readonly string[] NotOfTheArchitecture =
        ["bad_no_write_auth", "bad_switch_wrong_vmid", "bad_no_assoc_lock", "bad_race", "bad_unlocked_write"];

    public static TheoryData<string> Names => [.. TraceFile.Below("casemate", "*.log").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Log_gives_the_expected_findings(string name)
    {
        var log = new TraceFile(name);
        var verdict = log.Replay();
        Assert.Empty(verdict.Import.Problems);
        var serious = verdict.Summary.Findings.Where(finding => finding.Severity > Severity.Info).Select(finding => $"{finding.Rule.Id}: {finding.Summary}");
        var isBad = Path.GetFileName(name).StartsWith("bad_", StringComparison.Ordinal);
        if (isBad && !NotOfTheArchitecture.Contains(Path.GetFileNameWithoutExtension(name)))
        {
            Assert.NotEmpty(serious);
        }
        else
        {
            Assert.Empty(serious);
        }

        Golden.Check(log.ExpectedPath, verdict.Csv);
    }
}
