namespace TraceReplay.Arm;

/// <summary>Bits that must be written as zero: of descriptors (DDI 0487, tables D8-50 to D8-53) and of TTBRn_ELx.</summary>
public static class ReservedBits
{
    /// <summary>Number of <see cref="DescriptorKind"/> values.</summary>
    public const int Kinds = 4;

    /// <summary>The RES0 bits of every kind at every level, -1 first.</summary>
    public static ulong[] OfFormat(DescriptorFormat format)
    {
        var reserved = new ulong[5 * Kinds];
        for (var i = 0; i < reserved.Length; i++)
        {
            reserved[i] = OfDescriptor(format, (DescriptorKind)(i % Kinds), (i / Kinds) - 1);
        }

        return reserved;
    }

    /// <summary>
    /// RES0 bits of a valid descriptor, in and around its address. Bits that are RES0 only without an optional feature that the trace does
    /// not tell (nT, GP, DBM) are not among them, nor are ignored ones.
    /// </summary>
    /// <param name="format">Descriptor layout.</param>
    /// <param name="kind">Table, block or page; nothing is reserved in an invalid descriptor.</param>
    /// <param name="level">Lookup level.</param>
    public static ulong OfDescriptor(DescriptorFormat format, DescriptorKind kind, int level)
    {
        if (kind == DescriptorKind.Invalid)
        {
            return 0;
        }

        // What lies between the attributes and the address, and above the address.
        var shift = kind == DescriptorKind.Table ? format.Granule.PageShift : format.Granule.Shift(level);
        var reserved = Bits(shift - 1, 12) | (format.Ds ? 0 : Bits(49, 48));
        if (format.Lpa)
        {
            reserved &= ~Bits(15, 12);
        }

        if (kind == DescriptorKind.Block)
        {
            reserved &= ~DescriptorBits.NoTranslate;
        }

        return kind == DescriptorKind.Table || format.Secure || format.IsStage2 ? reserved : reserved | DescriptorBits.NonSecure;
    }

    /// <summary>
    /// The bits of a TTBR that must be zero and are not: those below the alignment of the table (K1.2.5: the base address is then
    /// CONSTRAINED UNPREDICTABLE).
    /// </summary>
    /// <param name="register">Bits 47:1 of TTBRn_ELx or VTTBR_EL2, in place.</param>
    /// <param name="entries">Descriptors in the first table; concatenated ones count together.</param>
    /// <param name="is52Bit">True for the 52-bit form: bits 5:2 are address bits 51:48, and a table is aligned to 64 bytes at least.</param>
    public static ulong MisalignedBits(ulong register, int entries, bool is52Bit)
    {
        var tableBytes = Math.Max((ulong)entries << 3, is52Bit ? 64UL : 8UL);
        return register & (tableBytes - 1) & ~(is52Bit ? Bits(5, 2) : 0);
    }

    private static ulong Bits(int high, int low) =>
        high < low ? 0 : (ulong.MaxValue >> (63 - high)) & (ulong.MaxValue << low);
}
