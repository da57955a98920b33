using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Follows the translation registers of each CPU: which trees it walks, under which ASID, and what it may still hold of others.</summary>
internal sealed class RootTracker(
    MachineState machine, IReplaySink sink, FindingCollector findings, CopyJudge copies, BreakExplainer breaks, FlushExplainer flushes)
{
    private readonly AddressSpace?[] _lastKernelRoot = new AddressSpace?[1024];
    private readonly List<PendingLoad> _pendingLoads = [];
    private readonly List<StaleRecord> _records = [];
    private bool _sawAsidInTtbr1;

    private readonly record struct PendingLoad(
        AddressSpace Space, ushort Asid, ProcessingElement Cpu, StoreContext Writer, bool IsFirst, bool IsOtherRoot, bool IsOtherTag, ulong? Register);

    /// <summary>Called when a CPU loads a tree for the first time, once its content is told.</summary>
    public Action<AddressSpace, StoreContext>? FirstLoaded { get; set; }

    /// <summary>True while loads wait to be judged.</summary>
    public bool HasPendingLoads => _pendingLoads.Count > 0;

    /// <summary>Spaces that some CPU may hold entries of.</summary>
    public TaintedSpaces Tainted { get; } = new();

    /// <summary>A translation register of the host's stage 1 was written.</summary>
    public void Write(string register, ulong value, in StoreContext writer)
    {
        var cpu = machine.Cpu(writer.Header.Cpu);
        if (register == "hcr_el2")
        {
            cpu.HypervisorConfiguration = value;
            return;
        }

        if (cpu.RunsGuest)
        {
            return;
        }

        switch (register)
        {
            case "ttbr0_el1":
                cpu.Ttbr0 = value;
                break;
            case "ttbr1_el1":
                cpu.Ttbr1 = value;
                _sawAsidInTtbr1 |= value >> 48 != 0;
                break;
            case "tcr_el1":
                cpu.Control = new TranslationControl(value);
                machine.Configuration.SetControl(cpu.Control.Value);
                break;
            case "mair_el1":
                machine.Configuration.MemoryAttributes = value;
                machine.RefreshComparers();
                return;
            case "sctlr_el1":
                cpu.MmuIsOn = (value & 1) != 0;
                break;
            default:
                return;
        }

        if (register is "ttbr1_el1" or "tcr_el1" && !cpu.IsKernelRootTold)
        {
            cpu.IsKernelRootTold = true;
            machine.NoteKernelRootKnown(cpu.Cpu, isComingUp: register == "tcr_el1");
        }

        if (register == (HoldsAsidInTtbr1(cpu) ? "ttbr1_el1" : "ttbr0_el1"))
        {
            cpu.AsidIsDoubtful = false;
        }

        Refresh(cpu, register, writer);
    }

    /// <summary>A root was told by <c>pgtable_table</c> in a trace that has no TTBR writes: every CPU is taken to have it loaded.</summary>
    public void AssumeLoaded(in TableKnown table)
    {
        if (machine.Facts.HasRoots || table.Root is not (0 or 1))
        {
            return;
        }

        var half = table.Root.Value;
        var format = machine.Configuration.DefaultFormat;
        var entries = table.Entries ?? format.Granule.EntriesPerTable;
        var bits = format.Granule.Shift(table.Level) + System.Numerics.BitOperations.Log2((uint)entries);
        var shape = new RootShape(format, table.Level, entries, half == 0 ? 0 : ulong.MaxValue << Math.Min(bits, 63));
        var space = machine.RootedSpace(table.Base, half, shape, table.Header.Seq);
        for (var cpu = 0; cpu < Math.Max(1, machine.Facts.CpuCount); cpu++)
        {
            Tainted.Load(space, 0, cpu);
            machine.Cpu(cpu).Current[half] = space;
            sink.RootLoad(table.Header.Seq, cpu, half, space, null);
        }
    }

    private void Refresh(ProcessingElement cpu, string register, in StoreContext writer)
    {
        var asid = AsidInForce(cpu, out var isAsidKnown);
        for (var half = 0; half <= 1; half++)
        {
            var next = cpu.MmuIsOn ? SpaceOf(cpu, half, writer.Header.Seq) : null;
            var current = cpu.Current[half];
            if (ReferenceEquals(next, current) && asid == cpu.Asid)
            {
                // Written again as it was: lost events have not changed it.
                cpu.RootIsDoubtful[half] &= register != (half == 0 ? "ttbr0_el1" : "ttbr1_el1");
                continue;
            }

            if (half == 1 && current is not null && !ReferenceEquals(next, current) && HasContent(current))
            {
                _lastKernelRoot[cpu.Cpu] = current;
            }

            current?.Unload(cpu.Asid, cpu.Cpu, writer.Header.Seq);
            if (cpu.RootIsDoubtful[half])
            {
                // It may have been switched away from and flushed in the gap.
                cpu.RootIsDoubtful[half] = false;
                Tainted.Forget(cpu.Cpu, half);
            }

            cpu.Current[half] = next;
            if (next is null)
            {
                continue;
            }

            if (half == 0 && !isAsidKnown)
            {
                next.AsidUnknown = true;
            }

            var isOtherRoot = !ReferenceEquals(next, current);
            var loaded = half == 0 ? cpu.Ttbr0 : cpu.Ttbr1;
            _pendingLoads.Add(new PendingLoad(
                next, asid, cpu, writer, next.LastLoad is null, isOtherRoot, isOtherRoot || !next.IsTainted(asid, cpu.Cpu), loaded));
            next.LastLoad = writer.Header;
            Tainted.Load(next, asid, cpu.Cpu);
            if (isOtherRoot)
            {
                sink.RootLoad(writer.Header.Seq, cpu.Cpu, half, next, asid);
            }
        }

        cpu.Asid = asid;
    }

    /// <summary>Events of a CPU were lost: what it may have flushed, or loaded, in the gap is not known.</summary>
    public void Lost(int cpu)
    {
        for (var half = 0; half <= 1; half++)
        {
            Tainted.Forget(cpu, half);
            machine.Cpu(cpu).RootIsDoubtful[half] = true;
        }

        machine.Cpu(cpu).AsidIsDoubtful = true;
    }

    /// <summary>Judges the loads since the last call. The content of a tree may be told right after the load of its root.</summary>
    public void JudgeLoads()
    {
        foreach (var load in _pendingLoads)
        {
            if (load.IsFirst)
            {
                FirstLoaded?.Invoke(load.Space, load.Writer);
            }

            if (load.IsOtherTag)
            {
                CheckLoad(load);
            }

            if (load.IsOtherRoot)
            {
                FollowSwap(load);
            }
        }

        _pendingLoads.Clear();
    }

    private AddressSpace? SpaceOf(ProcessingElement cpu, int half, long seq)
    {
        if ((half == 0 ? cpu.Ttbr0 : cpu.Ttbr1) is not { } ttbr || machine.Configuration.ShapeOf(half, cpu.Control) is not { } shape)
        {
            return null;
        }

        var tableBytes = (ulong)shape.Entries << 3;
        var is52Bit = shape.Format.Ds || shape.Format.Lpa;
        var address = ttbr & 0x0000_ffff_ffff_fffe;
        if (is52Bit)
        {
            address = (ttbr & 0x0000_ffff_ffff_ffc0) | ((ttbr & 0x3c) << 46);
        }

        return machine.RootedSpace(address & ~(Math.Max(tableBytes, 64) - 1), half, shape, seq);
    }

    // A1 tells which TTBR holds the ASID. Where TCR is not in the trace, an ASID seen in one of them tells it. The ASID is not known
    // before that TTBR is written, nor behind lost events that may have written it.
    private ushort AsidInForce(ProcessingElement cpu, out bool isKnown)
    {
        var control = cpu.Control ?? machine.Configuration.Control;
        var inTtbr1 = HoldsAsidInTtbr1(cpu);
        var register = inTtbr1 ? cpu.Ttbr1 : cpu.Ttbr0;
        var ttbr = register ?? 0;
        var asid = (ushort)(ttbr >> 48);
        isKnown = register is not null && !cpu.AsidIsDoubtful && (control is not null || inTtbr1 || asid != 0);
        return control is { Asid16: false } ? (ushort)(asid & 0xff) : asid;
    }

    private bool HoldsAsidInTtbr1(ProcessingElement cpu) =>
        (cpu.Control ?? machine.Configuration.Control)?.AsidInTtbr1 ?? _sawAsidInTtbr1;

    private void CheckLoad(in PendingLoad load)
    {
        if (load.Space.Half != 0 || !CheckGlobalOverlap(load))
        {
            CheckAsidReuse(load);
        }

        CheckChangedWhileUnloaded(load);
    }

    private bool CheckGlobalOverlap(in PendingLoad load)
    {
        var (space, cpu) = (load.Space, load.Cpu);
        if (space.MayHaveGlobal)
        {
            foreach (var other in Tainted.Of(space.Half))
            {
                if (!ReferenceEquals(other, space) && other.HoldsTaintOf(cpu.Cpu)
                    && LeafOverlap.Find(machine, globalSpace: space, other) is { } va)
                {
                    ReportOverlap(load, other, va, "global leaves over non-global ones", flushes.Explain(other, AsidOf(other), cpu.Cpu));
                    return true;
                }
            }
        }

        foreach (var other in Tainted.WithGlobal(space.Half))
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

    private void ReportOverlap(in PendingLoad load, AddressSpace other, ulong va, string what, in Evidence evidence) =>
        Report(
            load, RuleId.GlobalOverlap, Confidence.Certain, va, other.Root.Base, other.LastLoad, evidence,
            $"root 0x{load.Space.Root.Base:x} loaded with {what}: CPU {load.Cpu.Cpu} has not invalidated root 0x{other.Root.Base:x}, "
            + $"last loaded at line {other.LastLine}; both translate VA 0x{va:x}");

    private void Report(
        in PendingLoad load, string rule, Confidence confidence, ulong? va, ulong? oldRoot, EventHeader? stale, in Evidence evidence,
        string summary) =>
        findings.Report(
            new Verdict
            {
                RuleId = rule,
                Confidence = confidence,
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
            FoldKind.Event, (load.Writer.Header.Seq << 1) | (uint)load.Space.Half, null);

    private void CheckAsidReuse(in PendingLoad load)
    {
        var (space, asid, cpu) = (load.Space, load.Asid, load.Cpu);
        if (space.AsidUnknown)
        {
            return;
        }

        foreach (var other in Tainted.WithAsid(space.Half, asid))
        {
            if (ReferenceEquals(other, space) || !other.IsTainted(asid, cpu.Cpu) || !HasContent(space) || !MayBeCached(other, asid, cpu.Cpu))
            {
                continue;
            }

            var overlap = SizeOverlap.Find(other, space);
            var sizes = overlap is { } va ? $"; one has a block at VA 0x{va:x} and the other smaller entries" : "";

            // Kernel trees that follow one another are copies: what is missing is the flush of the swap, whatever the sizes.
            Report(
                load, overlap is null || space.Half == 1 ? RuleId.AsidReuse : RuleId.OverlapBlockTable,
                machine.Facts.HasTables ? Confidence.Certain : Confidence.Likely, overlap, other.Root.Base,
                other.LastLoad, flushes.Explain(other, asid, cpu.Cpu),
                $"TTBR{space.Half} loaded with root 0x{space.Root.Base:x} under ASID {asid}: CPU {cpu.Cpu} has not invalidated "
                + $"root 0x{other.Root.Base:x} under that ASID, last loaded at line {other.LastLine}{sizes}");
            return;
        }
    }

    private void CheckChangedWhileUnloaded(in PendingLoad load)
    {
        var space = load.Space;
        if (space.ChangedWhileUnloaded.Count == 0)
        {
            return;
        }

        StaleRecord? first = null;
        var open = 0;
        foreach (var (record, generation) in space.ChangedWhileUnloaded)
        {
            if (record.IsOpen && record.Generation == generation && MayHold(record, load.Asid, load.Cpu.Cpu))
            {
                first ??= record;
                open++;
            }
        }

        space.ChangedWhileUnloaded.Clear();
        if (first is not null)
        {
            Report(
                load, RuleId.AsidReuse, Confidence.Certain, null, null, first.Break.Header,
                breaks.Explain(first, load.Cpu.Cpu, load.Writer.Header.Task).Evidence,
                $"root 0x{space.Root.Base:x} loaded again under ASID {load.Asid}: {open} entries changed while it was unloaded, the first at line "
                + $"{first.Break.Header.Line}, and were not invalidated on CPU {load.Cpu.Cpu}");
        }
    }

    // Something stands in its tables, or stood there and was not invalidated. The memory of a root that has another life tells nothing.
    private bool MayBeCached(AddressSpace space, ushort asid, int cpu)
    {
        if (space.Root.IsAttached && HasContent(space))
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

    // The reserved root is empty: what was walked before it is what the next tree replaces.
    private void FollowSwap(in PendingLoad load)
    {
        var space = load.Space;
        if (space.Half != 1 || !HasContent(space))
        {
            return;
        }

        var previous = _lastKernelRoot[load.Cpu.Cpu];
        if (previous is not null && !ReferenceEquals(previous, space))
        {
            copies.Swapped(previous, space, load.Cpu.Cpu, load.Writer);
        }
    }

    /// <summary>True when the tree holds something a CPU may cache.</summary>
    public static bool HasContent(AddressSpace space)
    {
        if (space.RanWhileStoring)
        {
            return true;
        }

        var root = space.Root;
        if (IsValid(root, space.ContentHint))
        {
            return true;
        }

        for (var index = 0; index < root.Entries; index++)
        {
            if (IsValid(root, index))
            {
                space.ContentHint = index;
                return true;
            }
        }

        return false;
    }

    private static bool IsValid(TableUse root, int index) =>
        root.ValueAt(index) is { } value && (value & DescriptorBits.Valid) != 0;
}
