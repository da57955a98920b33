using System.Globalization;
using System.Text;
using TraceReplay.Events;
using TraceReplay.Export;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;
using TraceReplay.Tests.Ingest;

namespace TraceReplay.Tests.Traces;

/// <summary>Logs in the shapes of casemate's own examples: the verdict agrees with what the name of the example says.</summary>
public sealed class CasemateTests
{
    // What casemate refuses and the architecture allows: see traces/README.md.
    private static readonly string[] Allowed = ["bad_switch_wrong_vmid"];

    // What breaks the discipline of locks alone.
    private static readonly string[] OfLocks = ["bad_no_write_auth", "bad_no_assoc_lock", "bad_race", "bad_unlocked_write"];

    public static TheoryData<string> Names => [.. TraceFile.Below("casemate", "*.log").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Log_gives_the_expected_findings(string name)
    {
        var log = new TraceFile(name);
        var verdict = log.Replay();
        Assert.Empty(verdict.Import.Problems);
        var serious = verdict.Summary.Findings.Where(finding => finding.Severity > Severity.Info).Select(finding => $"{finding.Rule.Id}: {finding.Summary}");
        var example = Path.GetFileNameWithoutExtension(name);
        if (OfLocks.Contains(example))
        {
            Assert.StartsWith($"{RuleId.LockNotHeld}: ", Assert.Single(serious), StringComparison.Ordinal);
        }
        else if (example.StartsWith("bad_", StringComparison.Ordinal) && !Allowed.Contains(example))
        {
            Assert.NotEmpty(serious);
            Assert.DoesNotContain(serious, finding => finding.StartsWith(RuleId.LockNotHeld, StringComparison.Ordinal));
        }
        else
        {
            Assert.Empty(serious);
        }

        Golden.Check(log.ExpectedPath, verdict.Csv);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Log_exported_and_read_back_is_judged_alike(string name)
    {
        var log = Reading.Of(File.ReadAllBytes(new TraceFile(name).FullName), "casemate");
        var expected = Judged(log);
        foreach (var format in new[] { "casemate", "ftrace" })
        {
            var text = new StringWriter(CultureInfo.InvariantCulture);
            GeneratedTrace.Send(
                log.Events, format == "casemate" ? new CasemateWriter(text, log.Names, [name]) : new FtraceWriter(text, log.Names, log.Source.Text.Clock, 0));
            Assert.Equal(expected, Judged(Reading.Of(Encoding.UTF8.GetBytes(text.ToString()), format)));
        }
    }

    private static List<string> Judged(Reading reading)
    {
        var trace = new GeneratedTrace(reading.Names, reading.Events, 0, TraceClock.Counter);
        return [.. trace.Replay().Findings.Select(finding => $"{finding.Rule.Id} {finding.Severity} 0x{finding.Pa:x} 0x{finding.New:x}")];
    }
}
