using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Follows the translation registers of each CPU: which trees it walks, under which ASID, and what it may still hold of others.</summary>
internal sealed class RootTracker(
    MachineState machine, IReplaySink sink, FindingCollector findings, CopyJudge copies, BreakExplainer breaks, FlushExplainer flushes)
{
    private readonly Dictionary<(int Cpu, int Slot), AddressSpace> _lastKernelRoot = [];
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

    /// <summary>A translation register was written.</summary>
    public void Write(string register, ulong value, in StoreContext writer)
    {
        var cpu = machine.Cpu(writer.Header.Cpu);
        if (register == "hcr_el2")
        {
            WriteHypervisorConfiguration(cpu, new HypervisorConfiguration(value), writer);
            return;
        }

        if (register.Length < 5 || RegimeOf(register, cpu) is not { } regime)
        {
            return;
        }

        var registers = cpu.Registers(regime);
        var name = register.AsSpan(0, register.Length - 4);
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
                var layout = regime switch
                {
                    TranslationRegime.El2 => ControlLayout.OneRange,
                    TranslationRegime.Stage2 => ControlLayout.Stage2,
                    _ => ControlLayout.TwoRanges,
                };
                registers.Control = new TranslationControl(value, layout);
                machine.Configuration.SetControl(regime, registers.Control.Value);
                break;
            case "tcr2":
                SetFeatures(regime, Tcr2Features(value));
                return;
            case "mair":
                machine.Configuration.SetMemoryAttributes(regime, value);
                machine.RefreshComparers();
                return;
            case "sctlr":
                registers.MmuIsOn = (value & 1) != 0;
                break;
            default:
                return;
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
        LoadEverywhere(machine.RootedSpace(table.Base, regime, half, shape, table.Header.Seq), table.Header.Seq);
    }

    // Told without a write to VTTBR_EL2: under a VMID that is not told.
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
        space.AsidUnknown = true;
        LoadEverywhere(space, table.Header.Seq);
    }

    private void LoadEverywhere(AddressSpace space, long seq)
    {
        for (var cpu = 0; cpu < Math.Max(1, machine.Facts.CpuCount); cpu++)
        {
            Tainted.Load(space, 0, cpu);
            machine.Cpu(cpu).Current[space.Slot] = space;
            sink.RootLoad(seq, cpu, space.Half, space, null);
        }
    }

    // Without HCR_EL2 a CPU is taken to run an ordinary kernel, or the VHE host that the trace tells of later.
    private HypervisorConfiguration? HypervisorOf(ProcessingElement cpu) => cpu.Hypervisor ?? machine.Configuration.AssumedHypervisor;

    /// <summary>Whose entries a TLBI drops.</summary>
    public TlbiTarget TargetOf(TlbiOperation operation, ProcessingElement cpu)
    {
        var hcr = HypervisorOf(cpu);
        switch (operation.Regime)
        {
            case TlbiRegime.El2:
                return new TlbiTarget(
                    hcr is { HostAtEl2: true } ? TranslationRegime.El2Host : TranslationRegime.El2, false, null, true);
            case TlbiRegime.El3:
                return new TlbiTarget(null, false, null, true);
        }

        // ALLE1 is for every VMID. The others that name stage 2 are only defined for EL1&0, whatever E2H and TGE say.
        if (operation.Method == TlbiMethod.All && operation.Stage2 && operation.Mnemonic.StartsWith("alle1", StringComparison.Ordinal))
        {
            return new TlbiTarget(TranslationRegime.El1, true, null, true);
        }

        if (!operation.Stage2 && hcr is { RunsVheHost: true })
        {
            return new TlbiTarget(TranslationRegime.El2Host, false, null, true);
        }

        return new TlbiTarget(operation.Stage1 ? TranslationRegime.El1 : null, operation.Stage2, cpu.Vmid, cpu.Vmid is not null);
    }

    /// <summary>How far a TLBI reaches: HCR_EL2.FB makes the local ones of EL1 broadcast.</summary>
    public Shareability ReachOf(TlbiOperation operation, ProcessingElement cpu)
    {
        var isForced = operation is { Regime: TlbiRegime.El1, Stage2: false, Reach: Shareability.Local }
            && HypervisorOf(cpu) is { ForcesBroadcast: true, HostAtEl2: false };
        return isForced ? Shareability.Inner : operation.Reach;
    }

    // The EL1 names mean EL2&0 at EL2 with E2H=1. What a guest writes under them are addresses of its own, of which the trace's physical
    // addresses tell nothing: a guest's stage 1 is not followed.
    private TranslationRegime? RegimeOf(string register, ProcessingElement cpu)
    {
        var hcr = HypervisorOf(cpu);
        if (register.EndsWith("_el1", StringComparison.Ordinal))
        {
            if (hcr is { HostAtEl2: true } host)
            {
                return host.TrapsGeneralExceptions ? TranslationRegime.El2Host : null;
            }

            return hcr is { Stage2IsOn: true } && cpu.Vmid is not (null or 0) ? null : TranslationRegime.El1;
        }

        if (!register.EndsWith("_el2", StringComparison.Ordinal))
        {
            return null;
        }

        return register.StartsWith("vt", StringComparison.Ordinal) ? TranslationRegime.Stage2
            : hcr is { HostAtEl2: true } || register.StartsWith("ttbr1", StringComparison.Ordinal) ? TranslationRegime.El2Host
            : TranslationRegime.El2;
    }

    private void WriteHypervisorConfiguration(ProcessingElement cpu, HypervisorConfiguration value, in StoreContext writer)
    {
        var before = HypervisorOf(cpu);
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

    private void LeaveRegime(ProcessingElement cpu, TranslationRegime regime, long seq)
    {
        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            cpu.Current[RootSlot.Of(regime, half)] = null;
        }

        Tainted.Leave(cpu.Cpu, regime, seq);
    }

    private void SetFeatures(TranslationRegime regime, DescriptorFeatures features)
    {
        if (machine.Configuration.SetFeatures(regime, features))
        {
            machine.RefreshFeatures(regime, features);
        }
    }

    // TCR2_ELx: PnCH 0, PIE 1, POE 3, AIE 4.
    private static DescriptorFeatures Tcr2Features(ulong value) =>
        ((value & 1) != 0 ? DescriptorFeatures.Protected : 0)
        | ((value & 2) != 0 ? DescriptorFeatures.PermissionIndirection : 0)
        | ((value & 8) != 0 ? DescriptorFeatures.PermissionOverlay : 0)
        | ((value & 16) != 0 ? DescriptorFeatures.AttributeIndexExtension : 0);

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
            var next = registers.MmuIsOn ? SpaceOf(cpu, regime, half, writer.Header.Seq) : null;
            var current = cpu.Current[slot];
            if (ReferenceEquals(next, current) && asid == registers.Asid)
            {
                // Written again as it was: lost events have not changed it.
                cpu.RootIsDoubtful[slot] &= !written.SequenceEqual(half == 1 ? "ttbr1" : regime == TranslationRegime.Stage2 ? "vttbr" : "ttbr0");
                continue;
            }

            if (half == 1 && current is not null && !ReferenceEquals(next, current) && HasContent(current))
            {
                _lastKernelRoot[(cpu.Cpu, slot)] = current;
            }

            current?.Unload(registers.Asid, cpu.Cpu, writer.Header.Seq);
            if (cpu.RootIsDoubtful[slot])
            {
                // It may have been switched away from and flushed in the gap.
                cpu.RootIsDoubtful[slot] = false;
                Tainted.Forget(cpu.Cpu, slot);
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

            next.Vmid = regime == TranslationRegime.El1 ? cpu.Vmid : null;
            next.RegimeIsAssumed |= machine.Facts.FirstHypervisorConfiguration is not null && cpu.Hypervisor is null;
            var isOtherRoot = !ReferenceEquals(next, current);
            var loaded = half == 0 ? registers.Ttbr0 : registers.Ttbr1;
            _pendingLoads.Add(new PendingLoad(
                next, asid, cpu, writer, next.LastLoad is null, isOtherRoot, isOtherRoot || !next.IsTainted(asid, cpu.Cpu), loaded));
            next.LastLoad = writer.Header;
            Tainted.Load(next, asid, cpu.Cpu);
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
            Tainted.Forget(cpu, slot);
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

    private AddressSpace? SpaceOf(ProcessingElement cpu, TranslationRegime regime, int half, long seq)
    {
        var registers = cpu.Registers(regime);
        if ((half == 0 ? registers.Ttbr0 : registers.Ttbr1) is not { } ttbr
            || machine.Configuration.ShapeOf(regime, half, registers.Control) is not { } shape)
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

        address &= ~(Math.Max(tableBytes, 64) - 1);

        // KVM clears VTTBR where no guest runs.
        return address == 0 && regime == TranslationRegime.Stage2 ? null : machine.RootedSpace(address, regime, half, shape, seq);
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

    private void CheckLoad(in PendingLoad load)
    {
        if (load.Space.Half != 0 || RootSlot.Halves(load.Space.Regime) != 2 || !CheckGlobalOverlap(load))
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
            foreach (var other in Tainted.Of(space.Slot))
            {
                if (!ReferenceEquals(other, space) && other.HoldsTaintOf(cpu.Cpu)
                    && LeafOverlap.Find(machine, globalSpace: space, other) is { } va)
                {
                    ReportOverlap(load, other, va, "global leaves over non-global ones", flushes.Explain(other, AsidOf(other), cpu.Cpu));
                    return true;
                }
            }
        }

        foreach (var other in Tainted.WithGlobal(space.Slot))
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
            FoldKind.Event, (load.Writer.Header.Seq << 3) | (uint)load.Space.Slot, null);

    private void CheckAsidReuse(in PendingLoad load)
    {
        var (space, asid, cpu) = (load.Space, load.Asid, load.Cpu);
        if (space.AsidUnknown || space.Regime == TranslationRegime.El2)
        {
            return;
        }

        foreach (var other in Tainted.WithAsid(space.Slot, asid))
        {
            if (ReferenceEquals(other, space) || !other.IsTainted(asid, cpu.Cpu) || !HasContent(space) || !MayBeCached(other, asid, cpu.Cpu))
            {
                continue;
            }

            if (space.Vmid is not null && other.Vmid is not null && space.Vmid != other.Vmid)
            {
                continue;
            }

            Report(
                load, space.IsStage2 ? RuleId.VmidReuse : RuleId.AsidReuse, machine.Facts.HasTables ? Confidence.Certain : Confidence.Likely, null, other.Root.Base,
                other.LastLoad, flushes.Explain(other, asid, cpu.Cpu),
                $"{RegisterText(space)} loaded with root 0x{space.Root.Base:x} under {TagText(space)} {asid}: CPU {cpu.Cpu} has not invalidated "
                + $"root 0x{other.Root.Base:x} under that {TagText(space)}, last loaded at line {other.LastLine}");
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
                load, space.IsStage2 ? RuleId.VmidReuse : RuleId.AsidReuse, Confidence.Certain, null, null, first.Break.Header,
                breaks.Explain(first, load.Cpu.Cpu, load.Writer.Header.Task).Evidence,
                $"root 0x{space.Root.Base:x} loaded again under {TagText(space)} {load.Asid}: {open} entries changed while it was unloaded, the first at line "
                + $"{first.Break.Header.Line}, and were not invalidated on CPU {load.Cpu.Cpu}");
        }
    }

    private static string TagText(AddressSpace space) => space.IsStage2 ? "VMID" : "ASID";

    // TTBR0 and TTBR1 of the kernel need no level to tell them apart.
    private static string RegisterText(AddressSpace space) =>
        space.Regime is TranslationRegime.El1 or TranslationRegime.El2Host ? $"TTBR{space.Half}" : RootSlot.Name(space.Slot);

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

        if (_lastKernelRoot.TryGetValue((load.Cpu.Cpu, space.Slot), out var previous) && !ReferenceEquals(previous, space))
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
