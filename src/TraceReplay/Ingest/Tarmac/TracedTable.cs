using TraceReplay.Arm;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>A page, or a part of one, that is a translation table.</summary>
/// <param name="start">Physical address.</param>
/// <param name="level">Lookup level.</param>
/// <param name="entries">Number of descriptors.</param>
/// <param name="format">Layout of its descriptors.</param>
/// <param name="isRoot">True for one that a TTBR named first.</param>
internal sealed class TracedTable(ulong start, int level, int entries, DescriptorFormat format, bool isRoot)
{
    public ulong Base { get; } = start;

    public int Level { get; } = level;

    public int Entries { get; } = entries;

    public DescriptorFormat Format { get; } = format;

    /// <summary>True where a TTBR named it: nothing else need point to it.</summary>
    public bool IsRoot { get; } = isRoot;

    /// <summary>Descriptors that point to it, and CPUs that have it loaded.</summary>
    public int Links { get; set; }

    /// <summary>Valid descriptors in it.</summary>
    public int Valid { get; set; }

    /// <summary>Stores it may still get as a table that nothing needs before it is taken for another page.</summary>
    public int StoresLeft { get; set; }

    /// <summary>True where nothing points to it and, of a root, nothing is in it.</summary>
    public bool IsIdle => Links == 0 && (!IsRoot || Valid == 0);

    public ulong End => Base + ((ulong)Entries << 3);

    public bool Holds(ulong pa) => pa >= Base && pa < End;

    public bool Overlaps(ulong from, ulong to) => from < End && to > Base;
}
