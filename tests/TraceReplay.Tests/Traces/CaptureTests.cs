using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>What real kernels did is judged as it should be: no false alarm, and every planted fault found.</summary>
public sealed class CaptureTests(CaptureReplays replays) : IClassFixture<CaptureReplays>
{
    private const string OverwrittenBuffer = "workload-overwritten-buffer.ftrace.gz";

    public static TheoryData<string> Captures => [.. CaptureFile.All];

    public static TheoryData<string> Workloads =>
        [.. CaptureFile.All.Where(name => name.StartsWith("workload", StringComparison.Ordinal))];

    public static TheoryData<string> Labelled { get; } =
    [
        "violations-6.12-4k-n1-2cpu.kernel.ftrace.gz",
        "violations-6.12-4k-n1-2cpu.emulator.ftrace.gz",
        "thread-2016-6.12-4k-n1-2cpu.kernel.ftrace.gz",
        "thread-2016-6.12-4k-n1-2cpu.emulator.ftrace.gz",
    ];

    // Without fault but for one in the kernel's own early boot: no DSB between a TLBI and the entries made after it. One TLBI, one finding.
    public static TheoryData<string, int> Boots { get; } = new()
    {
        { "boot-6.1-4k-a72-2cpu.ftrace.gz", 0 },
        { "boot-6.12-4k-a72-2cpu-rodata-off.ftrace.gz", 0 },
        { "boot-6.12-64k-n1-2cpu.ftrace.gz", 0 },
        { "boot-6.12-4k-max-4cpu.ftrace.gz", 816 },
        { "boot-6.12-16k-max-2cpu.ftrace.gz", 768 },
        { "stage2-6.12-4k-max-2cpu-vhe.ftrace.gz", 816 },
    };

    [Fact]
    public void Large_captures_are_there() =>
        Assert.SkipUnless(CaptureFile.HasLarge, "the large captures need the folder ../shared/captures; only the small ones are replayed");

    [Theory]
    [MemberData(nameof(Captures))]
    public void Replayed_tables_end_as_the_machine_left_them(string name)
    {
        var summary = replays.Of(name);
        Assert.Equal(0, summary.FinalDiffering);
        if (IsOfEmulator(name))
        {
            Assert.NotEqual(0, summary.FinalCompared);
        }
    }

    [Theory]
    [MemberData(nameof(Boots))]
    public void Boot_has_no_error_but_the_missing_dsb_of_early_boot(string name, int makesWithoutDsb)
    {
        var errors = replays.Of(name).Findings.Where(finding => finding.Severity == Severity.Error).ToList();
        Assert.Equal(makesWithoutDsb == 0 ? [] : [(RuleId.NoDsbAfterTlbi, makesWithoutDsb)], errors.Select(error => (error.Rule.Id, error.Count)));
    }

    [Theory]
    [MemberData(nameof(Boots))]
    public void Boot_that_does_not_tell_what_is_freed_has_no_other_error(string name, int makesWithoutDsb)
    {
        var serious = CaptureReplays.WithoutFreesOf(name).Findings.Where(finding => finding.Severity > Severity.Info).ToList();
        Assert.Equal(makesWithoutDsb == 0 ? [] : [(RuleId.NoDsbAfterTlbi, makesWithoutDsb)], serious.Select(finding => (finding.Rule.Id, finding.Count)));
    }

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Workload_has_no_error_that_is_more_than_unknown(string name)
    {
        var errors = replays.Of(name).Findings.Where(finding => finding.Severity == Severity.Error && finding.Confidence > Confidence.Unknown);
        Assert.Empty(errors.Select(Describe));
    }

    [Fact]
    public void Race_that_linux_tolerates_is_one_warning()
    {
        var races = replays.Of(OverwrittenBuffer).Findings.Where(finding => finding.Rule.Id == RuleId.NoTlbi);
        var race = Assert.Single(races);
        Assert.Equal(Severity.Warning, race.Severity);
        Assert.Equal("linux-tolerated", race.Tag);
    }

    [Theory]
    [MemberData(nameof(Labelled))]
    public void Every_planted_violation_is_found(string name)
    {
        var findings = replays.Of(name).Findings;
        var violations = Scenarios.Of(name).Where(scenario => scenario.IsViolation).ToList();
        Assert.NotEmpty(violations);
        var missed = violations.Where(
            scenario => !findings.Any(finding => scenario.Holds(finding) && Scenarios.RulesOf(scenario).Contains(finding.Rule.Id)));
        Assert.Empty(missed.Select(scenario => $"{scenario.Name}: {string.Join("; ", findings.Where(scenario.Holds).Select(Describe))}"));
    }

    [Theory]
    [MemberData(nameof(Labelled))]
    public void Clean_scenario_raises_no_warning(string name)
    {
        var serious = replays.Of(name).Findings.Where(finding => finding.Severity > Severity.Info).ToList();
        var clean = Scenarios.Of(name).Where(scenario => scenario.IsClean).ToList();
        Assert.NotEmpty(clean);
        Assert.Empty(serious.Where(finding => clean.Any(scenario => scenario.Holds(finding))).Select(Describe));
    }

    [Theory]
    [MemberData(nameof(Labelled))]
    public void No_error_outside_scenarios(string name)
    {
        var errors = replays.Of(name).Findings.Where(finding => finding.Severity == Severity.Error);
        var scenarios = Scenarios.Of(name);
        Assert.Empty(errors.Where(finding => !scenarios.Any(scenario => scenario.Holds(finding))).Select(Describe));
    }

    private static bool IsOfEmulator(string name) =>
        name.StartsWith("boot", StringComparison.Ordinal) || name.StartsWith("stage2", StringComparison.Ordinal)
        || name.Contains(".emulator.", StringComparison.Ordinal);

    private static string Describe(Finding finding) => $"{finding.Rule.Id} {finding.Severity} at line {finding.Where.Line}: {finding.Summary}";
}
