using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Counts, per site, what costs time and breaks no rule: invalidations for nothing, and breaks for nothing.</summary>
internal sealed class Lints(MachineState machine, FindingCollector findings)
{
    private readonly List<StaleRecord> _open = [];

    /// <summary>A TLBI of the host was executed and had an effect on so many stale records.</summary>
    public void Executed(in TlbiEvent tlbi, int covered, in StoreContext site, int operation)
    {
        // One by ASID or of everything also ends what may be cached of trees that have left the TTBRs.
        if (tlbi.IsByAddress && covered == 0)
        {
            Report(
                RuleId.TlbiRedundant, tlbi, site, operation,
                $"{tlbi.Operation.Mnemonic} for VA 0x{tlbi.Operand.Start:x}..0x{tlbi.Operand.Last:x}: nothing was stale there");
        }
        else if (!tlbi.IsByAddress && covered == 1 && CoveredBy(tlbi) is { IsTable: false } record)
        {
            Report(
                RuleId.OverInvalidation, tlbi, site, operation,
                $"{tlbi.Operation.Mnemonic}: one entry was stale, that of {record.Break.Header.PlaceText}; an operation by address would have kept the others");
        }
    }

    /// <summary>A value was made.</summary>
    public void Made(TableUse use, int index, ulong previous, ulong newValue, in StoreContext store)
    {
        if ((previous & DescriptorBits.Valid) == 0 || !use.Space.Comparer.AreEquivalent(previous, newValue, use.Level))
        {
            return;
        }

        findings.Report(
            Verdict.At(RuleId.RedundantBreak, use, index, store, "made again as it was before it was broken: the break and its invalidation changed nothing") with
            {
                Confidence = StaleRecords.ConfidenceOf(use.Space),
                Old = previous,
                New = newValue,
            },
            FoldKind.Place, store.Pc is { } pc ? (long)pc : store.How, null);
    }

    private StaleRecord? CoveredBy(in TlbiEvent tlbi)
    {
        _open.Clear();
        foreach (var space in machine.Spaces)
        {
            space.Pending.CollectAll(_open);
        }

        var seq = tlbi.Header.Seq;
        return _open.Find(record => record.TlbiSeq == seq);
    }

    private void Report(string rule, in TlbiEvent tlbi, in StoreContext site, int operation, string summary) => findings.Report(
        new Verdict
        {
            RuleId = rule,
            Where = site,
            Space = null,
            Pa = 0,
            New = tlbi.RawOperand,
            Va = tlbi.IsByAddress ? tlbi.Operand.Start : null,
            Summary = summary,
        },
        FoldKind.Place, site.Pc is { } pc ? (long)pc : operation, null);
}
