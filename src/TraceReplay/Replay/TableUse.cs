namespace TraceReplay.Replay;

/// <summary>A table in its place: at which level and input address of which address space.</summary>
public sealed class TableUse
{
    /// <summary>Row id, 1-based in order of creation.</summary>
    public required int Id { get; init; }

    /// <summary>The space it belongs to.</summary>
    public required AddressSpace Space { get; init; }

    /// <summary>Physical address of entry 0.</summary>
    public required ulong Base { get; init; }

    /// <summary>Number of descriptors.</summary>
    public required int Entries { get; init; }

    /// <summary>Lookup level, -1..3.</summary>
    public required int Level { get; init; }

    /// <summary>Input address of entry 0; relative to the root where the space is not rooted.</summary>
    public required ulong IaBase { get; init; }

    /// <summary>The table above; null for a root.</summary>
    public required TableUse? Parent { get; init; }

    /// <summary>Physical address of the descriptor that points here; 0 for a root.</summary>
    public required ulong ParentPa { get; init; }

    /// <summary>Sequence number from which it is in this place.</summary>
    public required long FromSeq { get; init; }

    /// <summary>Its memory, in address order.</summary>
    public required TableFrame[] Frames { get; init; }

    /// <summary>Set while only a stale pointer still reaches it.</summary>
    public StaleRecord? StalePointer { get; internal set; }

    /// <summary>False once it was taken out of its space.</summary>
    public bool IsAttached { get; internal set; } = true;

    /// <summary>True once the trace told the table in this place.</summary>
    internal bool IsTold { get; set; }

    internal TableUse? FirstChild { get; set; }

    internal TableUse? NextSibling { get; set; }

    internal TableUse? PreviousSibling { get; set; }

    /// <summary>True when the descriptor at this physical address is one of its entries.</summary>
    public bool Holds(ulong pa) => pa - Base < (ulong)Entries << 3;

    /// <summary>Index of a descriptor by its physical address.</summary>
    public int IndexOf(ulong pa) => (int)((pa - Base) >> 3);

    /// <summary>Physical address of a descriptor by its index.</summary>
    public ulong PaOf(int index) => Base + ((ulong)index << 3);

    /// <summary>Input address that an entry translates.</summary>
    public ulong IaOf(int index) => IaBase + ((ulong)index << Space.Format.Granule.Shift(Level));

    /// <summary>Frame and index in it of an entry.</summary>
    public (TableFrame Frame, int Index) Locate(int index)
    {
        var pa = PaOf(index);
        var frame = Frames[(int)((pa >> TableFrame.Shift) - (Base >> TableFrame.Shift))];
        return (frame, TableFrame.IndexOf(pa));
    }

    /// <summary>Value of an entry, or null when the trace does not tell it.</summary>
    public ulong? ValueAt(int index)
    {
        var (frame, at) = Locate(index);
        return frame.IsKnown(at) ? frame[at] : null;
    }

    /// <summary>True when it, or a table above it, is reached only by a stale pointer.</summary>
    public bool IsStaleLinked
    {
        get
        {
            for (var use = this; use is not null; use = use.Parent)
            {
                if (use.StalePointer is not null)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
