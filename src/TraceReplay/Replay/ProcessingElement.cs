using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>A TLBI's effect on one stale record, waiting for the DSB that completes it.</summary>
internal readonly record struct OutstandingInvalidation(
    StaleRecord Record, int Generation, ulong Mask, bool IsBroadcast, Shareability Reach, bool IsNxs, long TlbiSeq);

/// <summary>A TLBI by ASID or of everything, waiting for the DSB that completes it.</summary>
internal readonly record struct OutstandingFlush(
    TlbiMethod Method, ushort Asid, bool IsBroadcast, Shareability Reach, long TlbiSeq);

/// <summary>A barrier as it was seen, for the evidence of findings.</summary>
internal readonly record struct SeenBarrier(long Seq, long Line, BarrierOperation? Barrier);

/// <summary>One CPU: its translation registers, its barriers and the TLBIs it has not completed.</summary>
internal sealed class ProcessingElement(int cpu)
{
    private const int BarriersKept = 32;

    private readonly SeenBarrier[] _barriers = new SeenBarrier[BarriersKept];
    private int _barrierCount;

    public int Cpu { get; } = cpu;

    public ulong? Ttbr0 { get; set; }

    public ulong? Ttbr1 { get; set; }

    public TranslationControl? Control { get; set; }

    public ulong? HypervisorConfiguration { get; set; }

    /// <summary>SCTLR_EL1.M; taken to be on until a write says otherwise.</summary>
    public bool MmuIsOn { get; set; } = true;

    /// <summary>Spaces of TTBR0 and TTBR1.</summary>
    public AddressSpace?[] Current { get; } = new AddressSpace?[2];

    /// <summary>Set for TTBR0 and TTBR1 while events lost on this CPU may have changed them.</summary>
    public bool[] RootIsDoubtful { get; } = new bool[2];

    /// <summary>Set while events lost on this CPU may have changed the ASID.</summary>
    public bool AsidIsDoubtful { get; set; }

    /// <summary>True once the trace tells which kernel root this CPU runs with, or that it runs with none yet.</summary>
    public bool IsKernelRootTold { get; set; }

    /// <summary>ASID in force under which <see cref="Current"/> was loaded.</summary>
    public ushort Asid { get; set; }

    /// <summary>Last event of this CPU.</summary>
    public long LastSeq { get; set; }

    /// <summary>Task of its last event; 0 for none.</summary>
    public int LastTask { get; set; }

    /// <summary>A <c>sched_switch</c> was seen: the next event comes after the DSB ISH of <c>__switch_to</c>.</summary>
    public bool SwitchPending { get; set; }

    /// <summary>Sequence number of the last DSB that waits for stores, by the domain it reaches at least.</summary>
    public long[] StoreDsbSeq { get; } = new long[4];

    /// <summary>The last DSB that could not complete a TLBI of the Inner Shareable domain.</summary>
    public SeenBarrier WeakDsb { get; set; }

    public List<OutstandingInvalidation> Invalidations { get; } = [];

    public List<OutstandingFlush> Flushes { get; } = [];

    /// <summary>True where HCR_EL2 says that E1 operations and EL1 registers are a guest's, under a VHE host.</summary>
    public bool RunsGuest => HypervisorConfiguration is { } hcr && ((hcr >> 34) & 1) != 0 && ((hcr >> 27) & 1) == 0;

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
