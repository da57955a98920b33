using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>Whose entries a TLBI drops, by HCR_EL2 and VTTBR_EL2 of its CPU when it executes.</summary>
/// <param name="Stage1">Regime whose stage-1 entries it drops; null for none.</param>
/// <param name="Stage2">True when it drops stage-2 entries.</param>
/// <param name="Vmid">VMID it is limited to; null for any, or where it is not told.</param>
/// <param name="AsidSparesTables">True where an operation by ASID is taken to leave walk caches alone.</param>
/// <param name="AddressDropsCombined">True where an operation on stage 1 by address is taken to drop entries that combine both stages.</param>
internal readonly record struct TlbiTarget(
    TranslationRegime? Stage1, bool Stage2, ushort? Vmid, bool AsidSparesTables = false, bool AddressDropsCombined = false);

/// <summary>A TLBI as it was executed, decoded for the granule in use.</summary>
internal readonly record struct TlbiEvent(
    EventHeader Header, TlbiOperation Operation, TlbiTarget Target, Shareability Reach, ulong RawOperand, TlbiOperand Operand, ulong Pc)
{
    /// <summary>True when it names addresses.</summary>
    public bool IsByAddress => Operation.Method is TlbiMethod.Address or TlbiMethod.AddressAnyAsid or TlbiMethod.Ipa;

    /// <summary>Half of the input address space, for operations by address.</summary>
    public int Half => Target.Stage1 is { } regime && RootSlot.Halves(regime) == 2 ? (int)(Operand.Start >> 55) & 1 : 0;

    public bool IsBroadcast => Reach != Shareability.Local;

    /// <summary>
    /// True when it drops entries that combine both stages: an operation on all of stage 1 of EL1&amp;0. Those by address do so for the
    /// addresses that map the IPA, which a trace does not tell.
    /// </summary>
    public bool DropsCombined => Target.Stage1 == TranslationRegime.El1
        && (Operation.Method == TlbiMethod.All || (Target.AddressDropsCombined && Operation.Method != TlbiMethod.Asid));

    /// <summary>What it does for a stale record that it covers.</summary>
    public InvalidationStep StepFor(StaleRecord record) => !record.Space.IsStage2 ? InvalidationStep.Whole
        : !Target.Stage2 ? InvalidationStep.Combined
        : DropsCombined ? InvalidationStep.Whole : InvalidationStep.Ipa;
}

/// <summary>Why a TLBI does not cover a stale record; ordered by how close it comes.</summary>
internal enum TlbiMiss
{
    /// <summary>It covers it.</summary>
    None = 0,

    /// <summary>It comes nowhere near.</summary>
    Unrelated = 1,

    /// <summary>Stage 2: one of its two steps is missing, or they came in the wrong order.</summary>
    Stage2Step = 2,

    /// <summary>Another address, nearby.</summary>
    Address = 3,

    /// <summary>A range, nearby, that does not hold the address or has the wrong granule.</summary>
    Range = 4,

    /// <summary>The address, in another regime.</summary>
    Regime = 5,

    /// <summary>Another VMID.</summary>
    Vmid = 6,

    /// <summary>Another ASID.</summary>
    Asid = 7,

    /// <summary>Last level only, and the record is a table.</summary>
    LastLevel = 8,

    /// <summary>The TTL hint is wrong.</summary>
    Ttl = 9,

    /// <summary>A range with a TTL hint and a base not aligned to it.</summary>
    Misaligned = 10,

    /// <summary>nXS, and the record's memory has the XS attribute.</summary>
    Nxs = 11,

    /// <summary>This CPU only.</summary>
    Local = 12,

    /// <summary>It would cover it, but only TLBIs of the CPU that stored are taken to count.</summary>
    OtherCpu = 13,

    /// <summary>It would cover it, but no DSB ordered the store before it.</summary>
    Unordered = 14,
}

/// <summary>Which stale records a TLBI covers (DDI 0487 D8.17.5.4: R_VMSWQ, R_ZSXRQ, R_JXKNN, R_CHVGJ, R_LGSCG, R_TVTYQ).</summary>
internal static class TlbiMatch
{
    /// <summary>Why the operation does not touch the record whatever its ASIDs, or none.</summary>
    public static TlbiMiss MatchEntry(in TlbiEvent tlbi, StaleRecord record)
    {
        if (!IsForRegime(tlbi, record.Space))
        {
            return TlbiMiss.Regime;
        }

        if (!IsForVmid(tlbi, record.Space))
        {
            return TlbiMiss.Vmid;
        }

        if (tlbi.IsByAddress && !(record.Space.IsStage2 && tlbi.DropsCombined))
        {
            if (!Overlaps(tlbi, record))
            {
                return tlbi.Operation.IsRange ? TlbiMiss.Range : TlbiMiss.Address;
            }

            var miss = MatchHint(tlbi, record);
            if (miss != TlbiMiss.None)
            {
                return miss;
            }
        }

        return tlbi.Operation.IsNxs && record.HasXs ? TlbiMiss.Nxs : TlbiMiss.None;
    }

    /// <summary>True when the operation drops entries of the regime and stage that the space belongs to.</summary>
    public static bool IsForRegime(in TlbiEvent tlbi, AddressSpace space) => space.IsStage2
        ? tlbi.Target.Stage2 || tlbi.DropsCombined
        : tlbi.Target.Stage1 == space.Regime.OfTlb() && tlbi.Operation.Method is not (TlbiMethod.Ipa or TlbiMethod.CleanOnly);

    /// <summary>True when the operation is not limited to another VMID than that of a stage-1 tree.</summary>
    public static bool IsForVmid(in TlbiEvent tlbi, AddressSpace space) =>
        space.Regime.OfTlb() != TranslationRegime.El1 || tlbi.Target.Vmid is null || space.Vmid is null || space.Vmid == tlbi.Target.Vmid;

    /// <summary>True when the operation's ASID, or its VMID for stage 2, is one the obligation is about.</summary>
    public static bool MatchesTag(in TlbiEvent tlbi, StaleRecord record, in Obligation obligation) => record.Space.IsStage2
        ? tlbi.Target.Vmid is not { } vmid || obligation.AsidUnknown || obligation.Asid == vmid
        : MatchesAsid(tlbi, obligation) && !(record.IsTable && tlbi.Target.AsidSparesTables && tlbi.Operation.Method == TlbiMethod.Asid);

    private static bool MatchesAsid(in TlbiEvent tlbi, in Obligation obligation) => tlbi.Operation.Method switch
    {
        TlbiMethod.All or TlbiMethod.AddressAnyAsid => true,
        TlbiMethod.Address => obligation.IsGlobal || HasAsid(tlbi, obligation),
        TlbiMethod.Asid => !obligation.IsGlobal && HasAsid(tlbi, obligation),
        _ => false,
    };

    /// <summary>Obligations of the record that the operation covers, one bit each.</summary>
    public static ulong CoveredObligations(in TlbiEvent tlbi, StaleRecord record)
    {
        if (MatchEntry(tlbi, record) != TlbiMiss.None)
        {
            return 0;
        }

        var mask = 0UL;
        for (var i = 0; i < record.ObligationCount; i++)
        {
            ref readonly var obligation = ref record.Obligations[i];
            if (!obligation.Pending.IsEmpty && MatchesTag(tlbi, record, obligation)
                && (tlbi.IsBroadcast || obligation.Pending.Contains(tlbi.Header.Cpu)))
            {
                mask |= 1UL << i;
            }
        }

        return mask;
    }

    /// <summary>
    /// True when an address of the operation lies in the record's input range. One operation anywhere inside a block covers all of it;
    /// the Contiguous bit widens nothing.
    /// </summary>
    public static bool Overlaps(in TlbiEvent tlbi, StaleRecord record)
    {
        var space = record.Space;
        var operand = tlbi.Operand;
        if (tlbi.Operation.Method == TlbiMethod.Ipa != space.IsStage2)
        {
            return false;
        }

        if (space.VaBase is { } vaBase)
        {
            var start = space.IsRooted ? record.Ia : vaBase + record.Ia;
            return operand.Start <= start + record.Size - 1 && operand.Last >= start;
        }

        // Only the address bits that the table itself resolves are known.
        var span = RootSpan(space);
        if (operand.Last - operand.Start >= span - 1)
        {
            return true;
        }

        var first = operand.Start & (span - 1);
        var length = operand.Last - operand.Start;
        return Intersects(first, first + length, record) || (first + length >= span && Intersects(0, first + length - span, record));
    }

    /// <summary>Bytes of input address that the table heading a space translates.</summary>
    public static ulong RootSpan(AddressSpace space) =>
        (ulong)space.Root.Entries << space.Format.Granule.Shift(space.Root.Level);

    private static bool Intersects(ulong start, ulong last, StaleRecord record) => start <= record.LastIa && last >= record.Ia;

    // The TTL hint speaks about the level of the leaves: for a removed table of those below it.
    private static TlbiMiss MatchHint(in TlbiEvent tlbi, StaleRecord record)
    {
        switch (tlbi.Operand.Defect)
        {
            case TlbiDefect.TtlGranule:
                return TlbiMiss.Ttl;
            case TlbiDefect.RangeGranule:
                return TlbiMiss.Range;
            case TlbiDefect.RangeMisaligned:
                return TlbiMiss.Misaligned;
        }

        if (record.IsTable && tlbi.Operation.LastLevelOnly)
        {
            return TlbiMiss.LastLevel;
        }

        if (tlbi.Operand.LeafLevel is { } hint && (record.IsTable ? hint <= record.Level : hint != record.Level))
        {
            return TlbiMiss.Ttl;
        }

        return TlbiMiss.None;
    }

    // With 8-bit ASIDs the operand is still matched on 16 bits (I_ZRWYC).
    private static bool HasAsid(in TlbiEvent tlbi, in Obligation obligation) =>
        tlbi.Operand.Defect != TlbiDefect.AsidTooWide && HasAsidBits(tlbi, obligation);

    private static bool HasAsidBits(in TlbiEvent tlbi, in Obligation obligation) =>
        obligation.AsidUnknown || (!obligation.AllAsids && obligation.Asid == tlbi.Operand.Asid);
}
