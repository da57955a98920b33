namespace TraceReplay.Arm;

/// <summary>Geometry of one translation granule: 4K, 16K or 64K.</summary>
/// <param name="PageShift">log2 of the page size: 12, 14 or 16.</param>
/// <remarks>DDI 0487, tables D8-16, D8-26 and D8-35: a descriptor is 8 bytes and a full table is one page.</remarks>
public readonly record struct Granule(int PageShift)
{
    public static readonly Granule Size4K = new(12);
    public static readonly Granule Size16K = new(14);
    public static readonly Granule Size64K = new(16);

    /// <summary>Page size in bytes.</summary>
    public int Bytes => 1 << PageShift;

    /// <summary>Input address bits that one full level resolves: 9, 11 or 13.</summary>
    public int IndexBits => PageShift - 3;

    /// <summary>Descriptors in a full table: 512, 2048 or 8192.</summary>
    public int EntriesPerTable => 1 << IndexBits;

    /// <summary>Lowest input address bit that the index of a level is taken from; 2^shift is what one entry translates.</summary>
    public int Shift(int level) => (IndexBits * (4 - level)) + 3;

    /// <summary>Bytes of input address that one entry of a level translates.</summary>
    public ulong EntrySpan(int level) => 1UL << Shift(level);

    /// <summary>Base of the page that holds a physical address.</summary>
    public ulong PageOf(ulong address) => address & ~((1UL << PageShift) - 1);

    /// <summary>The granule of that many bytes, or null when Arm has none.</summary>
    public static Granule? FromBytes(long bytes) => bytes switch
    {
        4096 => Size4K,
        16384 => Size16K,
        65536 => Size64K,
        _ => null,
    };

    /// <summary>Start level of an input address width: <c>4 - ceil((bits - pageShift) / (pageShift - 3))</c>.</summary>
    /// <remarks>DDI 0487 tables D8-18, D8-28, D8-37; rule R_KBLCR.</remarks>
    public int StartLevel(int inputAddressBits) => 4 - ((inputAddressBits - PageShift + IndexBits - 1) / IndexBits);

    public override string ToString() => $"{Bytes >> 10}K";
}
