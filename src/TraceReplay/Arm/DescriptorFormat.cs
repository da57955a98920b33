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

/// <summary>Which fields the leaves of a regime and stage have.</summary>
public enum DescriptorLayout
{
    /// <summary>Stage 1 with two address ranges and two privilege levels: EL1&amp;0, EL2&amp;0 (table D8-52).</summary>
    TwoRanges = 0,

    /// <summary>Stage 1 with one range and one privilege level: EL2. No nG, no AP[1], one XN bit.</summary>
    OneRange = 1,

    /// <summary>Stage 2 (table D8-53): S2AP, XN[1:0], MemAttr, no nG.</summary>
    Stage2 = 2,
}

/// <summary>Optional features that give bits of a descriptor another meaning.</summary>
[Flags]
public enum DescriptorFeatures
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>HCR_EL2.FWB: MemAttr of stage 2 has another encoding.</summary>
    ForcedWriteBack = 1,

    /// <summary>TCR2_ELx.PIE: permissions by PIIndex, bits 54, 53, 51 and 6; bit 7 is nDirty.</summary>
    PermissionIndirection = 2,

    /// <summary>TCR2_ELx.POE: bits 62:60 are POIndex, a permission.</summary>
    PermissionOverlay = 4,

    /// <summary>TCR2_ELx.AIE: bit 59 is AttrIndx[3].</summary>
    AttributeIndexExtension = 8,

    /// <summary>TCR2_ELx.PnCH: bit 52 is Protected, there is no Contiguous bit.</summary>
    Protected = 16,

    /// <summary>Chosen: allocation hints are part of cacheability.</summary>
    CompareCacheHints = 32,

    /// <summary>Chosen: SH is compared as it stands, also where it has no effect.</summary>
    CompareRawShareability = 64,

    /// <summary>Chosen: a leaf with AF=0 is never cached.</summary>
    ClearAccessFlagBreaks = 128,

    /// <summary>Chosen: a leaf with AF=0 may be cached.</summary>
    ClearAccessFlagCached = 256,

    /// <summary>Chosen: a block encoding at a level that has none is a block.</summary>
    ReservedBlocks = 512,
}

/// <summary>How the descriptors of one regime and stage are laid out (VMSAv8-64).</summary>
/// <param name="Granule">Translation granule.</param>
/// <param name="Ds">TCR_ELx.DS: 52-bit addresses with 4K and 16K, OA[51:50] in bits 9:8 and no SH field.</param>
/// <param name="Lpa">64K with 52-bit addresses: OA[51:48] in bits 15:12.</param>
/// <param name="HardwareAccessFlag">TCR_ELx.HA: hardware may set AF at any time, so AF=0 does not keep an entry out of a TLB.</param>
/// <param name="HardwareDirty">TCR_ELx.HD: DBM makes a read-only leaf writable by hardware update. Null when not known.</param>
/// <param name="Secure">True where bit 5 is NS, an output address space selector; otherwise it is RES0.</param>
/// <param name="Layout">Fields that the leaves have.</param>
/// <param name="Features">Features that give bits another meaning.</param>
public readonly record struct DescriptorFormat(
    Granule Granule, bool Ds, bool Lpa, bool HardwareAccessFlag, bool? HardwareDirty, bool Secure,
    DescriptorLayout Layout = DescriptorLayout.TwoRanges, DescriptorFeatures Features = DescriptorFeatures.None)
{
    /// <summary>True for stage 2.</summary>
    public bool IsStage2 => Layout == DescriptorLayout.Stage2;

    /// <summary>True when a feature is on.</summary>
    public bool Has(DescriptorFeatures feature) => (Features & feature) != 0;

    /// <summary>
    /// True for a leaf that answers under every ASID: nG=0; every leaf of a regime without ASIDs (R_SHVGC); none of stage 2, whose
    /// entries are all tagged with the VMID.
    /// </summary>
    public bool IsGlobal(ulong leaf) => Layout switch
    {
        DescriptorLayout.TwoRanges => (leaf & DescriptorBits.NotGlobal) == 0,
        DescriptorLayout.OneRange => true,
        _ => false,
    };

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

        return AllowsBlock(level) || Has(DescriptorFeatures.ReservedBlocks) ? DescriptorKind.Block : DescriptorKind.Invalid;
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
            || (kind != DescriptorKind.Invalid && ((value & DescriptorBits.AccessFlag) != 0 || ClearAccessFlagIsCached));
    }

    private bool ClearAccessFlagIsCached =>
        (HardwareAccessFlag || Has(DescriptorFeatures.ClearAccessFlagCached)) && !Has(DescriptorFeatures.ClearAccessFlagBreaks);

    /// <summary>Output address of a leaf (tables D8-50 to D8-53; R_QGLQX, R_CDLYH).</summary>
    public ulong OutputAddress(ulong value, int level) => Address(value, Granule.Shift(level));

    /// <summary>Physical address of the table a table descriptor points to.</summary>
    public ulong NextTable(ulong value) => Address(value, Granule.PageShift);

    /// <summary>Members of the contiguous group at a level, 0 where bit 52 is RES0 (R_HMQXG).</summary>
    public int GroupMembers(int level)
    {
        if (Has(DescriptorFeatures.Protected))
        {
            return 0;
        }

        if ((level == 1 && Granule.PageShift == 14) || (level == 0) || (level == 1 && Granule.PageShift == 16))
        {
            return 0;
        }

        return ContiguousGeometry.Members(Granule, level);
    }

    /// <summary>
    /// True when software may store through the leaf: AP[2]=0 (stage 2: S2AP[1]=1), or DBM=1 with hardware dirty state possibly on.
    /// Permissions by PIIndex are taken to allow it.
    /// </summary>
    public bool IsWritable(ulong value)
    {
        if (Has(DescriptorFeatures.PermissionIndirection))
        {
            return true;
        }

        var grants = ((value & DescriptorBits.ReadOnly) == 0) != IsStage2;
        return grants || ((value & DescriptorBits.Dbm) != 0 && HardwareDirty != false);
    }

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
