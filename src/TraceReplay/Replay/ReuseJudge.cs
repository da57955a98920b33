using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Judges what happens to a table page while a walk cache may still lead to it.</summary>
internal sealed class ReuseJudge(MachineState machine, FindingCollector findings, BreakExplainer breaks)
{
    private readonly Dictionary<ulong, (StaleRecord Pointer, int Generation)> _byPage = [];

    /// <summary>A table was unlinked from a live one.</summary>
    public void Unlinked(TableUse child, StaleRecord pointer)
    {
        _byPage[child.Base] = (pointer, pointer.Generation);
        for (var below = child.FirstChild; below is not null; below = below.NextSibling)
        {
            Unlinked(below, pointer);
        }
    }

    /// <summary>
    /// True when the table also serves at that level elsewhere, and did before the pointer was removed: it is shared, not reused. In the
    /// same tree it may have been moved since (mremap): both walks give what the tree means.
    /// </summary>
    public bool IsSharedSince(ulong tableBase, int level, StaleRecord pointer)
    {
        foreach (var use in machine.Memory.Frame(tableBase).Uses)
        {
            if (use.Base == tableBase && use.Level == level && !use.IsStaleLinked
                && (use.FromSeq < pointer.Break.Header.Seq || ReferenceEquals(use.Space, pointer.Space)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when a table that only a stale pointer reaches in one place is linked at that level in another of the same tree.</summary>
    /// <param name="use">The table where its pointer was removed.</param>
    /// <param name="frame">A frame of it.</param>
    public static bool IsMoved(TableUse use, TableFrame frame)
    {
        foreach (var other in frame.Uses)
        {
            if (other.Base == use.Base && other.Level == use.Level && ReferenceEquals(other.Space, use.Space) && !other.IsStaleLinked)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A store to a table that only a stale pointer reaches.</summary>
    public void Stored(TableUse use, int index, ulong oldValue, ulong newValue, in StoreContext store)
    {
        // An invalid descriptor stops the walk, and a value that stays is no news.
        if ((newValue & DescriptorBits.Valid) == 0 || use.Space.Comparer.AreEquivalent(oldValue, newValue, use.Level)
            || PointerOf(use) is not { } pointer || IsSharedSince(use.Base, use.Level, pointer))
        {
            return;
        }

        findings.Report(
            Verdict.At(RuleId.TableReuse, use, index, store,
                $"stored to a level-{use.Level} table whose pointer was removed at {pointer.Break.Header.PlaceText} and may still be in a walk cache") with
            {
                Confidence = StaleRecords.ConfidenceOf(use.Space),
                Old = pointer.Value,
                OldLevel = pointer.Level,
                New = newValue,
                Stale = pointer,
            },
            FoldKind.Place, (long)use.Base, pointer, EvidenceOf(pointer, store.Header));
    }

    /// <summary>A table is about to be linked into a table.</summary>
    public void Linking(TableUse parent, int index, ulong value, in StoreContext store)
    {
        if (_byPage.Count == 0)
        {
            return;
        }

        if (parent.Space.TableAt(value) is not { } tableBase)
        {
            return;
        }

        var level = parent.Level + 1;
        TableUse? other = null;
        foreach (var use in machine.Memory.Frame(tableBase).Uses)
        {
            if (use.Base != tableBase || PointerOf(use) is not { } pointer)
            {
                continue;
            }

            if (IsSharedSince(tableBase, level, pointer))
            {
                return;
            }

            var sameTree = use.Space.Root.Base == parent.Space.Root.Base;
            if (sameTree && use.Level == level)
            {
                if (use.IaBase != parent.IaOf(index))
                {
                    ReportLink(RuleId.TableMoved, parent, index, value, use, store, "linked at another address of the same space");
                }

                return;
            }

            other = use;
        }

        if (other is not null)
        {
            ReportLink(
                RuleId.TableReuse, parent, index, value, other, store,
                other.Level == level ? "linked into another tree" : $"linked at level {level}, it was a level-{other.Level} table");
        }
    }

    /// <summary>Page frames were given back or handed out.</summary>
    public void Allocated(in PageAllocation allocation)
    {
        // Where TLBIs are not traced, no pointer is ever seen to be invalidated.
        if (_byPage.Count == 0 || !machine.Facts.HasTlbis)
        {
            return;
        }

        var shift = machine.Configuration.Granule.PageShift;
        var start = allocation.FrameNumber << shift;
        var last = start + ((1UL << allocation.Order) << shift) - 1;
        if ((last - start) >> shift < (ulong)_byPage.Count)
        {
            for (var page = start; page <= last && page >= start; page += 1UL << shift)
            {
                ReportAllocated(allocation, page);
            }

            return;
        }

        foreach (var page in _byPage.Keys)
        {
            if (page >= start && page <= last)
            {
                ReportAllocated(allocation, page);
            }
        }
    }

    private void ReportAllocated(in PageAllocation allocation, ulong page)
    {
        if (_byPage.TryGetValue(page, out var unlinked) && unlinked.Pointer.IsOpen && unlinked.Pointer.Generation == unlinked.Generation)
        {
            var pointer = unlinked.Pointer;
            findings.Report(
                new Verdict
                {
                    RuleId = RuleId.TableReuse,

                    // What is given back is not used yet.
                    Severity = allocation.IsFree ? Severity.Warning : null,
                    Confidence = Confidence.Likely,
                    Where = new StoreContext(allocation.Header, null, 0),
                    Space = pointer.Space,
                    Pa = page,
                    Level = pointer.Level + 1,
                    Va = pointer.Space.IsRooted ? pointer.Ia : pointer.Space.VaBase is { } vaBase ? vaBase + pointer.Ia : null,
                    Old = pointer.Value,
                    OldLevel = pointer.Level,
                    Stale = pointer,
                    Summary = $"table page 0x{page:x} was {(allocation.IsFree ? "given back" : "handed out again")} while the pointer removed at {pointer.Break.Header.PlaceText} may still be in a walk cache",
                },
                FoldKind.Place, (long)page, pointer, EvidenceOf(pointer, allocation.Header));
        }
    }

    /// <summary>Drops pointers that were invalidated; called now and then.</summary>
    public void Compact()
    {
        foreach (var page in _byPage.Where(pair => !pair.Value.Pointer.IsOpen || pair.Value.Pointer.Generation != pair.Value.Generation)
            .Select(pair => pair.Key).ToList())
        {
            _byPage.Remove(page);
        }
    }

    private void ReportLink(string rule, TableUse parent, int index, ulong value, TableUse stale, in StoreContext store, string how) =>
        findings.Report(
            Verdict.At(rule, parent, index, store,
                $"table 0x{stale.Base:x}, unlinked at {PointerOf(stale)!.Break.Header.PlaceText} and not invalidated, was {how}") with
            {
                Confidence = StaleRecords.ConfidenceOf(parent.Space),
                Old = PointerOf(stale)!.Value,
                OldLevel = PointerOf(stale)!.Level,
                New = value,
                Stale = PointerOf(stale),
            },
            FoldKind.Place, (long)stale.Base, PointerOf(stale), EvidenceOf(PointerOf(stale)!, store.Header));

    private Func<Evidence> EvidenceOf(StaleRecord pointer, EventHeader user) =>
        () => breaks.Explain(pointer, user.Cpu, user.Task).Evidence;

    private static StaleRecord? PointerOf(TableUse use)
    {
        for (var table = use; table is not null; table = table.Parent)
        {
            if (table.StalePointer is { } pointer)
            {
                return pointer;
            }
        }

        return null;
    }
}
