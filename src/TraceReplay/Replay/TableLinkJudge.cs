using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Judges a table at the moment it is linked: whether its content is visible to the walker, and whether it already serves elsewhere.</summary>
internal sealed class TableLinkJudge(MachineState machine, FindingCollector findings, NameCache names, LineIndex lines, Policy policy)
{
    private bool _tellsDmb;

    /// <summary>A barrier was executed.</summary>
    public void Ran(BarrierOperation? barrier) => _tellsDmb |= barrier is { Kind: BarrierKind.Dmb };

    /// <summary>A table is about to be linked into a table. Memory holds the new value, the new place is not made yet.</summary>
    public void Linking(TableUse parent, int index, ulong oldValue, ulong value, in StoreContext store)
    {
        if (!StoreNotes.IsSurelyWalked(parent.Space))
        {
            return;
        }

        if (parent.Space.TableAt(value) is not { } tableBase || machine.Memory.FindFrame(tableBase) is not { } frame)
        {
            return;
        }

        JudgePublished(parent, index, oldValue, value, tableBase, frame, store);
        if (parent.Space.IsRooted && frame.Uses.Length > 0)
        {
            JudgeDoubleUse(parent, index, value, tableBase, frame, store);
        }
    }

    private void JudgePublished(
        TableUse parent, int index, ulong oldValue, ulong value, ulong tableBase, TableFrame frame, in StoreContext store)
    {
        var cpu = machine.Cpu(store.Header.Cpu);
        var ordered = cpu.StoreDsbSeq[(int)Shareability.Inner];
        if (!machine.Facts.HasBarriers || frame.LastStoreSeq <= ordered || frame.LastStoreCpu != store.Header.Cpu
            || (!policy.PublishDsbOnly && names.IsRelease(store.How)))
        {
            return;
        }

        // Linux splits a huge page by filling a table and linking it in place of the block, behind a DMB ISHST, which most tracers of page
        // tables do not tell.
        if (!_tellsDmb && IsInPlaceOfBlock(parent, index, oldValue))
        {
            return;
        }

        var first = FirstStoreAfter(parent.Space.Format, parent.Level + 1, tableBase, ordered);
        if (first < 0 || (!policy.PublishDsbOnly && HasStoreBarrier(cpu, frame.LastStoreSeq)))
        {
            return;
        }

        var pa = tableBase + ((ulong)first << 3);
        var childFrame = machine.Memory.Frame(pa);
        var at = TableFrame.IndexOf(pa);
        findings.Report(
            Verdict.At(RuleId.TableUninitialised, parent, index, store, $"table 0x{tableBase:x} was linked although its entry {first}, stored at {lines.PlaceOf(childFrame.StoreSeqOf(at))}, "
                    + $"may not be visible to the table walker: CPU {store.Header.Cpu} ran no barrier for stores in between") with
            {
                Confidence = StaleRecords.ConfidenceOf(parent.Space),
                New = value,
                StaleStore = lines.EventAt(childFrame.StoreSeqOf(at)),
            },
            FoldKind.Place, (long)tableBase, null);
    }

    private static bool IsInPlaceOfBlock(TableUse parent, int index, ulong oldValue)
    {
        var (frame, at) = parent.Locate(index);
        var isMarked = oldValue != 0 && (oldValue & DescriptorBits.Valid) == 0;
        return isMarked || parent.Space.Format.Kind(frame.PreviousOf(at), parent.Level) == DescriptorKind.Block;
    }

    // Only values that a walker would use: what was cleared may be clear from before.
    private int FirstStoreAfter(DescriptorFormat format, int level, ulong tableBase, long seq)
    {
        for (var i = 0; i < format.Granule.EntriesPerTable; i++)
        {
            var pa = tableBase + ((ulong)i << 3);
            if (machine.Memory.FindFrame(pa) is { } frame && frame.StoreSeqOf(TableFrame.IndexOf(pa)) > seq
                && format.IsCacheable(frame[TableFrame.IndexOf(pa)], level))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool HasStoreBarrier(ProcessingElement cpu, long seq) =>
        cpu.FirstBarrierAfter(seq, exceptIsb: true) is { Barrier: { CoversStores: true } };

    private void JudgeDoubleUse(TableUse parent, int index, ulong value, ulong tableBase, TableFrame frame, in StoreContext store)
    {
        var level = parent.Level + 1;
        var ia = parent.IaOf(index);
        foreach (var use in frame.Uses)
        {
            var isElsewhere = use.Base == tableBase && (use.Level != level || use.IaBase != ia);
            if (!isElsewhere || !use.Space.IsRooted || !use.Space.IsLive || use.IsStaleLinked || !SharesContext(use.Space, parent.Space)
                || IsFiller(use))
            {
                continue;
            }

            var where = use.Level == level ? $"VA 0x{use.IaBase:x}" : $"level {use.Level}, VA 0x{use.IaBase:x}";
            findings.Report(
                new Verdict
                {
                    RuleId = RuleId.TableDoubleUse,
                    Confidence = StaleRecords.ConfidenceOf(parent.Space),
                    Where = store,
                    Space = parent.Space,
                    Pa = parent.PaOf(index),
                    Level = parent.Level,
                    Va = ia,
                    New = value,
                    StaleStore = lines.EventAt(use.FromSeq),
                    Summary = $"table 0x{tableBase:x} was linked at level {level}, VA 0x{ia:x}, and serves at {where} since {lines.PlaceOf(use.FromSeq)}",
                },
                FoldKind.Place, (long)tableBase, null);
            return;
        }
    }

    private static bool SharesContext(AddressSpace left, AddressSpace right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }

        if (left.Slot != right.Slot)
        {
            return false;
        }

        foreach (var asid in left.Asids)
        {
            if (right.HasAsid(asid))
            {
                return true;
            }
        }

        return false;
    }

    // A table that says the same everywhere, or nothing, is there to fill holes: the early shadow of an address sanitizer, a shared
    // empty table.
    private static bool IsFiller(TableUse use)
    {
        var format = use.Space.Format;
        var common = 0UL;
        for (var i = 0; i < use.Entries; i++)
        {
            if (use.ValueAt(i) is not { } value || (value & DescriptorBits.Valid) == 0)
            {
                continue;
            }

            var target = format.Kind(value, use.Level) == DescriptorKind.Table
                ? format.NextTable(value)
                : format.OutputAddress(value, use.Level);
            if (common != 0 && common != target + 1)
            {
                return false;
            }

            common = target + 1;
        }

        // One entry alone says nothing of the kind.
        return common == 0 || ValidEntries(use) > 1;
    }

    private static int ValidEntries(TableUse use)
    {
        var count = 0;
        for (var i = 0; i < use.Entries; i++)
        {
            count += use.ValueAt(i) is { } value && (value & DescriptorBits.Valid) != 0 ? 1 : 0;
        }

        return count;
    }
}
