using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>A tag under which CPUs may hold a stale value, and the CPUs that have not completed its invalidation.</summary>
/// <param name="Asid">ASID, meaningful where neither flag is set.</param>
/// <param name="IsGlobal">Answers under every ASID.</param>
/// <param name="AsidUnknown">The ASID is not told by the trace: any operand is accepted.</param>
/// <param name="AllAsids">May be held under many ASIDs: only an all-ASID operation covers it.</param>
/// <param name="Pending">CPUs that may still hold it.</param>
/// <param name="IpaPending">
/// Stage 2: CPUs that may still hold the stage-2 entry itself. While one does, combined entries may be made from it again, and invalidating
/// them achieves nothing (I_CKZGP). Empty for stage 1.
/// </param>
public record struct Obligation(ushort Asid, bool IsGlobal, bool AsidUnknown, bool AllAsids, CpuSet Pending, CpuSet IpaPending)
{
    /// <summary>An entry that answers under every ASID.</summary>
    public static Obligation Global(CpuSet cpus) => new(0, true, false, false, cpus, CpuSet.Empty);
}

/// <summary>What a TLBI does for a stale record once its DSB has completed it.</summary>
public enum InvalidationStep
{
    /// <summary>Drops all that was made from it.</summary>
    Whole = 0,

    /// <summary>Stage 2, by IPA: drops the stage-2 entry, not those combined with stage 1.</summary>
    Ipa = 1,

    /// <summary>Stage 2, a stage-1 operation: drops the combined entries.</summary>
    Combined = 2,
}

/// <summary>A cacheable descriptor value that memory no longer holds, until every CPU that may have cached it has dropped it.</summary>
/// <remarks>
/// Progress is kept as facts, not as a state: the store (<see cref="BreakSeq"/>), the writer's DSB (kept per CPU), the covering TLBI
/// (<see cref="TlbiSeq"/>) and the DSB that completes it, which empties <see cref="Obligations"/>.
/// </remarks>
public sealed class StaleRecord
{
    /// <summary>Row id, 1-based in order of creation.</summary>
    public int Id { get; internal set; }

    /// <summary>Counts the uses of this object: a pooled record that was closed no longer matches what was noted of it.</summary>
    public int Generation { get; internal set; }

    /// <summary>False once completed.</summary>
    public bool IsOpen { get; internal set; }

    /// <summary>The address space it translates in.</summary>
    public AddressSpace Space { get; internal set; } = null!;

    /// <summary>Physical address where the value stood.</summary>
    public ulong Pa { get; internal set; }

    /// <summary>Lookup level.</summary>
    public int Level { get; internal set; }

    /// <summary>Input address, relative to <see cref="AddressSpace.VaBase"/> where the space is not rooted.</summary>
    public ulong Ia { get; internal set; }

    /// <summary>Bytes of input address it translates.</summary>
    public ulong Size { get; internal set; }

    /// <summary>The stale value.</summary>
    public ulong Value { get; internal set; }

    /// <summary>What replaced it in memory.</summary>
    public ulong NewValue { get; internal set; }

    /// <summary>Class of the change from <see cref="Value"/> to <see cref="NewValue"/>.</summary>
    public TransitionClass Class { get; internal set; }

    /// <summary>The store that made it stale.</summary>
    public StoreContext Break { get; internal set; }

    /// <summary>True for a table descriptor: only walk caches hold it.</summary>
    public bool IsTable { get; internal set; }

    /// <summary>True for a leaf with the Contiguous bit: a TLB entry for the whole group may come from it.</summary>
    public bool IsContiguous { get; internal set; }

    /// <summary>True where an nXS TLBI need not touch it.</summary>
    public bool HasXs { get; internal set; }

    /// <summary>True once a finding names it.</summary>
    public bool IsReported { get; internal set; }

    /// <summary>True once it was noted that what replaced it allows less.</summary>
    public bool IsRestricted { get; internal set; }

    /// <summary>
    /// True when it can only be cached under ASIDs that its space was given others for since: no CPU uses them before it has flushed
    /// (an ASID rollover), or the reuse is reported then.
    /// </summary>
    public bool IsSuperseded
    {
        get
        {
            for (var i = 0; i < ObligationCount; i++)
            {
                ref readonly var obligation = ref Obligations[i];
                var isTagged = !obligation.IsGlobal && !obligation.AllAsids && !obligation.AsidUnknown;
                if (!obligation.Pending.IsEmpty && !(isTagged && Space.HasLeft(obligation.Asid, obligation.Pending)))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Tags and CPUs still to be invalidated.</summary>
    public Obligation[] Obligations { get; internal set; } = [];

    /// <summary>Number of <see cref="Obligations"/> in use.</summary>
    public int ObligationCount { get; internal set; }

    /// <summary>Sequence number of the last TLBI that covered it, 0 for none.</summary>
    public long TlbiSeq { get; internal set; }

    /// <summary>Line of that TLBI; means nothing while there is none.</summary>
    public long TlbiLine { get; internal set; }

    /// <summary>CPU of that TLBI.</summary>
    public int TlbiCpu { get; internal set; }

    /// <summary>Obligations that TLBI covered, one bit each.</summary>
    public ulong TlbiMask { get; internal set; }

    /// <summary>True when that TLBI covers every CPU.</summary>
    public bool TlbiIsBroadcast { get; internal set; }

    /// <summary>DSB domain that completes that TLBI.</summary>
    public Shareability TlbiReach { get; internal set; }

    /// <summary>What that TLBI does for it.</summary>
    public InvalidationStep TlbiStep { get; internal set; }

    /// <summary>Stage 2: the last TLBI of stage 1 that came before its stage-2 entry was invalidated, and so achieved nothing; 0 for none.</summary>
    public long EarlyTlbiSeq { get; internal set; }

    /// <summary>True while that TLBI waits for its DSB.</summary>
    public bool TlbiWaits { get; internal set; }

    /// <summary>The use that this stale pointer still reaches, for a table descriptor.</summary>
    internal TableUse? Target { get; set; }

    /// <summary>A copy that keeps what it is about when the record is completed and used again.</summary>
    internal StaleRecord Snapshot() => new()
    {
        Id = Id,
        Space = Space,
        Pa = Pa,
        Level = Level,
        Ia = Ia,
        Size = Size,
        Value = Value,
        NewValue = NewValue,
        Class = Class,
        Break = Break,
        IsTable = IsTable,
        IsContiguous = IsContiguous,
        HasXs = HasXs,
        Obligations = [.. Obligations],
        ObligationCount = ObligationCount,
    };

    internal StaleRecord? NextSameKey { get; set; }

    internal StaleRecord? PreviousInLevel { get; set; }

    internal StaleRecord? NextInLevel { get; set; }

    /// <summary>Last input address it translates.</summary>
    public ulong LastIa => Ia + Size - 1;

    /// <summary>True when it answers under every ASID.</summary>
    public bool IsGlobal => ObligationCount > 0 && Obligations[0].IsGlobal;
}
