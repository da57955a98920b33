using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>A TLBI's effect on one stale record, waiting for the DSB that completes it.</summary>
internal readonly record struct OutstandingInvalidation(
    StaleRecord Record, int Generation, ulong Mask, bool IsBroadcast, Shareability Reach, bool IsNxs, long TlbiSeq, InvalidationStep Step);

/// <summary>A TLBI by ASID or of everything, waiting for the DSB that completes it.</summary>
/// <param name="Method">Everything, or an ASID.</param>
/// <param name="Regime">Regime whose stage-1 entries it drops; null for none.</param>
/// <param name="Vmid">VMID it is limited to; null for any, or where it is not told.</param>
/// <param name="Stage2">True when it drops stage-2 entries and those combined with them.</param>
/// <param name="Asid">The ASID.</param>
/// <param name="IsBroadcast">Reaches all CPUs.</param>
/// <param name="Reach">Domain of the DSB that completes it.</param>
/// <param name="TlbiSeq">The TLBI.</param>
internal readonly record struct OutstandingFlush(
    TlbiMethod Method, TranslationRegime? Regime, ushort? Vmid, bool Stage2, ushort Asid, bool IsBroadcast, Shareability Reach,
    long TlbiSeq);

/// <summary>A barrier as it was seen, for the evidence of findings.</summary>
internal readonly record struct SeenBarrier(long Seq, long Line, BarrierOperation? Barrier);

/// <summary>The last event of a CPU in one input.</summary>
internal struct LastEvent
{
    /// <summary>Its sequence number; 0 for none.</summary>
    public long Seq { get; set; }

    /// <summary>Its task, or that of the last event that has one; 0 for none.</summary>
    public int Task { get; set; }
}

/// <summary>The translation registers of one regime on one CPU.</summary>
internal sealed class RegimeRegisters
{
    /// <summary>TTBR0_ELx, or VTTBR_EL2.</summary>
    public ulong? Ttbr0 { get; set; }

    public ulong? Ttbr1 { get; set; }

    /// <summary>TCR_ELx, or VTCR_EL2.</summary>
    public TranslationControl? Control { get; set; }

    /// <summary>MAIR_ELx.</summary>
    public ulong? MemoryAttributes { get; set; }

    /// <summary>SCTLR_ELx.</summary>
    public ulong? SystemControl { get; set; }

    /// <summary>SCTLR_ELx.M; taken to be on until a write says otherwise.</summary>
    public bool MmuIsOn { get; set; } = true;

    /// <summary>TCR2_ELx.D128 of a guest, which is not followed then.</summary>
    public bool HasWideDescriptors { get; set; }

    /// <summary>Set while events lost on this CPU may have changed the ASID.</summary>
    public bool AsidIsDoubtful { get; set; }

    /// <summary>ASID (stage 2: VMID) in force under which the roots were loaded.</summary>
    public ushort Asid { get; set; }
}

/// <summary>One CPU: its translation registers, its barriers and the TLBIs it has not completed.</summary>
internal sealed class ProcessingElement(int cpu)
{
    private const int BarriersKept = 32;

    private readonly SeenBarrier[] _barriers = new SeenBarrier[BarriersKept];
    private readonly RegimeRegisters[] _registers = [new(), new(), new(), new(), new()];
    private int _barrierCount;
    private LastEvent[] _last = new LastEvent[1];

    public int Cpu { get; } = cpu;

    /// <summary>HCR_EL2; null before the trace tells it.</summary>
    public HypervisorConfiguration? Hypervisor { get; set; }

    /// <summary>VMID in VTTBR_EL2; null before the trace tells it.</summary>
    public ushort? Vmid { get; set; }

    /// <summary>Spaces in the registers that hold roots, by <see cref="RootSlot"/>.</summary>
    public AddressSpace?[] Current { get; } = new AddressSpace?[RootSlot.Count];

    /// <summary>Set, by <see cref="RootSlot"/>, while events lost on this CPU may have changed a root.</summary>
    public bool[] RootIsDoubtful { get; } = new bool[RootSlot.Count];

    /// <summary>True once the trace tells which kernel root this CPU runs with, or that it runs with none yet.</summary>
    public bool IsKernelRootTold { get; set; }

    /// <summary>Last event of this CPU in an input: what one tracer tells of losses and tasks says nothing about another's.</summary>
    public ref LastEvent Last(int input)
    {
        if (input >= _last.Length)
        {
            Array.Resize(ref _last, input + 1);
        }

        return ref _last[input];
    }

    /// <summary>A <c>sched_switch</c> was seen: the next event comes after the DSB ISH of <c>__switch_to</c>.</summary>
    public bool SwitchPending { get; set; }

    /// <summary>Sequence number of the last DSB that waits for stores, by the domain it reaches at least.</summary>
    public long[] StoreDsbSeq { get; } = new long[4];

    /// <summary>The last DSB that could not complete a TLBI of the Inner Shareable domain.</summary>
    public SeenBarrier WeakDsb { get; set; }

    /// <summary>Translation registers of a regime.</summary>
    public RegimeRegisters Registers(TranslationRegime regime) => _registers[(int)regime];

    /// <summary>Another guest, or another of its CPUs, may run here: what its registers hold is not known before they are written.</summary>
    public void ForgetGuest() => _registers[(int)TranslationRegime.El1Guest] = new RegimeRegisters();

    public List<OutstandingInvalidation> Invalidations { get; } = [];

    public List<OutstandingFlush> Flushes { get; } = [];

    public void NoteBarrier(long seq, long line, BarrierOperation? barrier) =>
        _barriers[_barrierCount++ % BarriersKept] = new SeenBarrier(seq, line, barrier);

    /// <summary>
    /// The first DSB or DMB after a sequence number, else the first ISB; null where there is none, or where it is no longer kept.
    /// </summary>
    public SeenBarrier? NextBarrier(long seq)
    {
        var oldest = _barrierCount > BarriersKept ? _barriers[_barrierCount % BarriersKept].Seq : 0;
        return oldest > seq ? null : FirstBarrierAfter(seq, exceptIsb: true) ?? FirstBarrierAfter(seq, exceptIsb: false);
    }

    /// <summary>The first kept barrier after a sequence number; null for none.</summary>
    public SeenBarrier? FirstBarrierAfter(long seq, bool exceptIsb)
    {
        var first = Math.Max(0, _barrierCount - BarriersKept);
        for (var i = first; i < _barrierCount; i++)
        {
            var seen = _barriers[i % BarriersKept];
            if (seen.Seq > seq && (!exceptIsb || seen.Barrier is { Kind: not BarrierKind.Isb }))
            {
                return seen;
            }
        }

        return null;
    }
}
