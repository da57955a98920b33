using System.Text.RegularExpressions;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;

namespace TraceReplay.Slices;

/// <summary>What replaying a part of a trace gave.</summary>
/// <param name="Raises">True when the finding asked for is among its findings.</param>
/// <param name="Others">The other findings.</param>
internal sealed record ProbeResult(bool Raises, IReadOnlyList<Finding> Others);

/// <summary>Replays parts of a trace in memory and looks for one finding.</summary>
/// <param name="target">The finding.</param>
/// <param name="names">Names that the events refer to.</param>
/// <param name="clock">Clock of the trace.</param>
/// <param name="cpuCount">CPUs of the trace.</param>
internal sealed partial class SliceProbe(SliceTarget target, NameTable names, TraceClock clock, int cpuCount)
{
    /// <summary>How to replay.</summary>
    public ReplayOptions Options { get; } = new() { Policy = target.Policy };

    /// <summary>Replays events.</summary>
    public ProbeResult Run(IReadOnlyList<SliceEvent> events)
    {
        var collector = new TraceFactsCollector(names);
        SliceEvent.SendAll(events, collector);
        var engine = new ReplayEngine(collector.Facts(clock, cpuCount), names, Options, DiscardedRows.Instance);
        SliceEvent.SendAll(events, engine);
        engine.Finish();
        return Judge(engine.Findings, finding => events[(int)finding.Where.Seq - 1].Header.Seq == target.Seq);
    }

    /// <summary>Looks for the finding among others.</summary>
    /// <param name="findings">All findings.</param>
    /// <param name="isAtPlace">True for one at the event that completes the fault.</param>
    public ProbeResult Judge(IReadOnlyList<Finding> findings, Func<Finding, bool> isAtPlace)
    {
        var wanted = findings.FirstOrDefault(finding =>
            finding.Rule.Id == target.Rule && finding.Pa == target.Pa && finding.Tag == target.Tag && finding.Severity == target.Severity
            && finding.Confidence >= target.Confidence && finding.Difference == target.Difference && isAtPlace(finding)
            && IsSameFault(finding));
        return new ProbeResult(wanted is not null, [.. findings.Where(finding => !ReferenceEquals(finding, wanted))]);
    }

    // Without what tells of locks, another fault of the same rule would be left.
    private bool IsSameFault(Finding finding) => target.Rule != RuleId.LockNotHeld
        || LineNumber().Replace(finding.Summary, "line") == LineNumber().Replace(target.Summary, "line");

    [GeneratedRegex(@"\bline \d+")]
    private static partial Regex LineNumber();
}
