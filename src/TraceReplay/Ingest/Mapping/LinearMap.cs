namespace TraceReplay.Ingest.Mapping;

/// <summary>Where a kernel maps physical memory linearly: two addresses of one place.</summary>
/// <param name="Virtual">Virtual address.</param>
/// <param name="Physical">Physical address.</param>
public readonly record struct LinearMap(ulong Virtual, ulong Physical)
{
    /// <summary>Physical addresses have at most 52 bits; those of 56 need 128-bit descriptors.</summary>
    internal const int PhysicalBits = 52;

    private const int TopBit = 63;

    /// <summary>The physical address of a virtual one; false when it is in the other half of the address space, or no address at all.</summary>
    internal bool TryTranslate(ulong address, out ulong physical)
    {
        physical = address - Virtual + Physical;
        return physical >> PhysicalBits == 0 && address >> TopBit == Virtual >> TopBit;
    }
}
