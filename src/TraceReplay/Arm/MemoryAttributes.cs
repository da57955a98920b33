namespace TraceReplay.Arm;

/// <summary>What one byte of MAIR_ELx says, reduced to what break-before-make asks about.</summary>
/// <param name="IsDevice">Device memory.</param>
/// <param name="DeviceType">Bits 3:2 of a Device byte: nGnRnE, nGnRE, nGRE, GRE.</param>
/// <param name="Inner">Inner cacheability of Normal memory.</param>
/// <param name="Outer">Outer cacheability of Normal memory.</param>
/// <param name="Xs">The XS attribute (FEAT_XS): an nXS TLBI need not touch entries that have it.</param>
public readonly record struct MemoryAttributes(bool IsDevice, int DeviceType, Cacheability Inner, Cacheability Outer, bool Xs)
{
    private static readonly string[] DeviceNames = ["Device-nGnRnE", "Device-nGnRE", "Device-nGRE", "Device-GRE"];

    /// <summary>Device and Normal Non-cacheable are always Outer Shareable, whatever SH says.</summary>
    public bool IgnoresShareability => IsDevice || (Inner == Cacheability.NonCacheable && Outer == Cacheability.NonCacheable);

    /// <summary>Decodes one MAIR byte; allocation and transient hints are not part of the result (DDI 0487 D24.2, D8.7.4).</summary>
    public static MemoryAttributes Decode(byte attribute)
    {
        if ((attribute & 0xf0) == 0 && (attribute & 2) == 0)
        {
            return new MemoryAttributes(true, attribute >> 2, default, default, (attribute & 1) == 0);
        }

        switch (attribute)
        {
            case 0x40:
                return new MemoryAttributes(false, 0, Cacheability.NonCacheable, Cacheability.NonCacheable, false);
            case 0xa0:
                return new MemoryAttributes(false, 0, Cacheability.WriteThrough, Cacheability.WriteThrough, false);
            case 0xf0:
                return new MemoryAttributes(false, 0, Cacheability.WriteBack, Cacheability.WriteBack, false);
            default:
                var outer = DecodeNibble(attribute >> 4);
                var inner = DecodeNibble(attribute & 15);
                var writeBack = inner == Cacheability.WriteBack && outer == Cacheability.WriteBack;
                return new MemoryAttributes(false, 0, inner, outer, !writeBack);
        }
    }

    /// <summary>Decodes MemAttr of a stage-2 leaf (table D8-53; HCR_EL2.FWB).</summary>
    /// <param name="attribute">MemAttr[3:0].</param>
    /// <param name="forcedWriteBack">HCR_EL2.FWB.</param>
    /// <returns>Null where the memory is what stage 1 says, and for a reserved encoding.</returns>
    public static MemoryAttributes? DecodeStage2(int attribute, bool forcedWriteBack)
    {
        if (forcedWriteBack)
        {
            return (attribute & 7) switch
            {
                < 4 => new MemoryAttributes(true, attribute & 3, default, default, true),
                5 => new MemoryAttributes(false, 0, Cacheability.NonCacheable, Cacheability.NonCacheable, true),
                6 => new MemoryAttributes(false, 0, Cacheability.WriteBack, Cacheability.WriteBack, false),
                _ => null,
            };
        }

        if ((attribute >> 2) == 0)
        {
            return new MemoryAttributes(true, attribute & 3, default, default, true);
        }

        return (attribute & 3) == 0
            ? null
            : new MemoryAttributes(false, 0, DecodeTwoBits(attribute & 3), DecodeTwoBits(attribute >> 2), attribute != 15);
    }

    public override string ToString()
    {
        if (IsDevice)
        {
            return DeviceNames[DeviceType];
        }

        return Inner == Outer ? $"Normal-{Short(Inner)}" : $"Normal-i{Short(Inner)}-o{Short(Outer)}";
    }

    // 0100 NC; 00RW with RW != 0 and 10RW are write-through; 01RW with RW != 0 and 11RW are write-back.
    private static Cacheability DecodeNibble(int nibble) => nibble switch
    {
        4 => Cacheability.NonCacheable,
        < 4 => Cacheability.WriteThrough,
        < 8 => Cacheability.WriteBack,
        < 12 => Cacheability.WriteThrough,
        _ => Cacheability.WriteBack,
    };

    private static Cacheability DecodeTwoBits(int field) => field switch
    {
        1 => Cacheability.NonCacheable,
        2 => Cacheability.WriteThrough,
        _ => Cacheability.WriteBack,
    };

    private static string Short(Cacheability cacheability) => cacheability switch
    {
        Cacheability.NonCacheable => "NC",
        Cacheability.WriteThrough => "WT",
        _ => "WB",
    };
}
