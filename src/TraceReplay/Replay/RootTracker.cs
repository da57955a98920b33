using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Follows the translation registers of each CPU: which trees it walks, under which ASID, and what it may still hold of others.</summary>
internal sealed class RootTracker(
    MachineState machine, IReplaySink sink, RegimeSelector selector, CopyJudge copies, RootLoadJudge judge, TaintedSpaces tainted,
    GuestTrees guests)
{
    private const ulong Tcr2D128 = 1 << 5;

    private readonly Dictionary<(int Cpu, int Slot), AddressSpace> _lastKernelRoot = [];
    private readonly List<RootLoad> _pendingLoads = [];
    private readonly List<AddressSpace> _assumedStage2 = [];
    private bool _sawAsidInTtbr1;

    /// <summary>Called when a CPU loads a tree for the first time, once its content is told.</summary>
    public Action<AddressSpace, StoreContext>? FirstLoaded { get; set; }

    /// <summary>Judges the registers on their own.</summary>
    public RegisterJudge? Registers { get; set; }

    private readonly HeldWrites _held = new(selector);

    /// <summary>True once 128-bit descriptors were switched on: nothing can be judged from there.</summary>
    public bool IsUnsupported { get; private set; }

    /// <summary>True while loads wait to be judged.</summary>
    public bool HasPendingLoads => _pendingLoads.Count > 0;

    /// <summary>A translation register was written.</summary>
    public void Write(string register, ulong value, in StoreContext writer)
    {
        var cpu = machine.Cpu(writer.Header.Cpu);
        if (register == "hcr_el2")
        {
            var configuration = new HypervisorConfiguration(value);
            if (!RegimeSelector.RunsGuest(cpu, configuration))
            {
                // They were the host's, as it was.
                ReleaseHeld(cpu.Cpu);
            }

            WriteHypervisorConfiguration(cpu, configuration, writer);
            ReleaseHeld(cpu.Cpu);
        }
        else if (!_held.Take(register, value, cpu, writer))
        {
            Write(register, value, cpu, writer);
        }
    }

    /// <summary>True while writes of a CPU are held that may be its host's: before an event that they would come too late for.</summary>
    public bool HoldsWrites(int cpu) => _held.Any(cpu);

    /// <summary>The CPU did not enter a guest, or just has: the writes that were held are for what it runs.</summary>
    public void ReleaseHeld(int number)
    {
        var cpu = machine.Cpu(number);
        foreach (var held in _held.Release(cpu))
        {
            Write(held.Register, held.Value, cpu, held.Writer);
        }
    }

    private void Write(string register, ulong value, ProcessingElement cpu, in StoreContext writer)
    {
        if (register.Length < 5 || selector.RegimeOf(register, cpu) is not { } regime)
        {
            return;
        }

        var registers = cpu.Registers(regime);
        var isGuest = regime == TranslationRegime.El1Guest;
        var name = register.AsSpan(0, register.LastIndexOf('_'));
        switch (name)
        {
            case "ttbr0" or "vttbr":
                registers.Ttbr0 = value;
                break;
            case "ttbr1":
                registers.Ttbr1 = value;
                _sawAsidInTtbr1 |= value >> 48 != 0;
                break;
            case "tcr" or "vtcr":
                Registers?.Written(cpu, regime, register, registers.Control?.Value, value, writer);
                if (!isGuest && registers.Control is null && machine.Configuration.Control(regime) is null)
                {
                    ForgetAssumedShapes(regime, writer.Header.Seq);
                }

                registers.Control = new TranslationControl(value, regime.ControlLayout());
                if (!isGuest)
                {
                    // That of a guest tells nothing about another.
                    machine.Configuration.SetControl(regime, registers.Control.Value);
                }

                break;
            case "tcr2" when isGuest && (value & Tcr2D128) != 0:
                registers.HasWideDescriptors = true;
                guests.End(cpu, writer.Header.Seq);
                return;
            case "tcr2":
                if ((value & Tcr2D128) != 0 && !IsUnsupported)
                {
                    IsUnsupported = true;
                    Registers?.Unsupported(register, writer);
                }

                SetFeatures(regime, MachineConfiguration.FeaturesIn(value));
                return;
            case "mair":
                Registers?.Written(cpu, regime, register, registers.MemoryAttributes, value, writer);
                registers.MemoryAttributes = value;
                if (isGuest)
                {
                    guests.Refresh(cpu);
                    return;
                }

                machine.Configuration.SetMemoryAttributes(regime, value);
                machine.RefreshComparers();
                return;
            case "sctlr":
                Registers?.Written(cpu, regime, register, registers.SystemControl, value, writer);
                registers.SystemControl = value;
                registers.MmuIsOn = (value & 1) != 0;
                break;
            default:
                return;
        }

        if (name is "ttbr0" or "ttbr1" or "vttbr")
        {
            Registers?.RootWritten(regime, name is "ttbr1" ? 1 : 0, registers.Control, register, value, writer);
        }

        NoteKernelRoot(cpu, regime, name);
        if (name.SequenceEqual(HoldsAsidInTtbr1(cpu, regime) ? "ttbr1" : "ttbr0"))
        {
            registers.AsidIsDoubtful = false;
        }

        if (regime == TranslationRegime.Stage2)
        {
            NoteVmid(cpu);
        }

        Refresh(cpu, regime, name, writer);
        if (name is "vttbr")
        {
            GuestTrees.Leave(cpu, writer.Header.Seq);
        }
    }

    /// <summary>A root was told by <c>pgtable_table</c> in a trace that has no TTBR writes: every CPU is taken to have it loaded.</summary>
    public void AssumeLoaded(in TableKnown table)
    {
        if (table.Root == 2)
        {
            AssumeStage2(table);
            return;
        }

        if (machine.Facts.HasRoots || table.Root is not (0 or 1))
        {
            return;
        }

        var half = table.Root.Value;
        var regime = machine.Configuration.Host;
        var format = machine.Configuration.DefaultFormat;
        var entries = table.Entries ?? format.Granule.EntriesPerTable;
        var bits = format.Granule.Shift(table.Level) + System.Numerics.BitOperations.Log2((uint)entries);
        var shape = new RootShape(format, table.Level, entries, half == 0 ? 0 : ulong.MaxValue << Math.Min(bits, 63));
        LoadEverywhere(machine.RootedSpace(table.Base, regime, half, shape, table.Header.Seq), 0, table.Header.Seq);
    }

    // Told before a write to VTTBR_EL2 names it: under the VMID that all its writes tell, or where they differ or there is none, one that is not told.
    private void AssumeStage2(in TableKnown table)
    {
        foreach (var use in machine.Memory.Frame(table.Base).Uses)
        {
            if (use.Base == table.Base && use.Space is { IsStage2: true, IsRooted: true })
            {
                return;
            }
        }

        var control = machine.Configuration.Control(TranslationRegime.Stage2);
        var features = machine.Configuration.Features(TranslationRegime.Stage2);
        var format = control?.FormatOf(0, machine.Configuration.IsSecure, features)
            ?? machine.Configuration.DefaultFormat with { Layout = DescriptorLayout.Stage2, Features = features };
        var shape = new RootShape(format, table.Level, table.Entries ?? format.Granule.EntriesPerTable, 0);
        var space = machine.RootedSpace(table.Base, TranslationRegime.Stage2, 0, shape, table.Header.Seq);
        var vmid = machine.Facts.Stage2VmidOf(table.Base);
        space.AsidUnknown = vmid is null;
        _assumedStage2.Add(space);
        LoadEverywhere(space, vmid ?? 0, table.Header.Seq);
    }

    // A CPU writes VTTBR_EL2: from here on it walks no other tree that it was taken to have loaded.
    private void UnloadAssumed(AddressSpace? next, ProcessingElement cpu, long seq)
    {
        foreach (var space in _assumedStage2)
        {
            if (ReferenceEquals(space, next))
            {
                continue;
            }

            foreach (var vmid in space.Asids)
            {
                space.Unload(vmid, cpu.Cpu, seq);
            }
        }
    }

    private void LoadEverywhere(AddressSpace space, ushort asid, long seq)
    {
        for (var cpu = 0; cpu < Math.Max(1, machine.Facts.CpuCount); cpu++)
        {
            tainted.Load(space, asid, cpu);
            machine.Cpu(cpu).Current[space.Slot] = space;
            sink.RootLoad(seq, cpu, space.Half, space, space.AsidUnknown ? null : asid);
        }
    }

    private void WriteHypervisorConfiguration(ProcessingElement cpu, HypervisorConfiguration value, in StoreContext writer)
    {
        var before = selector.HypervisorOf(cpu);
        cpu.Hypervisor = value;
        SetFeatures(
            TranslationRegime.Stage2,
            value.ForcedWriteBack ? DescriptorFeatures.ForcedWriteBack : machine.Configuration.Features(TranslationRegime.Stage2));
        if (value.RunsVheHost && before is not { HostAtEl2: true })
        {
            // The kernel moves up from EL1. EL1&0 is entered again only by guests, under VMIDs of their own.
            LeaveRegime(cpu, TranslationRegime.El1, writer.Header.Seq);
        }
    }

    // What was loaded before TCR was told stood in trees of an assumed shape, whose roots may not even begin where they were taken to.
    private void ForgetAssumedShapes(TranslationRegime regime, long seq)
    {
        foreach (var cpu in machine.Cpus)
        {
            for (var half = 0; half < RootSlot.Halves(regime); half++)
            {
                if (cpu.Current[RootSlot.Of(regime, half)] is { } assumed)
                {
                    machine.Retire(assumed, seq);
                }
            }

            LeaveRegime(cpu, regime, seq);
        }
    }

    private void LeaveRegime(ProcessingElement cpu, TranslationRegime regime, long seq)
    {
        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            cpu.Current[RootSlot.Of(regime, half)] = null;
        }

        tainted.Leave(cpu.Cpu, regime, seq);
    }

    private void SetFeatures(TranslationRegime regime, DescriptorFeatures features)
    {
        if (machine.Configuration.SetFeatures(regime, features))
        {
            machine.RefreshFeatures(regime, machine.Configuration.Features(regime));
        }
    }

    private void NoteVmid(ProcessingElement cpu)
    {
        var registers = cpu.Registers(TranslationRegime.Stage2);
        if (registers.Ttbr0 is { } vttbr)
        {
            var control = registers.Control ?? machine.Configuration.Control(TranslationRegime.Stage2);
            cpu.Vmid = (ushort)((vttbr >> 48) & (control is { Vmid16: false } ? 0xffu : 0xffffu));
        }
    }

    private void NoteKernelRoot(ProcessingElement cpu, TranslationRegime regime, ReadOnlySpan<char> name)
    {
        if (regime == machine.Configuration.Host && !cpu.IsKernelRootTold && name is "ttbr1" or "tcr")
        {
            cpu.IsKernelRootTold = true;
            machine.NoteKernelRootKnown(cpu.Cpu, isComingUp: name is "tcr");
        }
    }

    private void Refresh(ProcessingElement cpu, TranslationRegime regime, ReadOnlySpan<char> written, in StoreContext writer)
    {
        var registers = cpu.Registers(regime);
        var asid = AsidInForce(cpu, regime, out var isAsidKnown);
        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            var slot = RootSlot.Of(regime, half);
            var next = registers.MmuIsOn ? SpaceOf(cpu, regime, half, writer) : null;
            if (next is not null && IsOtherLife(next, asid, half, cpu))
            {
                machine.Retire(next, writer.Header.Seq);
                next = SpaceOf(cpu, regime, half, writer);
            }

            if (regime == TranslationRegime.Stage2 && _assumedStage2.Count > 0 && written is "vttbr")
            {
                UnloadAssumed(next, cpu, writer.Header.Seq);
            }

            var current = cpu.Current[slot];
            if (ReferenceEquals(next, current) && asid == registers.Asid)
            {
                // Written again as it was: lost events have not changed it.
                cpu.RootIsDoubtful[slot] &= !written.SequenceEqual(half == 1 ? "ttbr1" : regime == TranslationRegime.Stage2 ? "vttbr" : "ttbr0");
                continue;
            }

            if (half == 1 && current is not null && !ReferenceEquals(next, current) && current.HasContent())
            {
                _lastKernelRoot[(cpu.Cpu, slot)] = current;
            }

            current?.Unload(registers.Asid, cpu.Cpu, writer.Header.Seq);
            if (cpu.RootIsDoubtful[slot])
            {
                // It may have been switched away from and flushed in the gap.
                cpu.RootIsDoubtful[slot] = false;
                tainted.Forget(cpu.Cpu, slot);
            }

            cpu.Current[slot] = next;
            if (next is null)
            {
                continue;
            }

            if (half == 0 && !isAsidKnown)
            {
                next.AsidUnknown = true;
            }

            next.Vmid = regime.OfTlb() == TranslationRegime.El1 && selector.HypervisorOf(cpu) is not null ? cpu.Vmid : null;
            next.ShapeIsAssumed = registers.Control is null && machine.Configuration.Control(regime) is null;
            next.RegimeIsAssumed |= machine.Facts.HypervisorConfiguration is not null && cpu.Hypervisor is null;
            var isOtherRoot = !ReferenceEquals(next, current);
            var loaded = half == 0 ? registers.Ttbr0 : registers.Ttbr1;
            _pendingLoads.Add(new RootLoad(
                next, asid, cpu, writer, next.LastLoad is null, isOtherRoot, isOtherRoot || !next.IsTainted(asid, cpu.Cpu), loaded));
            next.LastLoad = writer.Header;
            tainted.Load(next, asid, cpu.Cpu);
            if (regime == TranslationRegime.El1Guest)
            {
                guests.Loaded(next);
                guests.Refresh(cpu);
            }

            if (isOtherRoot)
            {
                sink.RootLoad(writer.Header.Seq, cpu.Cpu, half, next, asid);
            }
        }

        registers.Asid = asid;
    }

    /// <summary>Events of a CPU were lost: what it may have flushed, or loaded, in the gap is not known.</summary>
    public void Lost(int cpu)
    {
        var lost = machine.Cpu(cpu);
        for (var slot = 0; slot < RootSlot.Count; slot++)
        {
            tainted.Forget(cpu, slot);
            lost.RootIsDoubtful[slot] = true;
        }

        for (var regime = 0; regime < TranslationRegimes.Count; regime++)
        {
            lost.Registers((TranslationRegime)regime).AsidIsDoubtful = true;
        }
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

            Registers?.Loaded(load.Space, load.Cpu, load.Register, load.Writer);
            if (load.IsOtherTag)
            {
                judge.Check(load);
            }

            if (load.IsOtherRoot)
            {
                FollowSwap(load);
            }
        }

        _pendingLoads.Clear();
    }

    // A root that was emptied and that no CPU has loaded comes back under an ASID it never had: its page serves another address space.
    private static bool IsOtherLife(AddressSpace space, ushort asid, int half, ProcessingElement cpu) =>
        half == 0 && !space.IsStage2 && !space.IsLoaded && space.EverHadContent && !space.HasAsid(asid)
        && !ReferenceEquals(cpu.Current[space.Slot], space) && !space.HasContent();

    private AddressSpace? SpaceOf(ProcessingElement cpu, TranslationRegime regime, int half, in StoreContext writer)
    {
        var registers = cpu.Registers(regime);
        if ((regime == TranslationRegime.El1Guest && (registers.Control is null || registers.HasWideDescriptors))
            || (half == 0 ? registers.Ttbr0 : registers.Ttbr1) is not { } ttbr
            || machine.Configuration.ShapeOf(regime, half, registers.Control) is not { } shape)
        {
            ReportShape(registers, regime, writer);
            return null;
        }

        var address = shape.BaseOf(ttbr);
        if (regime == TranslationRegime.El1Guest)
        {
            // Its root lies where stage 2 maps it. Where that is not told, the guest is not followed.
            return cpu.Current[RootSlot.Stage2] is { } stage2 && Stage2Walk.Find(stage2, address, Math.Max((ulong)shape.Entries << 3, 64)) is { } root
                ? machine.RootedSpace(root, regime, half, shape, writer.Header.Seq, stage2)
                : null;
        }

        // KVM clears VTTBR where no guest runs.
        return address == 0 && regime == TranslationRegime.Stage2 ? null : machine.RootedSpace(address, regime, half, shape, writer.Header.Seq);
    }

    private void ReportShape(RegimeRegisters registers, TranslationRegime regime, in StoreContext writer)
    {
        const ulong baseAddress = 0x0000_ffff_ffff_fffe;
        if (regime == TranslationRegime.Stage2 && registers is { Ttbr0: { } vttbr, Control: { Value: > 0 } control } && (vttbr & baseAddress) != 0)
        {
            Registers?.NoShape(control.Value, writer);
        }
    }

    // A1 tells which TTBR holds the ASID. Where TCR is not in the trace, an ASID seen in one of them tells it. The ASID is not known
    // before that TTBR is written, nor behind lost events that may have written it. The tag of stage 2 is the VMID; EL2 has none.
    private ushort AsidInForce(ProcessingElement cpu, TranslationRegime regime, out bool isKnown)
    {
        isKnown = true;
        if (regime == TranslationRegime.El2)
        {
            return 0;
        }

        if (regime == TranslationRegime.Stage2)
        {
            return cpu.Vmid ?? 0;
        }

        var registers = cpu.Registers(regime);
        var control = registers.Control ?? machine.Configuration.Control(regime);
        var inTtbr1 = HoldsAsidInTtbr1(cpu, regime);
        var register = inTtbr1 ? registers.Ttbr1 : registers.Ttbr0;
        var ttbr = register ?? 0;
        var asid = (ushort)(ttbr >> 48);
        isKnown = register is not null && !registers.AsidIsDoubtful && (control is not null || inTtbr1 || asid != 0);
        return control is { Asid16: false } ? (ushort)(asid & 0xff) : asid;
    }

    private bool HoldsAsidInTtbr1(ProcessingElement cpu, TranslationRegime regime) =>
        (cpu.Registers(regime).Control ?? machine.Configuration.Control(regime))?.AsidInTtbr1 ?? _sawAsidInTtbr1;

    // The reserved root is empty: what was walked before it is what the next tree replaces.
    private void FollowSwap(in RootLoad load)
    {
        var space = load.Space;
        if (space.Half != 1 || !space.HasContent())
        {
            return;
        }

        if (_lastKernelRoot.TryGetValue((load.Cpu.Cpu, space.Slot), out var previous) && !ReferenceEquals(previous, space))
        {
            copies.Swapped(previous, space, load.Cpu.Cpu, load.Writer);
        }
    }
}
