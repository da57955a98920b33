using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>A TLBI as it was executed, decoded for the granule in use.</summary>
internal readonly record struct TlbiEvent(
    EventHeader Header, TlbiOperation Operation, ulong RawOperand, TlbiOperand Operand, ulong Pc)
{
    /// <summary>True when it names addresses.</summary>
    public bool IsByAddress => Operation.Method is TlbiMethod.Address or TlbiMethod.AddressAnyAsid;

    /// <summary>Half of the input address space, for operations by address.</summary>
    public int Half => (int)(Operand.Start >> 55) & 1;

    public bool IsBroadcast => Operation.Reach != Shareability.Local;
}

/// <summary>Why a TLBI does not cover a stale record; ordered by how close it comes.</summary>
internal enum TlbiMiss
{
    /// <summary>It covers it.</summary>
    None = 0,

    /// <summary>It comes nowhere near.</summary>
    Unrelated = 1,

    /// <summary>Another address, nearby.</summary>
    Address = 2,

    /// <summary>A range, nearby, that does not hold the address or has the wrong granule.</summary>
    Range = 3,

    /// <summary>Another ASID.</summary>
    Asid = 4,

    /// <summary>Last level only, and the record is a table.</summary>
    LastLevel = 5,

    /// <summary>The TTL hint is wrong.</summary>
    Ttl = 6,

    /// <summary>A range with a TTL hint and a base not aligned to it.</summary>
    Misaligned = 7,

    /// <summary>nXS, and the record's memory has the XS attribute.</summary>
    Nxs = 8,

    /// <summary>This CPU only.</summary>
    Local = 9,

    /// <summary>It would cover it, but no DSB ordered the store before it.</summary>
    Unordered = 10,
}

/// <summary>Which stale records a TLBI covers (DDI 0487 D8.17.5.4: R_VMSWQ, R_ZSXRQ, R_JXKNN, R_CHVGJ, R_LGSCG, R_TVTYQ).</summary>
internal static class TlbiMatch
{
    /// <summary>Why the operation does not touch the record whatever its ASIDs, or none.</summary>
    public static TlbiMiss MatchEntry(in TlbiEvent tlbi, StaleRecord record)
    {
        if (tlbi.IsByAddress)
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

    /// <summary>True when the operation's ASID is one the obligation is about.</summary>
    public static bool MatchesAsid(in TlbiEvent tlbi, in Obligation obligation) => tlbi.Operation.Method switch
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
            if (!obligation.Pending.IsEmpty && MatchesAsid(tlbi, obligation)
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
