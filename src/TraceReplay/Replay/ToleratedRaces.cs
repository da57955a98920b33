using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Recognises the one race that Linux leaves open on purpose: a thread zaps an anonymous user page and drops the page-table lock before
/// its TLBI, and another thread of the process faults a page in at the same address meanwhile.
/// </summary>
/// <remarks>It breaks R_DDMVT on paper; the old page is not freed before the TLBI. It becomes a warning once that TLBI is seen.</remarks>
internal sealed class ToleratedRaces(InvalidationTracker tracker, NameTable names)
{
    /// <summary>Tag of such findings.</summary>
    public const string Tag = "linux-tolerated";

    private readonly Dictionary<StaleRecord, (Finding Finding, int Generation)> _watched = [];

    /// <summary>A make conflicted with a stale record.</summary>
    public void Watch(Finding finding, StaleRecord stale, in DescriptorChange change, in StoreContext maker)
    {
        var isUserLeaf = !stale.IsTable && (stale.Value & DescriptorBits.NotGlobal) != 0;
        var isOtherPage = change.Class is TransitionClass.OutputAddress or TransitionClass.OutputAddressReadOnly
            or TransitionClass.ContiguousAndOther or TransitionClass.SizeAndOther or TransitionClass.Split;
        var isLate = finding.Rule.Id is RuleId.NoTlbi or RuleId.TlbiAddress or RuleId.TlbiRange;
        if (isLate && isUserLeaf && isOtherPage
            && PidOf(stale.Break.Header) != PidOf(maker.Header))
        {
            _watched[stale] = (finding, stale.Generation);
        }
    }

    /// <summary>A stale record was completed.</summary>
    public void Completed(StaleRecord record)
    {
        if (_watched.Count == 0 || !_watched.Remove(record, out var watched) || watched.Generation != record.Generation)
        {
            return;
        }

        var breaker = record.Break.Header;
        if (tracker.Log.Find(record.TlbiSeq) is { } tlbi && PidOf(tlbi.Header) == PidOf(breaker))
        {
            watched.Finding.Severity = Severity.Warning;
            watched.Finding.Tag = Tag;
        }
    }

    private int PidOf(in EventHeader header) => names.Task(header.Task).Pid;
}
