using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Watches a kernel tree being replaced by a copy of itself: whatever was stored to the original after it was copied is lost on the CPUs
/// that run on the copy.
/// </summary>
internal sealed class CopyJudge(MachineState machine, IReplaySink sink, FindingCollector findings, LineIndex lines, Policy policy)
{
    // A table with fewer equal leaves than this is not taken for a copy of another.
    private const int MinEqualLeaves = 4;

    private static readonly Evidence BothInUse = new(null, "none can count: both trees are in use", null, null, "");

    private static readonly Evidence NoTlbiHelps = new(null, "none can count: it is memory that lacks the value", null, null, "");

    private readonly Dictionary<(int Old, int New), RootSwap> _swaps = [];
    private readonly Dictionary<ulong, (RootSwap Swap, ulong Copy)> _originals = [];
    private readonly List<LateWrite> _lateWrites = [];
    private readonly List<RootSwap> _open = [];

    private readonly record struct LateWrite(RootSwap Swap, StoreContext Store, ulong Pa, ulong CopyPa, ulong Value, int Level, ulong? Va);

    /// <summary>A CPU that ran on one kernel tree now runs on another.</summary>
    public void Swapped(AddressSpace original, AddressSpace copy, int cpu, in StoreContext writer)
    {
        JudgeLateWrites();
        if (_swaps.TryGetValue((original.Id, copy.Id), out var known))
        {
            CloseWhenDone(known, writer.Header.Seq);
            return;
        }

        var swap = new RootSwap { Seq = writer.Header.Seq, Half = copy.Half, Old = original, New = copy };
        _swaps.Add((original.Id, copy.Id), swap);
        var pairs = new List<(TableUse Original, TableUse Copy)>();
        PairTables(swap, copy.Root, original, pairs);
        LostUpdate? first = null;
        foreach (var (before, after) in pairs)
        {
            if (ComparePair(swap, before, after) is { } lost)
            {
                first ??= lost;
            }

            _originals[before.Base] = (swap, after.Base);
        }

        if (pairs.Count > 0)
        {
            _open.Add(swap);
        }

        if (first is { } update)
        {
            Report(swap, update, cpu, writer);
        }

        if (policy.SwapStrict && original.IsLoaded && SizeOverlap.Find(original, copy) is { } va)
        {
            ReportSizes(swap, va, cpu, writer);
        }

        CloseWhenDone(swap, writer.Header.Seq);
    }

    /// <summary>A store to a table: is it the original of a copy that some CPU already runs on, while others still use the original?</summary>
    public void Stored(ulong pa, ulong value, int level, ulong? va, in StoreContext store)
    {
        if (_originals.Count == 0)
        {
            return;
        }

        var tableBase = machine.Configuration.Granule.PageOf(pa);
        if (!_originals.TryGetValue(tableBase, out var pair) || pair.Swap.DoneSeq is not null || !pair.Swap.Old.IsLoaded)
        {
            return;
        }

        _lateWrites.Add(new LateWrite(pair.Swap, store, pa, pair.Copy + (pa - tableBase), value, level, va));
    }

    /// <summary>Judges what is left and hands the swaps to the sink.</summary>
    public void Finish()
    {
        JudgeLateWrites();
        foreach (var swap in _swaps.Values)
        {
            if (swap.TablesCopied > 0 || swap.TablesShared > 0)
            {
                sink.RootSwap(swap);
            }
        }
    }

    private readonly record struct LostUpdate(TableUse Original, int Index, ulong Value, ulong CopyValue, long StoreSeq);

    // A store that was repeated in the copy is no loss; the writer has until the next swap to do so.
    private void JudgeLateWrites()
    {
        foreach (var write in _lateWrites)
        {
            var copy = machine.Memory.ValueAt(write.CopyPa);
            if (copy is { } value && Same(write.Value, value))
            {
                continue;
            }

            write.Swap.LateWrites++;
            findings.Report(
                new Verdict
                {
                    RuleId = RuleId.TableCopyStale,
                    Confidence = Confidence.Likely,
                    Where = write.Store,
                    Space = write.Swap.Old,
                    Pa = write.Pa,
                    Level = write.Level,
                    Va = write.Va,
                    Old = copy,
                    New = write.Value,
                    StaleStore = lines.EventAt(write.Swap.Seq),
                    Evidence = NoTlbiHelps,
                    Summary = $"the original of a copied tree was written after a CPU had swapped to the copy (root 0x{write.Swap.New.Root.Base:x}) and before all had; "
                        + $"the copy at 0x{write.CopyPa:x} does not have the value",
                },
                FoldKind.Place, write.Swap.Seq, null);
        }

        _lateWrites.Clear();
    }

    private void CloseWhenDone(RootSwap swap, long seq)
    {
        if (swap.DoneSeq is null && !swap.Old.IsLoaded)
        {
            swap.DoneSeq = seq;
        }

        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var open = _open[i];
            if (open.DoneSeq is null && !open.Old.IsLoaded)
            {
                open.DoneSeq = seq;
            }

            if (open.DoneSeq is not null)
            {
                foreach (var key in _originals.Where(pair => ReferenceEquals(pair.Value.Swap, open)).Select(pair => pair.Key).ToList())
                {
                    _originals.Remove(key);
                }

                _open.RemoveAt(i);
            }
        }
    }

    private void PairTables(RootSwap swap, TableUse copy, AddressSpace original, List<(TableUse Original, TableUse Copy)> pairs)
    {
        if (FindMirror(copy, original) is { } mirror)
        {
            if (mirror.Base == copy.Base)
            {
                swap.TablesShared++;
                return;
            }

            if (LooksCopied(mirror, copy))
            {
                swap.TablesCopied++;
                pairs.Add((mirror, copy));
            }
        }

        for (var child = copy.FirstChild; child is not null; child = child.NextSibling)
        {
            PairTables(swap, child, original, pairs);
        }
    }

    // The table of the original tree at the same level and input address. Where that tree is older than the trace, a table whose place
    // was learnt from TLBIs, or one that holds the same leaves at the same indexes.
    private TableUse? FindMirror(TableUse copy, AddressSpace original)
    {
        var table = original.Root;
        while (table.Level < copy.Level)
        {
            var shift = original.Format.Granule.Shift(table.Level);
            var index = (int)((copy.IaBase - table.IaBase) >> shift);
            if (index >= table.Entries || MachineState.ChildOf(table, index) is not { } child)
            {
                return FindLearnt(copy);
            }

            table = child;
        }

        return table.Level == copy.Level && table.IaBase == copy.IaBase ? table : null;
    }

    private TableUse? FindLearnt(TableUse copy)
    {
        TableUse? alike = null;
        foreach (var space in machine.Spaces)
        {
            if (space.IsRooted || !space.Root.IsAttached || !space.IsLive || space.Root.Level != copy.Level || space.Root.Base == copy.Base)
            {
                continue;
            }

            if (space.VaBase == copy.IaBase)
            {
                return space.Root;
            }

            if (space.VaBase is null && LooksCopied(space.Root, copy))
            {
                alike = space.Root;
            }
        }

        return alike;
    }

    // What is valid in the copy is what the original holds, or held until a store that came after the copy.
    private static bool LooksCopied(TableUse original, TableUse copy)
    {
        var equal = 0;
        var different = 0;
        for (var index = 0; index < copy.Entries && index < original.Entries; index++)
        {
            if (copy.ValueAt(index) is not { } value || (value & DescriptorBits.Valid) == 0 || original.ValueAt(index) is not { } mirrored)
            {
                continue;
            }

            if (Same(value, mirrored))
            {
                equal++;
            }
            else if (IsOldValue(original, copy, index, value))
            {
                equal++;
            }
            else
            {
                different++;
            }
        }

        return equal >= MinEqualLeaves && equal >= different * 9;
    }

    private static LostUpdate? ComparePair(RootSwap swap, TableUse original, TableUse copy)
    {
        LostUpdate? first = null;
        for (var index = 0; index < copy.Entries && index < original.Entries; index++)
        {
            if (original.ValueAt(index) is not { } value)
            {
                continue;
            }

            swap.EntriesCompared++;
            var format = original.Space.Format;
            var copied = copy.ValueAt(index) ?? 0;
            var isTable = format.Kind(value, original.Level) == DescriptorKind.Table || format.Kind(copied, copy.Level) == DescriptorKind.Table;
            var isLost = isTable ? IsOldLink(original, copy, index, value, copied) : !Same(value, copied) && IsOldValue(original, copy, index, copied);
            if (!isLost)
            {
                continue;
            }

            swap.LostUpdates++;
            first ??= new LostUpdate(original, index, value, copied, original.Locate(index).Frame.StoreSeqOf(original.Locate(index).Index));
        }

        return first;
    }

    // The copy of a table stands elsewhere than the original, so links are not compared by address: a table was linked, or unlinked, in the
    // original after the copy was made, and not in the copy.
    private static bool IsOldLink(TableUse original, TableUse copy, int index, ulong value, ulong copied)
    {
        var format = original.Space.Format;
        var isLinked = format.Kind(value, original.Level) == DescriptorKind.Table;
        var isCopied = format.Kind(copied, copy.Level) == DescriptorKind.Table;
        var (frame, at) = original.Locate(index);
        var overwritten = frame.OverwrittenOf(at);
        var held = isCopied ? format.Kind(overwritten, original.Level) == DescriptorKind.Table : Same(copied, overwritten);
        return isLinked != isCopied && held && IsLaterThanCopy(original, copy, index);
    }

    // The copy has what the original held before its last store, and that store came after the copy was made.
    private static bool IsOldValue(TableUse original, TableUse copy, int index, ulong copied)
    {
        var (frame, at) = original.Locate(index);
        return IsLaterThanCopy(original, copy, index) && Same(copied, frame.OverwrittenOf(at));
    }

    private static bool IsLaterThanCopy(TableUse original, TableUse copy, int index)
    {
        var (frame, at) = original.Locate(index);
        var storeSeq = frame.StoreSeqOf(at);
        if (storeSeq == 0)
        {
            return false;
        }

        var (copyFrame, copyAt) = copy.Locate(index);
        var copiedSeq = copyFrame.StoreSeqOf(copyAt);
        if (copiedSeq == 0)
        {
            // The copy's own stores were not traced entry by entry: it was made before its last store, or at a time that is not told.
            copiedSeq = copyFrame.LastStoreSeq;
        }

        return storeSeq > copiedSeq;
    }

    // Hardware may have set AF or the dirty state in either, and a copy may be made of other sizes: the Contiguous bit is no difference.
    private static bool Same(ulong left, ulong right) =>
        ((left ^ right) & ~(DescriptorBits.HardwareManaged(left) | DescriptorBits.HardwareManaged(right) | DescriptorBits.Contiguous)) == 0
        || ((left | right) & DescriptorBits.Valid) == 0;

    private void Report(RootSwap swap, in LostUpdate update, int cpu, in StoreContext writer)
    {
        var va = StoreJudge.VaOf(update.Original, update.Index);
        var store = lines.EventAt(update.StoreSeq);
        findings.Report(
            new Verdict
            {
                RuleId = RuleId.TableCopyStale,
                Confidence = Confidence.Likely,
                Where = writer,
                Space = swap.New,
                Pa = swap.New.Root.Base,
                Level = update.Original.Level,
                Va = va,
                Old = update.CopyValue,
                New = update.Value,
                StaleStore = store,
                Evidence = NoTlbiHelps,
                Summary = $"CPU {cpu} swapped TTBR{swap.Half} from root 0x{swap.Old.Root.Base:x} to a copy that misses {swap.LostUpdates} later "
                    + $"{(swap.LostUpdates == 1 ? "store" : "stores")} to the original, the first to 0x{update.Original.PaOf(update.Index):x} at {lines.PlaceOf(update.StoreSeq)}",
            },
            FoldKind.Place, swap.Seq, null);
    }

    private void ReportSizes(RootSwap swap, ulong va, int cpu, in StoreContext writer) => findings.Report(
        new Verdict
        {
            RuleId = RuleId.OverlapBlockTable,
            Confidence = machine.Facts.HasTables ? Confidence.Certain : Confidence.Likely,
            Where = writer,
            Space = swap.New,
            Pa = swap.New.Root.Base,
            Va = va,
            Old = swap.Old.Root.Base,
            StaleStore = swap.Old.LastLoad,
            Evidence = BothInUse,
            Summary = $"CPU {cpu} swapped TTBR{swap.Half} to root 0x{swap.New.Root.Base:x} while another CPU runs on root 0x{swap.Old.Root.Base:x}; "
                + $"one has a block at VA 0x{va:x} and the other smaller entries",
        },
        FoldKind.Place, swap.Seq, null);
}
