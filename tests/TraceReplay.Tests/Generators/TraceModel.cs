using TraceReplay.Arm;

namespace TraceReplay.Tests.Generators;

/// <summary>A table and what it holds.</summary>
internal sealed class GeneratedTable(Granule granule, ulong tableBase, int level, int entries)
{
    public Granule Granule { get; } = granule;

    public ulong Base { get; } = tableBase;

    public int Level { get; } = level;

    public ulong[] Values { get; } = new ulong[entries];

    /// <summary>Entries whose content the trace tells.</summary>
    public HashSet<int> Told { get; } = [];

    public ulong Pa(int index) => Base + ((ulong)index << 3);
}

/// <summary>One level-2 entry of a tree, with what stands below it: nothing, a block or a level-3 table.</summary>
internal sealed class Slot(Tree tree, int index, ulong data)
{
    public Tree Tree { get; } = tree;

    public int Index { get; } = index;

    /// <summary>Output address of the whole slot, aligned to a block; page i of it is i pages further.</summary>
    public ulong Data { get; set; } = data;

    public GeneratedTable? Pages { get; set; }

    public ulong Value => Tree.Level2.Values[Index];

    public bool IsBlock => (Value & 3) == 1;

    public ulong Va => Tree.VaBase + ((ulong)Index << Tree.Level2.Granule.Shift(2));

    public ulong PageVa(int page) => Va + ((ulong)page << Tree.Level2.Granule.PageShift);
}

/// <summary>Whose addresses a tree translates.</summary>
internal enum TreeKind
{
    /// <summary>A process, in TTBR0_EL1.</summary>
    Process = 0,

    /// <summary>The kernel, in TTBR1_EL1.</summary>
    Kernel = 1,

    /// <summary>A guest's memory, stage 2 in VTTBR_EL2.</summary>
    Guest = 2,

    /// <summary>The hypervisor, in TTBR0_EL2.</summary>
    Hypervisor = 3,
}

/// <summary>A tree of tables under one root.</summary>
internal sealed class Tree(TreeKind kind, List<GeneratedTable> path, ulong vaBase, int pid)
{
    public TreeKind Kind { get; } = kind;

    /// <summary>VTTBR_EL2 with this root and its VMID, which is in <see cref="Asid"/>.</summary>
    public ulong Vttbr => Root.Base | ((ulong)Asid << 48);

    /// <summary>The tables from the root to level 2.</summary>
    public List<GeneratedTable> Path { get; } = path;

    public GeneratedTable Root => Path[0];

    public GeneratedTable Level2 => Path[^1];

    /// <summary>Input address of entry 0 of <see cref="Level2"/>.</summary>
    public ulong VaBase { get; } = vaBase;

    public int Pid { get; } = pid;

    /// <summary>ASID; of a guest the VMID, of the hypervisor 0.</summary>
    public ushort Asid { get; set; }

    public List<Slot> Slots { get; } = [];
}

/// <summary>The translation regime of a trace: granule, size of the input addresses, and values of leaves.</summary>
/// <param name="Granule">Granule of both halves.</param>
/// <param name="Size">TnSZ of both halves.</param>
/// <param name="HasHardwareUpdates">TCR_EL1.HA and HD.</param>
/// <param name="GuestSize">VTCR_EL2.T0SZ.</param>
/// <param name="GuestStartLevel">Level of a guest's root.</param>
internal sealed record GeneratedRegime(Granule Granule, int Size, bool HasHardwareUpdates, int GuestSize, int GuestStartLevel)
{
    /// <summary>Attribute indexes: WB, WB Tagged, NC, Device-nGnRnE, Device-nGnRE, WT.</summary>
    public const ulong Mair = 0x0000bb040044f0ff;

    public const int NonCacheable = 2;
    public const int Device = 4;

    public static readonly GeneratedRegime[] All =
    [
        // Guests: 48 bits from level 0, 40 bits from two tables of level 1, and so on.
        new(Granule.Size4K,  16, false, 16, 0),
        new(Granule.Size4K,  25, true,  24, 1),
        new(Granule.Size16K, 17, false, 17, 1),
        new(Granule.Size16K, 28, true,  24, 2),
        new(Granule.Size64K, 22, false, 22, 2),
        new(Granule.Size64K, 16, true,  20, 2),
    ];

    public int StartLevel => Granule.StartLevel(64 - Size);

    public int RootEntries => 1 << (64 - Size - Granule.Shift(StartLevel));

    public int GuestRootEntries => 1 << (64 - GuestSize - Granule.Shift(GuestStartLevel));

    public ulong BlockBytes => Granule.EntrySpan(2);

    public int GroupMembers => ContiguousGeometry.Members(Granule, 3);

    /// <summary>A1=1, AS=1, Inner Shareable write-back walks, both halves of one size.</summary>
    public ulong Tcr
    {
        get
        {
            var tg1 = Granule.PageShift switch { 12 => 2UL, 14 => 1UL, _ => 3UL };
            var updates = HasHardwareUpdates ? (1UL << 39) | (1UL << 40) : 0;
            return (uint)Size | ((uint)Size << 16) | (1UL << 22) | (1UL << 36) | (5UL << 32) | (Tg0 << 14) | (tg1 << 30)
                | (3UL << 12) | (3UL << 28) | updates;
        }
    }

    /// <summary>TCR_EL2 with E2H=0.</summary>
    public ulong HypervisorTcr => 0x8080_0000UL | (uint)Size | (5UL << 16) | (Tg0 << 14) | (3UL << 12);

    /// <summary>VTCR_EL2: VMIDs of 16 bits.</summary>
    public ulong Vtcr
    {
        get
        {
            var sl0 = (ulong)((Granule.PageShift == 12 ? 2 : 3) - GuestStartLevel);
            return 0x8000_0000UL | (uint)GuestSize | (sl0 << 6) | (5UL << 16) | (1UL << 19) | (Tg0 << 14) | (3UL << 12);
        }
    }

    private ulong Tg0 => Granule.PageShift switch { 12 => 0UL, 14 => 2UL, _ => 1UL };

    /// <summary>A leaf: inner shareable, accessed, writable, not executable; of a process non-global and for EL0.</summary>
    public static ulong Leaf(TreeKind kind, int level, ulong address, int attribute = 0) =>
        WithAttribute(kind, address | (level == 3 ? 3UL : 1UL) | DescriptorBits.Shareability | DescriptorBits.AccessFlag | PermissionsOf(kind), attribute);

    /// <summary>A leaf with another memory type, one of the indexes of <see cref="Mair"/>.</summary>
    public static ulong WithAttribute(TreeKind kind, ulong leaf, int attribute)
    {
        if (kind != TreeKind.Guest)
        {
            return (leaf & ~DescriptorBits.AttributeIndex) | ((ulong)attribute << 2);
        }

        var memory = attribute switch { Device => 1UL, NonCacheable => 5UL, _ => 15UL };
        return (leaf & ~(15UL << 2)) | (memory << 2);
    }

    // Stage 2 has S2AP in 7:6, and EL2 with E2H=0 has bit 6 RES1 and one execute-never bit.
    private static ulong PermissionsOf(TreeKind kind) => kind switch
    {
        TreeKind.Process => DescriptorBits.UserExecuteNever | DescriptorBits.PrivilegedExecuteNever | DescriptorBits.NotGlobal | DescriptorBits.UserAccess,
        TreeKind.Kernel => DescriptorBits.UserExecuteNever | DescriptorBits.PrivilegedExecuteNever,
        TreeKind.Guest => DescriptorBits.UserExecuteNever | (3UL << 6),
        _ => DescriptorBits.UserExecuteNever | DescriptorBits.UserAccess,
    };
}
