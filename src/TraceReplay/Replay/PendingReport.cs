using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Reports what was never invalidated, one finding a table.</summary>
internal static class PendingReport
{
    public static void Report(MachineState machine, FindingCollector findings)
    {
        var open = new List<StaleRecord>();
        foreach (var space in machine.Spaces)
        {
            space.Pending.CollectAll(open);
        }

        var tables = open.GroupBy(record => (record.Space.Id, Page: record.Space.Format.Granule.PageOf(record.Pa)));
        foreach (var table in tables.OrderBy(group => group.Min(record => record.Id)))
        {
            var first = table.MinBy(record => record.Id)!;
            var space = first.Space;
            var finding = findings.Report(
                new Verdict
                {
                    RuleId = RuleId.PendingAtEnd,
                    Confidence = StaleRecords.ConfidenceOf(space),
                    Where = first.Break,
                    Space = space,
                    Pa = first.Pa,
                    Level = first.Level,
                    Va = space.IsRooted ? first.Ia : null,
                    Old = first.Value,
                    New = first.NewValue,
                    Stale = first,
                    Summary = $"{table.Count()} removed or overwritten descriptors of this table were not invalidated before the trace ended",
                },
                FoldKind.Event, first.Id, null);
            finding.Count = table.Count();
        }
    }
}
