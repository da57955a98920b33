using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Reports changes that take effect late because nothing invalidated the old value before the end of the trace: relaxed permissions,
/// which then fault for nothing, and cleared access flags, which then stay set for nothing. One finding a table.
/// </summary>
internal static class LateEffectReport
{
    public static void Report(MachineState machine, FindingCollector findings)
    {
        if (!machine.Facts.HasTlbis)
        {
            return;
        }

        var open = new List<StaleRecord>();
        foreach (var space in machine.Spaces)
        {
            space.Pending.CollectAll(open);
        }

        open.Sort((left, right) => left.Id.CompareTo(right.Id));
        foreach (var record in open)
        {
            if (record.Class == TransitionClass.PermissionRelax && record.TlbiSeq == 0)
            {
                Report(findings, record, RuleId.PermissionRelax, DescriptorDifference.Permissions, "and no TLBI followed: CPUs that hold the old entry fault once more");
            }
            else if (IsAccessFlagClear(record))
            {
                var what = record.TlbiSeq == 0 ? "no TLBI followed" : "no DSB completed the TLBI";
                Report(
                    findings, record, RuleId.AccessFlagStale, DescriptorDifference.AccessFlag,
                    $"and {what}: accesses through the old entry do not set the flag again");
            }
        }
    }

    private static void Report(FindingCollector findings, StaleRecord record, string rule, DescriptorDifference difference, string what)
    {
        var space = record.Space;
        var confidence = StaleRecords.ConfidenceOf(space);
        var verb = rule == RuleId.PermissionRelax ? "permissions were relaxed" : "access flag or dirty state was cleared";
        findings.Report(
            new Verdict
            {
                RuleId = rule,

                // The trace may have ended in the middle of the operation.
                Confidence = confidence < Confidence.Likely ? confidence : Confidence.Likely,
                Where = record.Break,
                Space = space,
                Pa = record.Pa,
                Level = record.Level,
                Va = space.IsRooted ? record.Ia : space.VaBase is { } vaBase ? vaBase + record.Ia : null,
                Old = record.Value,
                New = record.NewValue,
                Difference = difference,
                Stale = record,
                Summary = $"{verb} at {record.Break.Header.PlaceText} {what}",
            },
            FoldKind.Place, (long)(record.Pa >> TableFrame.Shift) ^ ((long)space.Id << 40), null);
    }

    // Without hardware update an AF=0 leaf is as good as invalid, and its store a break.
    private static bool IsAccessFlagClear(StaleRecord record) =>
        record.Class == TransitionClass.AccessFlagClear
        || (record.Class == TransitionClass.Break && !record.IsTable
            && (record.Value ^ record.NewValue) == DescriptorBits.AccessFlag && (record.NewValue & DescriptorBits.Valid) != 0);
}
