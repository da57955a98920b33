namespace TraceReplay.Arm;

/// <summary>What a descriptor is after its type decode.</summary>
public enum DescriptorKind
{
    /// <summary>Bit 0 clear, or an encoding that the level does not have: never cached, all other bits are software's.</summary>
    Invalid = 0,

    /// <summary>Points to the table of the next level.</summary>
    Table = 1,

    /// <summary>Leaf above level 3.</summary>
    Block = 2,

    /// <summary>Leaf at level 3.</summary>
    Page = 3,
}

/// <summary>How the descriptors of one regime and stage are laid out (VMSAv8-64, stage 1).</summary>
/// <param name="Granule">Translation granule.</param>
/// <param name="Ds">TCR_ELx.DS: 52-bit addresses with 4K and 16K, OA[51:50] in bits 9:8 and no SH field.</param>
/// <param name="Lpa">64K with 52-bit addresses: OA[51:48] in bits 15:12.</param>
/// <param name="HardwareAccessFlag">TCR_ELx.HA: hardware may set AF at any time, so AF=0 does not keep an entry out of a TLB.</param>
/// <param name="HardwareDirty">TCR_ELx.HD: DBM makes a read-only leaf writable by hardware update. Null when not known.</param>
/// <param name="Secure">True where bit 5 is NS, an output address space selector; otherwise it is RES0.</param>
public readonly record struct DescriptorFormat(
    Granule Granule, bool Ds, bool Lpa, bool HardwareAccessFlag, bool? HardwareDirty, bool Secure)
{
    /// <summary>Type decode; needs the level, for 0b11 is a table above level 3 and a page at it (R_KHVQT, table D8-48).</summary>
    public DescriptorKind Kind(ulong value, int level)
    {
        if ((value & 1) == 0)
        {
            return DescriptorKind.Invalid;
        }

        if (level == 3)
        {
            return (value & 2) != 0 ? DescriptorKind.Page : DescriptorKind.Invalid;
        }

        if ((value & 2) != 0)
        {
            return DescriptorKind.Table;
        }

        return AllowsBlock(level) ? DescriptorKind.Block : DescriptorKind.Invalid;
    }

    /// <summary>True for the levels that may hold a block (tables D8-17, D8-27, D8-36).</summary>
    public bool AllowsBlock(int level) => Granule.PageShift switch
    {
        12 => level is 1 or 2 || (level == 0 && Ds),
        14 => level == 2 || (level == 1 && Ds),
        _ => level == 2 || (level == 1 && Lpa),
    };

    /// <summary>
    /// True when a TLB or walk cache may hold the value: valid, and a leaf with AF=1, or with AF=0 where hardware may set it
    /// (R_XCLRD, R_XFXTY, R_LHQRX).
    /// </summary>
    public bool IsCacheable(ulong value, int level)
    {
        // Bit 0 decides most stores.
        if ((value & 1) == 0)
        {
            return false;
        }

        var kind = Kind(value, level);
        return kind == DescriptorKind.Table
            || (kind != DescriptorKind.Invalid && ((value & DescriptorBits.AccessFlag) != 0 || HardwareAccessFlag));
    }

    /// <summary>Output address of a leaf (tables D8-50 to D8-53; R_QGLQX, R_CDLYH).</summary>
    public ulong OutputAddress(ulong value, int level) => Address(value, Granule.Shift(level));

    /// <summary>Physical address of the table a table descriptor points to.</summary>
    public ulong NextTable(ulong value) => Address(value, Granule.PageShift);

    /// <summary>Members of the contiguous group at a level, 0 where bit 52 is RES0 (R_HMQXG).</summary>
    public int GroupMembers(int level)
    {
        if ((level == 1 && Granule.PageShift == 14) || (level == 0) || (level == 1 && Granule.PageShift == 16))
        {
            return 0;
        }

        return ContiguousGeometry.Members(Granule, level);
    }

    /// <summary>True when software may store through the leaf: AP[2]=0, or DBM=1 with hardware dirty state possibly on.</summary>
    public bool IsWritable(ulong value) =>
        (value & DescriptorBits.ReadOnly) == 0 || ((value & DescriptorBits.Dbm) != 0 && HardwareDirty != false);

    /// <summary>Bits of a leaf that hold its output address.</summary>
    public ulong OutputAddressMask(int level)
    {
        var shift = Granule.Shift(level);
        if (Ds)
        {
            return Bits(49, shift) | DescriptorBits.Shareability;
        }

        return Bits(47, shift) | (Lpa ? Bits(15, 12) : 0);
    }

    private ulong Address(ulong value, int shift)
    {
        if (Ds)
        {
            return (value & Bits(49, shift)) | ((value & DescriptorBits.Shareability) << (50 - 8));
        }

        var address = value & Bits(47, shift);
        return Lpa ? address | ((value & Bits(15, 12)) << (48 - 12)) : address;
    }

    private static ulong Bits(int high, int low) => (ulong.MaxValue >> (63 - high)) & (ulong.MaxValue << low);
}
