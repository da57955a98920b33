namespace TraceReplay.Report;

/// <summary>Puts a descriptor into words.</summary>
/// <param name="value">The descriptor.</param>
/// <param name="level">Lookup level -1..3: without it a table and a page look alike.</param>
/// <param name="granuleBytes">4096, 16384 or 65536.</param>
public delegate string DescriptorDecoder(ulong value, int level, int granuleBytes);

/// <summary>The kind and the address of a descriptor.</summary>
/// <remarks>Addresses of 48 bits: the extra bits of 52-bit formats depend on TCR, which a report does not know.</remarks>
public static class DescriptorOutline
{
    private const ulong AddressBits = 0x0000_ffff_ffff_f000;

    /// <summary>Whether the entry ends a walk, and how.</summary>
    public static DescriptorKind Kind(ulong value, int level) => (value & 3, level) switch
    {
        (3, 3) => DescriptorKind.Page,
        (3, _) => DescriptorKind.Table,
        // Bits 1:0 of 0b01 are reserved at level 3 and read as invalid.
        (1, < 3) => DescriptorKind.Block,
        _ => DescriptorKind.Invalid,
    };

    /// <summary>The address the descriptor holds, cut to the granule.</summary>
    public static ulong Address(ulong value, int granuleBytes) => value & AddressBits & ~((ulong)granuleBytes - 1);

    /// <summary>Kind and address in words.</summary>
    public static string Describe(ulong value, int level, int granuleBytes) => Kind(value, level) switch
    {
        DescriptorKind.Invalid => "invalid",
        DescriptorKind.Table => $"table at {AddressText.Format(Address(value, granuleBytes))}",
        DescriptorKind.Block => $"block of {AddressText.Format(Address(value, granuleBytes))}",
        _ => $"page of {AddressText.Format(Address(value, granuleBytes))}",
    };
}

/// <summary>What an entry is to a walk.</summary>
public enum DescriptorKind
{
    /// <summary>The walk ends with a translation fault.</summary>
    Invalid = 0,

    /// <summary>The walk goes on in another table.</summary>
    Table = 1,

    /// <summary>The walk ends above level 3.</summary>
    Block = 2,

    /// <summary>The walk ends at level 3.</summary>
    Page = 3,
}
