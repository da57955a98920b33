using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>A tree loaded into a register that holds roots.</summary>
/// <param name="Space">The tree.</param>
/// <param name="Asid">ASID, or VMID, it was loaded under.</param>
/// <param name="Cpu">The CPU.</param>
/// <param name="Writer">The write.</param>
/// <param name="IsFirst">No CPU had loaded it before.</param>
/// <param name="IsOtherRoot">The register held another tree.</param>
/// <param name="IsOtherTag">The CPU had not run with the tree under that tag since it last dropped its entries.</param>
/// <param name="Register">Value written.</param>
internal readonly record struct RootLoad(
    AddressSpace Space, ushort Asid, ProcessingElement Cpu, StoreContext Writer, bool IsFirst, bool IsOtherRoot, bool IsOtherTag,
    ulong? Register);

/// <summary>Judges the load of a tree against what the CPU may still hold of others.</summary>
internal sealed class RootLoadJudge(
    MachineState machine, FindingCollector findings, TaintedSpaces tainted, BreakExplainer breaks, FlushExplainer flushes)
{
    private readonly List<StaleRecord> _records = [];
    private readonly List<Reuse> _reuses = [];
    private readonly List<(RootLoad Load, AddressSpace Other)> _unfilled = [];

    // A tree loaded under the tag of another one.
    private readonly record struct Reuse(
        RootLoad Load, AddressSpace Other, ulong? Overlap, Severity? Severity, Confidence Confidence, EventHeader? OtherLoad, Evidence Evidence);

    private readonly List<(RootLoad Load, List<(StaleRecord Record, int Generation)> Changed)> _changes = [];

    /// <summary>Judges a load, once the content of the tree is told.</summary>
    public void Check(in RootLoad load)
    {
        if (load.Space.Half != 0 || RootSlot.Halves(load.Space.Regime) != 2 || !CheckGlobalOverlap(load))
        {
            CheckAsidReuse(load);
        }

        if (load.Space.ChangedWhileUnloaded.Count > 0)
        {
            _changes.Add((load, [.. load.Space.ChangedWhileUnloaded]));
            load.Space.ChangedWhileUnloaded.Clear();
        }
    }

    private bool CheckGlobalOverlap(in RootLoad load)
    {
        var (space, cpu) = (load.Space, load.Cpu);
        if (space.MayHaveGlobal)
        {
            foreach (var other in tainted.Of(space.Slot))
            {
                if (!ReferenceEquals(other, space) && other.HoldsTaintOf(cpu.Cpu)
                    && LeafOverlap.Find(machine, globalSpace: space, other) is { } va)
                {
                    ReportOverlap(load, other, va, "global leaves over non-global ones", flushes.Explain(other, AsidOf(other), cpu.Cpu));
                    return true;
                }
            }
        }

        foreach (var other in tainted.WithGlobal(space.Slot))
        {
            if (!ReferenceEquals(other, space) && other.GlobalHolders.Contains(cpu.Cpu)
                && LeafOverlap.Find(machine, globalSpace: other, space) is { } va)
            {
                ReportOverlap(load, other, va, "non-global leaves over global ones", flushes.Explain(other, asid: null, cpu.Cpu));
                return true;
            }
        }

        return false;
    }

    private static ushort? AsidOf(AddressSpace space) => space.Asids.Count == 1 ? space.Asids.First() : null;

    private void ReportOverlap(in RootLoad load, AddressSpace other, ulong va, string what, in Evidence evidence) =>
        Report(
            load, RuleId.GlobalOverlap, Confidence.Certain, va, other.Root.Base, other.LastLoad, evidence,
            $"root 0x{load.Space.Root.Base:x} loaded with {what}: CPU {load.Cpu.Cpu} has not invalidated root 0x{other.Root.Base:x}, "
            + $"last loaded at {other.LastPlace}; both translate VA 0x{va:x}");

    private void Report(
        in RootLoad load, string rule, Confidence confidence, ulong? va, ulong? oldRoot, EventHeader? stale, in Evidence evidence,
        string summary, Severity? severity = null) =>
        findings.Report(
            new Verdict
            {
                RuleId = rule,
                Severity = severity,
                Confidence = (Confidence)Math.Min((int)confidence, (int)StaleRecords.ConfidenceOf(load.Space)),
                Where = load.Writer,
                Space = load.Space,
                Pa = load.Space.Root.Base,
                Va = va,
                Asid = load.Asid,
                Old = oldRoot,
                New = load.Register,
                StaleStore = stale,
                Evidence = evidence,
                Summary = summary,
            },
            FoldKind.Event, (load.Writer.Header.Seq << 3) | (uint)load.Space.Slot, null);

    private void CheckAsidReuse(in RootLoad load)
    {
        var (space, asid, cpu) = (load.Space, load.Asid, load.Cpu);
        if (space.AsidUnknown)
        {
            return;
        }

        foreach (var other in tainted.WithAsid(space.Slot, asid))
        {
            if (ReferenceEquals(other, space) || !other.IsTainted(asid, cpu.Cpu)
                || (space.Vmid is not null && other.Vmid is not null && space.Vmid != other.Vmid))
            {
                continue;
            }

            // The kernel parks a CPU on an empty root under any ASID. A hypervisor has no such root: its tag names one tree until a flush.
            var isCached = MayBeCached(other, asid, cpu.Cpu);
            var isCertain = isCached && space.HasContent();
            if (isCached && !isCertain && space.Half == 0)
            {
                _unfilled.Add((load, other));
            }

            if (isCertain || RootSlot.Halves(space.Regime) == 1)
            {
                var confidence = !isCertain ? Confidence.Possible : machine.Facts.HasTables ? Confidence.Certain : Confidence.Likely;
                _reuses.Add(new Reuse(
                    load, other, SizeOverlap.Find(other, space), isCertain ? null : Severity.Warning, confidence, other.LastLoad,
                    flushes.Explain(other, asid, cpu.Cpu)));
                return;
            }
        }
    }

    /// <summary>
    /// A CPU does something else than to invalidate, or the trace ends: loads that need an invalidation are judged. A system without
    /// ASIDs switches and then invalidates, since the other way round the old tree may be walked again in between; and a hypervisor loads
    /// the stage 2 of a guest that it stopped in order to invalidate it.
    /// </summary>
    /// <param name="cpu">The CPU; null for all.</param>
    public void Settle(int? cpu)
    {
        ReviewUnfilled(cpu);
        for (var i = 0; i < _reuses.Count; i++)
        {
            if (cpu is null || _reuses[i].Load.Cpu.Cpu == cpu)
            {
                var reuse = _reuses[i];
                _reuses.RemoveAt(i--);
                if (reuse.Other.IsTainted(reuse.Load.Asid, reuse.Load.Cpu.Cpu))
                {
                    ReportReuse(reuse);
                }
            }
        }

        for (var i = 0; i < _changes.Count; i++)
        {
            if (cpu is null || _changes[i].Load.Cpu.Cpu == cpu)
            {
                var (load, changed) = _changes[i];
                _changes.RemoveAt(i--);
                CheckChangedWhileUnloaded(load, changed);
            }
        }
    }

    // An empty tree under the tag of another one does no harm before it is filled, or its content told.
    private void ReviewUnfilled(int? cpu)
    {
        for (var i = 0; i < _unfilled.Count; i++)
        {
            var (load, other) = _unfilled[i];
            if (cpu is not null && load.Cpu.Cpu != cpu)
            {
                continue;
            }

            var isLoaded = ReferenceEquals(load.Cpu.Current[load.Space.Slot], load.Space);
            if (isLoaded && !load.Space.HasContent() && other.IsTainted(load.Asid, load.Cpu.Cpu))
            {
                continue;
            }

            _unfilled.RemoveAt(i--);
            if (isLoaded && load.Space.HasContent() && MayBeCached(other, load.Asid, load.Cpu.Cpu))
            {
                _reuses.Add(new Reuse(
                    load, other, SizeOverlap.Find(other, load.Space), null, machine.Facts.HasTables ? Confidence.Certain : Confidence.Likely,
                    other.LastLoad, flushes.Explain(other, load.Asid, load.Cpu.Cpu)));
            }
        }
    }

    private void ReportReuse(in Reuse reuse)
    {
        var (load, other) = (reuse.Load, reuse.Other);
        var (space, cpu) = (load.Space, load.Cpu.Cpu);
        var place = reuse.OtherLoad?.PlaceText ?? "line 0";
        var underTag = space.Regime == TranslationRegime.El2 ? "" : $" under {TagText(space)} {load.Asid}";
        var underThat = space.Regime == TranslationRegime.El2 ? "" : $" under that {TagText(space)}";

        // Kernel trees that follow one another are copies: what is missing is the flush of the swap, whatever the sizes.
        var sizes = reuse.Overlap is { } va ? $"; one has a block at VA 0x{va:x} and the other smaller entries" : "";
        var rule = space.IsStage2 ? RuleId.VmidReuse
            : reuse.Overlap is null || space.Half == 1 ? RuleId.AsidReuse
            : RuleId.OverlapBlockTable;
        Report(
            load, rule, reuse.Confidence, reuse.Overlap, other.Root.Base, reuse.OtherLoad, reuse.Evidence,
            $"{RegisterText(space)} loaded with root 0x{space.Root.Base:x}{underTag}: CPU {cpu} has not invalidated root "
            + $"0x{other.Root.Base:x}{underThat}, last loaded at {place}{sizes}",
            reuse.Severity);
    }

    private void CheckChangedWhileUnloaded(in RootLoad load, List<(StaleRecord Record, int Generation)> changed)
    {
        var space = load.Space;
        StaleRecord? first = null;
        var open = 0;
        foreach (var (record, generation) in changed)
        {
            if (record.IsOpen && record.Generation == generation && MayHold(record, load.Asid, load.Cpu.Cpu))
            {
                first ??= record;
                open++;
            }
        }

        if (first is not null)
        {
            Report(
                load, space.IsStage2 ? RuleId.VmidReuse : RuleId.AsidReuse, Confidence.Certain, null, null, first.Break.Header,
                breaks.Explain(first, load.Cpu.Cpu, load.Writer.Header.Task).Evidence,
                $"root 0x{space.Root.Base:x} loaded again under {TagText(space)} {load.Asid}: {open} entries changed while it was unloaded, the first at "
                + $"{first.Break.Header.PlaceText}, and were not invalidated on CPU {load.Cpu.Cpu}");
        }
    }

    private static string TagText(AddressSpace space) => space.IsStage2 ? "VMID" : "ASID";

    // TTBR0 and TTBR1 of the kernel need no level to tell them apart.
    private static string RegisterText(AddressSpace space) =>
        RootSlot.Halves(space.Regime) == 2 ? $"TTBR{space.Half}" : RootSlot.Name(space.Slot);

    // Something stands in its tables, or stood there and was not invalidated. The memory of a root that has another life tells nothing.
    private bool MayBeCached(AddressSpace space, ushort asid, int cpu)
    {
        if (space.Root.IsAttached && space.HasContent())
        {
            return true;
        }

        _records.Clear();
        space.Pending.CollectAll(_records);
        foreach (var record in _records)
        {
            if (MayHold(record, asid, cpu))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MayHold(StaleRecord record, ushort asid, int cpu)
    {
        for (var i = 0; i < record.ObligationCount; i++)
        {
            ref readonly var obligation = ref record.Obligations[i];
            var tagged = obligation.IsGlobal || obligation.AllAsids || obligation.AsidUnknown || obligation.Asid == asid;
            if (tagged && obligation.Pending.Contains(cpu))
            {
                return true;
            }
        }

        return false;
    }
}
