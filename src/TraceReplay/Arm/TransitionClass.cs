namespace TraceReplay.Arm;

/// <summary>What kind of change an old and a new descriptor value make; the names are those printed as T1..T30.</summary>
public enum TransitionClass
{
    /// <summary>Not classified.</summary>
    None = 0,

    /// <summary>Not cacheable to cacheable.</summary>
    Make = 1,

    /// <summary>To or from a leaf with AF=0 that no TLB may hold.</summary>
    AccessFlagClearLeaf = 2,

    /// <summary>Cacheable to not cacheable.</summary>
    Break = 3,

    /// <summary>Equal but for ignored bits.</summary>
    Rewrite = 4,

    /// <summary>AF 0 to 1, or dirty state set.</summary>
    AccessFlagSet = 5,

    /// <summary>AF 1 to 0, or dirty state cleared.</summary>
    AccessFlagClear = 6,

    /// <summary>Software bits only.</summary>
    SoftwareBits = 7,

    /// <summary>Permissions relaxed.</summary>
    PermissionRelax = 8,

    /// <summary>Permissions restricted.</summary>
    PermissionRestrict = 9,

    /// <summary>Permissions in a table descriptor, effective over all that lies below.</summary>
    TablePermission = 10,

    /// <summary>Device against Normal, or another Device type.</summary>
    MemoryType = 11,

    /// <summary>Inner or outer cacheability.</summary>
    CacheabilityChange = 12,

    /// <summary>Effective shareability.</summary>
    ShareabilityChange = 13,

    /// <summary>Non-global to global.</summary>
    NonGlobalToGlobal = 14,

    /// <summary>Global to non-global.</summary>
    GlobalToNonGlobal = 15,

    /// <summary>Output address, and either side is writable.</summary>
    OutputAddress = 16,

    /// <summary>Output address, both sides read-only, contents equal.</summary>
    OutputAddressSameData = 17,

    /// <summary>Output address, both sides read-only, contents not known to be equal.</summary>
    OutputAddressReadOnly = 18,

    /// <summary>Output address space.</summary>
    OutputAddressSpace = 19,

    /// <summary>Block to table, translations equal.</summary>
    Split = 20,

    /// <summary>Table to block, translations equal.</summary>
    Fuse = 21,

    /// <summary>Block against table with another change that needs break-before-make.</summary>
    SizeAndOther = 22,

    /// <summary>Block against table with other permissions in part of the range.</summary>
    SizeAndPermission = 23,

    /// <summary>Table to another table, translations equal.</summary>
    TableSwapEqual = 24,

    /// <summary>Table to another table, some translation differs.</summary>
    TableSwapDifferent = 25,

    /// <summary>Contiguous bit alone.</summary>
    ContiguousChange = 26,

    /// <summary>Contiguous bit with another change that needs break-before-make.</summary>
    ContiguousAndOther = 27,

    /// <summary>Permission change of part of a contiguous group.</summary>
    ContiguousPartPermission = 28,

    /// <summary>nT of a block.</summary>
    NoTranslateBit = 29,

    /// <summary>XS, PBHA, guarded page or Tagged.</summary>
    UnlistedAttribute = 30,
}
