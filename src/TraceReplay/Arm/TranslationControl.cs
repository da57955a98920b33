namespace TraceReplay.Arm;

/// <summary>Which register a translation control value was written to: the fields stand in other places.</summary>
public enum ControlLayout
{
    /// <summary>TCR_EL1, and TCR_EL2 with E2H=1.</summary>
    TwoRanges = 0,

    /// <summary>TCR_EL2 with E2H=0.</summary>
    OneRange = 1,

    /// <summary>VTCR_EL2.</summary>
    Stage2 = 2,
}

/// <summary>The fields of TCR_ELx and VTCR_EL2 that table walks and TLBIs depend on.</summary>
/// <param name="Value">Register value.</param>
/// <param name="Layout">Register it is of.</param>
public readonly record struct TranslationControl(ulong Value, ControlLayout Layout = ControlLayout.TwoRanges)
{
    private bool HasTwoRanges => Layout == ControlLayout.TwoRanges;

    /// <summary>A1: TTBR1 holds the ASID of both halves (R_SCBSR).</summary>
    public bool AsidInTtbr1 => HasTwoRanges && Bit(22);

    /// <summary>AS: ASIDs have 16 bits; otherwise 8, and TLBI operands are still matched on 16 (I_ZRWYC). True where there are none.</summary>
    public bool Asid16 => !HasTwoRanges || Bit(36);

    /// <summary>VTCR_EL2.VS: VMIDs have 16 bits; otherwise 8 of the register count (I_MDGYK).</summary>
    public bool Vmid16 => Layout == ControlLayout.Stage2 && Bit(19);

    /// <summary>HA: hardware sets the access flag.</summary>
    public bool HardwareAccessFlag => Bit(HasTwoRanges ? 39 : 21);

    /// <summary>HD: hardware manages dirty state.</summary>
    public bool HardwareDirty => Bit(HasTwoRanges ? 40 : 22);

    /// <summary>DS: 52-bit addresses with 4K and 16K granules; TLBI range bases in 64 KiB units.</summary>
    public bool Ds => Bit(HasTwoRanges ? 59 : 32);

    /// <summary>IPS or PS: 52-bit output addresses.</summary>
    public bool Is52BitOutput => (HasTwoRanges ? Field(34, 32) : Field(18, 16)) >= 6;

    /// <summary>EPDn: no walks from TTBRn.</summary>
    public bool WalksDisabled(int half) => HasTwoRanges ? Bit(half == 0 ? 7 : 23) : half == 1;

    /// <summary>TnSZ.</summary>
    public int Size(int half) => (int)(half == 0 ? Field(5, 0) : Field(21, 16));

    /// <summary>TBIn: the top byte of an address is not translated.</summary>
    public bool IgnoresTopByte(int half) => Bit(half == 0 ? 37 : 38);

    /// <summary>The first address of a range of 2^(64 - TnSZ) bytes at the top of the address space; its complement ends one at the bottom.</summary>
    public ulong FirstOfUpper(int half) => ulong.MaxValue << (64 - Size(half));

    /// <summary>True when an address is in the range of TTBR0 or in that of TTBR1: from bit 64 - TnSZ up, all bits are bit 55.</summary>
    public bool Translates(ulong address)
    {
        var half = (int)(address >> 55) & 1;
        var extended = IgnoresTopByte(half) ? (ulong)((long)(address << 8) >> 8) : address;
        var top = FirstOfUpper(half);
        return (extended & top) == (half == 0 ? 0 : top);
    }

    /// <summary>TGn; TG0 and TG1 are encoded differently. Null for a reserved encoding.</summary>
    public Granule? GranuleOf(int half) => half == 0
        ? Field(15, 14) switch { 0 => Granule.Size4K, 1 => Granule.Size64K, 2 => Granule.Size16K, _ => null }
        : Field(31, 30) switch { 1 => Granule.Size16K, 2 => Granule.Size4K, 3 => Granule.Size64K, _ => null };

    /// <summary>True when a half is walked: not disabled, a granule and a size that exist. False for both of a reset value.</summary>
    public bool IsUsable(int half) => !WalksDisabled(half) && GranuleOf(half) is not null && Size(half) is >= 12 and <= 48;

    /// <summary>Layout of the descriptors of a half; null when the granule is reserved.</summary>
    /// <param name="half">0 or 1.</param>
    /// <param name="secure">True in Secure state.</param>
    /// <param name="features">Features of other registers that give bits another meaning.</param>
    public DescriptorFormat? FormatOf(int half, bool secure, DescriptorFeatures features = DescriptorFeatures.None)
    {
        if (GranuleOf(half) is not { } granule)
        {
            return null;
        }

        var lpa = granule.PageShift == 16 && Is52BitOutput;
        return new DescriptorFormat(
            granule, Ds && granule.PageShift != 16, lpa, HardwareAccessFlag, HardwareDirty, secure, (DescriptorLayout)Layout, features);
    }

    /// <summary>
    /// Start level of stage 2 by SL2 and SL0, or null where the combination is reserved (DDI 0487 VTCR_EL2; R_VCLZN).
    /// </summary>
    public int? Stage2StartLevel
    {
        get
        {
            var sl0 = (int)Field(7, 6);
            var isSmall = GranuleOf(0) is { PageShift: 12 };
            if (Ds && isSmall && Bit(33))
            {
                return sl0 == 0 ? -1 : null;
            }

            if (sl0 == 3)
            {
                return isSmall ? 3 : GranuleOf(0) is { PageShift: 14 } && Ds ? 0 : null;
            }

            return (isSmall ? 2 : 3) - sl0;
        }
    }

    private bool Bit(int bit) => ((Value >> bit) & 1) != 0;

    private ulong Field(int high, int low) => (Value >> low) & ((1UL << (high - low + 1)) - 1);
}
