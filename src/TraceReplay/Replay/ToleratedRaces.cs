using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Recognises the one race that Linux leaves open on purpose: a thread zaps an anonymous user page and drops the page-table lock before
/// its TLBI, and another thread of the process faults a page in at the same address meanwhile.
/// </summary>
/// <remarks>
/// It breaks R_DDMVT on paper; the old page is not freed before the TLBI. It becomes a warning once the TLBI of the thread that zapped is
/// seen, whether or not that of another thread came first. A TLBI that comes later than a restriction may wait is none of it.
/// </remarks>
internal sealed class ToleratedRaces(FactsInUse facts, ReplayOptions options, NameTable names)
{
    /// <summary>Tag of such findings.</summary>
    public const string Tag = "linux-tolerated";

    private readonly List<Race> _open = [];

    private readonly record struct Race(Finding Finding, StaleRecord Zapped, int Pid);

    /// <summary>A make conflicted with a stale record.</summary>
    public void Watch(Finding finding, StaleRecord stale, in DescriptorChange change, in StoreContext maker)
    {
        var isUserLeaf = !stale.IsTable && !stale.Space.IsStage2 && !stale.Space.Format.IsGlobal(stale.Value);
        var isOtherPage = change.Class is TransitionClass.OutputAddress or TransitionClass.OutputAddressReadOnly
            or TransitionClass.ContiguousAndOther or TransitionClass.SizeAndOther or TransitionClass.Split;
        var isLate = finding.Rule.Id is RuleId.NoTlbi or RuleId.TlbiAddress or RuleId.TlbiRange;
        var pid = PidOf(stale.Break.Header);
        if (isLate && isUserLeaf && isOtherPage && pid != PidOf(maker.Header))
        {
            _open.Add(new Race(finding, stale.Snapshot(), pid));
        }
    }

    /// <summary>A TLBI was executed.</summary>
    public void Executed(in TlbiEvent tlbi)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var (finding, zapped, pid) = _open[i];
            if (IsTooLate(zapped.Break.Header, tlbi.Header))
            {
                _open.RemoveAt(i);
            }
            else if (PidOf(tlbi.Header) == pid && TlbiMatch.CoveredObligations(tlbi, zapped) != 0)
            {
                finding.Severity = options.Policy.HideTolerated ? Severity.Info : Severity.Warning;
                finding.Tag = Tag;
                _open.RemoveAt(i);
            }
        }
    }

    private bool IsTooLate(in EventHeader zap, in EventHeader now) => facts.Clock == TraceClock.Time
        ? now.Time - zap.Time > options.StalePermissionNs
        : now.Seq - zap.Seq > options.StalePermissionEvents;

    private int PidOf(in EventHeader header) => names.Task(header.Task).Pid;
}
