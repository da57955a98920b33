namespace TraceReplay.Arm;

/// <summary>The shape of a root table, and where a TTBR says it is.</summary>
/// <param name="Format">Layout of its descriptors.</param>
/// <param name="Level">Lookup level of the root.</param>
/// <param name="Entries">Number of descriptors.</param>
/// <param name="VaBase">First input address of the half.</param>
public readonly record struct RootShape(DescriptorFormat Format, int Level, int Entries, ulong VaBase)
{
    // Tables of fewer entries are aligned all the same (I_TBPFK).
    private const ulong LeastAlignment = 64;

    /// <summary>The root of a half by a translation control register; null where that switches walks off or describes no tree.</summary>
    /// <param name="control">TCR_ELx or VTCR_EL2.</param>
    /// <param name="half">0 or 1.</param>
    /// <param name="secure">True in Secure state.</param>
    /// <param name="features">Features of other registers that give descriptor bits another meaning.</param>
    public static RootShape? Of(
        TranslationControl control, int half, bool secure = false, DescriptorFeatures features = DescriptorFeatures.None)
    {
        if (!control.IsUsable(half) || control.FormatOf(half, secure, features) is not { } format)
        {
            return null;
        }

        var width = 64 - control.Size(half);
        if (control.Layout == ControlLayout.Stage2)
        {
            return control.Stage2StartLevel is { } startLevel ? Stage2(format, width, startLevel) : null;
        }

        // 64K tables end at level 1; a smaller start level than the granule has would be a reserved size.
        var level = format.Granule.StartLevel(width);
        return level is < -1 or > 3 ? null : Stage1(format, half, width, level);
    }

    /// <summary>A root of stage 1. It has at most a full table of entries, and a level that the granule has.</summary>
    /// <param name="format">Layout of its descriptors.</param>
    /// <param name="half">0 or 1.</param>
    /// <param name="bits">Width of input addresses.</param>
    /// <param name="level">Lookup level of the root.</param>
    public static RootShape? Stage1(DescriptorFormat format, int half, int bits, int level)
    {
        var indexBits = bits - format.Granule.Shift(level);
        if (indexBits < 0 || indexBits > format.Granule.IndexBits)
        {
            return null;
        }

        return new RootShape(format, level, 1 << indexBits, half == 0 ? 0 : ulong.MaxValue << bits);
    }

    /// <summary>Physical address of the root that a TTBR or VTTBR names.</summary>
    public ulong BaseOf(ulong ttbr)
    {
        var is52Bit = Format.Ds || Format.Lpa;
        var address = is52Bit ? (ttbr & 0x0000_ffff_ffff_ffc0) | ((ttbr & 0x3c) << 46) : ttbr & 0x0000_ffff_ffff_fffe;
        return address & ~(Math.Max((ulong)Entries << 3, LeastAlignment) - 1);
    }

    // Up to sixteen tables of the start level stand side by side as one (R_VCLZN).
    private static RootShape? Stage2(DescriptorFormat format, int bits, int level)
    {
        var indexBits = bits - format.Granule.Shift(level);
        var concatenated = Math.Max(0, indexBits - format.Granule.IndexBits);
        return indexBits < 0 || concatenated > 4 ? null : new RootShape(format, level, 1 << indexBits, 0);
    }
}
