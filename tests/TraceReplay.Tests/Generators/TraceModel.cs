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

/// <summary>A tree of tables under one root: a process's, or the kernel's.</summary>
internal sealed class Tree(int half, List<GeneratedTable> path, ulong vaBase, int pid)
{
    /// <summary>0 for a process, 1 for the kernel.</summary>
    public int Half { get; } = half;

    public bool IsKernel => Half == 1;

    /// <summary>The tables from the root to level 2.</summary>
    public List<GeneratedTable> Path { get; } = path;

    public GeneratedTable Root => Path[0];

    public GeneratedTable Level2 => Path[^1];

    /// <summary>Input address of entry 0 of <see cref="Level2"/>.</summary>
    public ulong VaBase { get; } = vaBase;

    public int Pid { get; } = pid;

    public ushort Asid { get; set; }

    public List<Slot> Slots { get; } = [];
}

/// <summary>The translation regime of a trace: granule, size of the input addresses, and values of leaves.</summary>
/// <param name="Granule">Granule of both halves.</param>
/// <param name="Size">TnSZ of both halves.</param>
/// <param name="HasHardwareUpdates">TCR_EL1.HA and HD.</param>
internal sealed record GeneratedRegime(Granule Granule, int Size, bool HasHardwareUpdates)
{
    /// <summary>Attribute indexes: WB, WB Tagged, NC, Device-nGnRnE, Device-nGnRE, WT.</summary>
    public const ulong Mair = 0x0000bb040044f0ff;

    public const int NonCacheable = 2;
    public const int Device = 4;

    public static readonly GeneratedRegime[] All =
    [
        new(Granule.Size4K, 16, false),
        new(Granule.Size4K, 25, true),
        new(Granule.Size16K, 17, false),
        new(Granule.Size16K, 28, true),
        new(Granule.Size64K, 22, false),
        new(Granule.Size64K, 16, true),
    ];

    public int StartLevel => Granule.StartLevel(64 - Size);

    public int RootEntries => 1 << (64 - Size - Granule.Shift(StartLevel));

    public ulong BlockBytes => Granule.EntrySpan(2);

    public int GroupMembers => ContiguousGeometry.Members(Granule, 3);

    /// <summary>A1=1, AS=1, Inner Shareable write-back walks, both halves of one size.</summary>
    public ulong Tcr
    {
        get
        {
            var (tg0, tg1) = Granule.PageShift switch { 12 => (0UL, 2UL), 14 => (2UL, 1UL), _ => (1UL, 3UL) };
            var updates = HasHardwareUpdates ? (1UL << 39) | (1UL << 40) : 0;
            return (uint)Size | ((uint)Size << 16) | (1UL << 22) | (1UL << 36) | (5UL << 32) | (tg0 << 14) | (tg1 << 30)
                | (3UL << 12) | (3UL << 28) | updates;
        }
    }

    /// <summary>A leaf: inner shareable, accessed, not executable; of a process non-global and for EL0.</summary>
    public static ulong Leaf(bool isKernel, int level, ulong address, int attribute = 0, bool isReadOnly = false, bool isContiguous = false)
    {
        var leaf = address | (level == 3 ? 3UL : 1UL) | ((ulong)attribute << 2) | DescriptorBits.Shareability | DescriptorBits.AccessFlag
            | DescriptorBits.UserExecuteNever | DescriptorBits.PrivilegedExecuteNever;
        leaf |= isKernel ? 0 : DescriptorBits.NotGlobal | DescriptorBits.UserAccess;
        leaf |= isReadOnly ? DescriptorBits.ReadOnly : 0;
        return leaf | (isContiguous ? DescriptorBits.Contiguous : 0);
    }
}
