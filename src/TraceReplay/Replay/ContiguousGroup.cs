using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>One group of adjacent descriptors that the Contiguous bit speaks about, while it is updated.</summary>
/// <param name="use">Table, in its place.</param>
/// <param name="first">Index of member 0.</param>
/// <param name="members">Number of members.</param>
internal sealed class ContiguousGroup(TableUse use, int first, int members)
{
    private const int MaxMembers = 128;

    private readonly ulong[] _written = new ulong[MaxMembers / 64];

    public TableUse Use { get; } = use;

    public int First { get; } = first;

    public int Members { get; } = members;

    /// <summary>Physical address of member 0.</summary>
    public ulong Pa { get; } = use.PaOf(first);

    /// <summary>The last store to a member.</summary>
    public StoreContext Last { get; set; }

    /// <summary>Its members were seen to differ at a barrier within this update.</summary>
    public bool DifferedUnderWay { get; set; }

    /// <summary>True when the writer has stored elsewhere since.</summary>
    public bool StoredElsewhere { get; set; }

    /// <summary>Members written since the writer came to the group.</summary>
    public int Written { get; private set; }

    /// <summary>True until it is judged.</summary>
    public bool IsDirty { get; set; }

    /// <summary>True when the member was written since the writer came to the group.</summary>
    public bool IsWritten(int member) => ((_written[member >> 6] >> (member & 63)) & 1) != 0;

    /// <summary>Notes a store to a member.</summary>
    public void Note(int member, in StoreContext store)
    {
        if (StoredElsewhere)
        {
            // It comes back: what it wrote before is another burst.
            StoredElsewhere = false;
            Array.Clear(_written);
            Written = 0;
        }

        Last = store;
        Written += IsWritten(member) ? 0 : 1;
        _written[member >> 6] |= 1UL << (member & 63);
    }

    /// <summary>True for a valid leaf with the Contiguous bit, where the bit means something.</summary>
    public static bool IsMember(TableUse use, ulong value) =>
        (value & (DescriptorBits.Contiguous | DescriptorBits.Valid)) == (DescriptorBits.Contiguous | DescriptorBits.Valid)
        && use.Space.Format.GroupMembers(use.Level) != 0
        && use.Space.Format.Kind(value, use.Level) is DescriptorKind.Block or DescriptorKind.Page;
}
