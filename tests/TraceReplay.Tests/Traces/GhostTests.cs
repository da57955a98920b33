using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>Consoles of pKVM with its ghost model: what the model said of its steps is found, and nothing of what it accepted.</summary>
public sealed class GhostTests
{
    public static TheoryData<string> Names => [.. TraceFile.Below("ghost", "*.log").Select(trace => trace.Name)];

    /// <summary>One line of a console without a fault is damaged: no error may come of that.</summary>
    [Theory]
    [InlineData(" at arch/arm64/kvm/hyp/nvhe/tlb.c:130 in __kvm_tlb_flush_vmid_ipa***", "", 21, "malformed-line")]
    [InlineData("DSB_ish at arch/arm64/kvm/hyp/nvhe/tlb.c:130 in __kvm_tlb_flush_vmid_ipa***", "DSB_i", 21, "malformed-line")]
    [InlineData("DSB_ish ", "DSBish ", 19, "malformed-line")]
    [InlineData("DSB_ish ", "DSBish ", 21, "malformed-line")]
    [InlineData("DSB_ish ", "DSBish ", 23, "malformed-line")]
    [InlineData("TLBI", "TLBIzz", 20, "malformed-line")]
    [InlineData("TLBI", "TLBIzz", 22, "malformed-line")]
    [InlineData("pfn=", "pfm=", 20, "missing-key")]
    [InlineData("0x.............200 ", "0xg ", 20, "malformed-value")]
    [InlineData("ID: 20; CPU: 1; ", "", 22, "malformed-line")]
    [InlineData("W 0x........50002008", "W", 18, "malformed-value")]
    [InlineData("***ID: 20", "init ***ID: 20", 22, "")]
    public void Damaged_step_is_told_and_gives_no_error(string part, string damaged, int number, string problem)
    {
        using var folder = new TemporaryFolder();
        var lines = File.ReadAllLines(Path.Combine(TraceFile.Folder, "ghost", "z22_pkvm_missing_tlbi", "fix.log"));
        Assert.Contains(part, lines[number - 1], StringComparison.Ordinal);
        lines[number - 1] = lines[number - 1].Replace(part, damaged, StringComparison.Ordinal);
        var path = folder["fix.log"];
        File.WriteAllLines(path, lines);
        var verdict = new TraceFile(path).Replay();
        Assert.Equal(problem.Length == 0 ? [] : [problem], verdict.Import.Problems.Select(kept => kept.Kind.Name));
        Assert.DoesNotContain(verdict.Summary.Findings, finding => finding is { Severity: Severity.Error, Confidence: > Confidence.Unknown });
    }

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
