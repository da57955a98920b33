namespace TraceReplay.Arm;

/// <summary>The fields of TCR_EL1 (and of TCR_EL2 with E2H=1) that table walks and TLBIs depend on.</summary>
/// <param name="Value">Register value.</param>
public readonly record struct TranslationControl(ulong Value)
{
    /// <summary>A1: TTBR1 holds the ASID of both halves (R_SCBSR).</summary>
    public bool AsidInTtbr1 => Bit(22);

    /// <summary>AS: ASIDs have 16 bits; otherwise 8, and TLBI operands are still matched on 16 (I_ZRWYC).</summary>
    public bool Asid16 => Bit(36);

    /// <summary>HA: hardware sets the access flag.</summary>
    public bool HardwareAccessFlag => Bit(39);

    /// <summary>HD: hardware manages dirty state.</summary>
    public bool HardwareDirty => Bit(40);

    /// <summary>DS: 52-bit addresses with 4K and 16K granules; TLBI range bases in 64 KiB units.</summary>
    public bool Ds => Bit(59);

    /// <summary>IPS: 52-bit output addresses.</summary>
    public bool Is52BitOutput => Field(34, 32) >= 6;

    /// <summary>EPDn: no walks from TTBRn.</summary>
    public bool WalksDisabled(int half) => Bit(half == 0 ? 7 : 23);

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
    public DescriptorFormat? FormatOf(int half, bool secure)
    {
        if (GranuleOf(half) is not { } granule)
        {
            return null;
        }

        var lpa = granule.PageShift == 16 && Is52BitOutput;
        return new DescriptorFormat(granule, Ds && granule.PageShift != 16, lpa, HardwareAccessFlag, HardwareDirty, secure);
    }

    private bool Bit(int bit) => ((Value >> bit) & 1) != 0;

    private ulong Field(int high, int low) => (Value >> low) & ((1UL << (high - low + 1)) - 1);
}
