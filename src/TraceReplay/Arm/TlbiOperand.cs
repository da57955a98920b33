namespace TraceReplay.Arm;

/// <summary>Why a TLBI can invalidate nothing, whatever is cached.</summary>
public enum TlbiDefect
{
    /// <summary>It can.</summary>
    None = 0,

    /// <summary>The TTL hint names another granule than the translation uses (R_SQXYZ).</summary>
    TtlGranule = 1,

    /// <summary>The range's TG is reserved or another granule than the translation uses (R_XKMMX).</summary>
    RangeGranule = 2,

    /// <summary>The range has a TTL hint and its base is not aligned to that level (I_TYBWT).</summary>
    RangeMisaligned = 3,

    /// <summary>ASIDs have 8 bits and the operand's upper 8 are not zero (I_ZRWYC).</summary>
    AsidTooWide = 4,
}

/// <summary>The operand of a TLBI by address, decoded for one granule.</summary>
/// <param name="Start">First input address covered: a virtual one, or an IPA for stage 2.</param>
/// <param name="Last">Last input address covered.</param>
/// <param name="Asid">ASID field.</param>
/// <param name="LeafLevel">Level that the TTL hint gives to the leaves, or null for none given.</param>
/// <param name="Defect">Why it can invalidate nothing.</param>
/// <remarks>
/// DDI 0487: I_ZVNJG and R_JGGKN for the single form (ASID [63:48], TTL [47:44], VA[55:12] in [43:0]), I_QPHNP, I_XPNPP,
/// R_QKRKL and I_HKYNQ for the range form (ASID [63:48], TG [47:46], SCALE [45:44], NUM [43:39], TTL [38:37], BaseADDR [36:0]);
/// I_CPNYZ for stage 2 (TTL [47:44], IPA[51:12] in [39:0]; NS in bit 63 is not looked at).
/// </remarks>
public readonly record struct TlbiOperand(ulong Start, ulong Last, ushort Asid, int? LeafLevel, TlbiDefect Defect)
{
    /// <summary>Decodes an operand for an address operation.</summary>
    /// <param name="operation">The operation; by address.</param>
    /// <param name="operand">Raw Xt.</param>
    /// <param name="granule">Granule of the translations.</param>
    /// <param name="ds">TCR_ELx.DS: range bases are in 64 KiB units.</param>
    /// <param name="hasTtl">False on CPUs without FEAT_TTL, where the field is RES0. Null when not known.</param>
    public static TlbiOperand Decode(TlbiOperation operation, ulong operand, Granule granule, bool ds, bool? hasTtl)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var isIpa = operation.Method == TlbiMethod.Ipa;
        return operation.IsRange ? DecodeRange(operand, granule, ds, isIpa) : DecodeSingle(operand, granule, ds, hasTtl, isIpa);
    }

    private static TlbiOperand DecodeSingle(ulong operand, Granule granule, bool ds, bool? hasTtl, bool isIpa)
    {
        var asid = isIpa ? (ushort)0 : (ushort)(operand >> 48);
        var address = isIpa ? (operand & ((1UL << 40) - 1)) << 12 : SignExtend(operand << 12, 55);

        // 16K ignores operand bits 1:0 and 64K bits 3:0 (I_HQTLK).
        var start = granule.PageOf(address);
        var last = start + (ulong)granule.Bytes - 1;

        // VA>>12 passed unmasked leaves the sign bits of a kernel address in 51:44. Where it is not known that the CPU has
        // FEAT_TTL these are no hint.
        var ttl = (int)(operand >> 44) & 15;
        var unmaskedAddress = hasTtl is null && ((operand >> 44) & 0xff) == 0xff;
        if (ttl == 0 || hasTtl == false || unmaskedAddress)
        {
            return new TlbiOperand(start, last, asid, null, TlbiDefect.None);
        }

        var (level, defect) = DecodeTtl(ttl, granule, ds);
        return new TlbiOperand(start, last, asid, level, defect);
    }

    private static (int? Level, TlbiDefect Defect) DecodeTtl(int ttl, Granule granule, bool ds)
    {
        var pageShift = (ttl >> 2) switch { 1 => 12, 2 => 14, 3 => 16, _ => 0 };
        var level = ttl & 3;
        if (pageShift == 0)
        {
            return (null, TlbiDefect.None);
        }

        if (pageShift != granule.PageShift)
        {
            return (null, TlbiDefect.TtlGranule);
        }

        var isHint = pageShift switch
        {
            12 => level != 0 || ds,
            14 => level > 1 || (level == 1 && ds),
            _ => level != 0,
        };
        return (isHint ? level : null, TlbiDefect.None);
    }

    private static TlbiOperand DecodeRange(ulong operand, Granule granule, bool ds, bool isIpa)
    {
        var asid = isIpa ? (ushort)0 : (ushort)(operand >> 48);
        var pageShift = ((operand >> 46) & 3) switch { 1 => 12, 2 => 14, 3 => 16, _ => 0 };
        var scale = (int)(operand >> 44) & 3;
        var number = (int)(operand >> 39) & 31;
        var ttl = (int)(operand >> 37) & 3;
        var baseShift = ds ? 16 : pageShift;
        var start = (operand & ((1UL << 37) - 1)) << baseShift;
        start = isIpa ? start : SignExtend(start, 36 + baseShift);
        var length = (ulong)(number + 1) << ((5 * scale) + 1 + pageShift);
        var last = start + length - 1;
        if (last < start)
        {
            // A range does not wrap from the upper half into the lower one (R_QNPXY).
            last = ulong.MaxValue;
        }

        if (pageShift != granule.PageShift)
        {
            return new TlbiOperand(start, last, asid, null, TlbiDefect.RangeGranule);
        }

        int? level = ttl == 0 || (ttl == 1 && pageShift == 14 && !ds) ? null : ttl;
        var misaligned = level is { } hint && (start & (granule.EntrySpan(hint) - 1)) != 0;
        return new TlbiOperand(start, last, asid, level, misaligned ? TlbiDefect.RangeMisaligned : TlbiDefect.None);
    }

    private static ulong SignExtend(ulong value, int topBit)
    {
        var shift = 63 - topBit;
        return (ulong)((long)(value << shift) >> shift);
    }
}
