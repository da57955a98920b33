using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Watches restrictions that wait for their invalidation, and reports those that wait too long.</summary>
internal sealed class RestrictionWatch(FindingCollector findings, FactsInUse facts, ReplayOptions options, BreakExplainer breaks)
{
    private readonly Queue<(StaleRecord Record, int Generation, long Seq, long Time)> _waiting = new();

    /// <summary>A restriction was stored.</summary>
    public void Add(StaleRecord record) =>
        _waiting.Enqueue((record, record.Generation, record.Break.Header.Seq, record.Break.Header.Time));

    /// <summary>Time has passed.</summary>
    public void Advance(in EventHeader now)
    {
        while (_waiting.TryPeek(out var oldest))
        {
            var isOpen = oldest.Record.IsOpen && oldest.Record.Generation == oldest.Generation;
            if (isOpen && !IsOverdue(oldest.Seq, oldest.Time, now))
            {
                return;
            }

            _waiting.Dequeue();
            if (isOpen)
            {
                Report(oldest.Record, "within the time allowed", Confidence.Likely);
            }
        }
    }

    /// <summary>
    /// The end of the trace: what still waits was not invalidated in it. The trace may have ended in the middle of the operation, or tell of
    /// no TLBIs at all.
    /// </summary>
    public void Finish()
    {
        while (_waiting.TryDequeue(out var entry))
        {
            if (entry.Record.IsOpen && entry.Record.Generation == entry.Generation)
            {
                Report(entry.Record, "before the end of the trace", Confidence.Possible);
            }
        }
    }

    private bool IsOverdue(long seq, long time, in EventHeader now) => facts.Clock == TraceClock.Time
        ? now.Time - time > options.StalePermissionNs
        : now.Seq - seq > options.StalePermissionEvents;

    private void Report(StaleRecord record, string when, Confidence atMost)
    {
        if (!facts.HasTlbis)
        {
            return;
        }

        var space = record.Space;
        ulong? va = space.IsRooted ? record.Ia : space.VaBase is { } vaBase ? vaBase + record.Ia : null;
        findings.Report(
            new Verdict
            {
                RuleId = RuleId.PermissionStale,
                Confidence = StaleRecords.ConfidenceOf(space) < atMost ? StaleRecords.ConfidenceOf(space) : atMost,
                Where = record.Break,
                Space = space,
                Pa = record.Pa,
                Level = record.Level,
                Va = va,
                Old = record.Value,
                New = record.NewValue,
                Difference = record.Class == TransitionClass.GlobalToNonGlobal ? DescriptorDifference.NotGlobal : DescriptorDifference.Permissions,
                Stale = record,
                Summary = $"the restriction stored at {record.Break.Header.PlaceText} was not invalidated {when}",
            },
            FoldKind.Place, (long)(record.Pa >> TableFrame.Shift) ^ ((long)space.Id << 40), null,
            () => breaks.Explain(record, record.Break.Header.Cpu, record.Break.Header.Task).Evidence);
    }
}
