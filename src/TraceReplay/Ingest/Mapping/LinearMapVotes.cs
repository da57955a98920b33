using System.Globalization;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Mapping;

/// <summary>Gathers the addresses of tables, virtual ones as stores name them and physical ones as descriptors do, and pairs them.</summary>
internal sealed class LinearMapVotes : IEventSink
{
    // Each pair of a virtual and a physical table is looked at.
    private const int MostTables = 1024;

    // Tables that the answer must explain, and how much better than the next one it must be.
    private const int FewestVotes = 2;
    private const int Lead = 2;

    // Smallest page, the unit in which tables are compared.
    private const ulong PageMask = 0xfff;

    // The linear map is made of blocks wherever the kernel can: its offset is a multiple of the smallest block.
    private const ulong BlockMask = (1ul << 21) - 1;

    // Output address of a table descriptor with 4K pages and 48-bit addresses (DDI 0487, D8.3).
    private const ulong TableAddressMask = 0x0000_ffff_ffff_f000;

    private readonly HashSet<ulong> _virtual = [];
    private readonly HashSet<ulong> _physical = [];
    private long _stores;

    public void On(in PageTableWrite e)
    {
        _stores++;
        if (e.Pa >> LinearMap.PhysicalBits != 0)
        {
            Add(_virtual, e.Pa & ~PageMask);
        }

        // At level 3 the same bits are those of a page.
        if ((e.New & 3) == 3 && e.Level is not 3)
        {
            Add(_physical, e.New & TableAddressMask);
        }
    }

    public void On(in TlbiInstruction e)
    {
    }

    public void On(in BarrierInstruction e)
    {
    }

    public void On(in SystemRegisterWrite e)
    {
        // The roots; bits above and below the address are the ASID and CnP.
        Add(_physical, e.Value & TableAddressMask);
    }

    public void On(in TableKnown e) => Add(_physical, e.Base & ~PageMask);

    public void On(in DescriptorValueKnown e)
    {
        if ((e.Value & 3) == 3 && e.Level is not 3)
        {
            Add(_physical, e.Value & TableAddressMask);
        }
    }

    public void On(in TableGone e)
    {
    }

    public void On(in MachineFact e)
    {
    }

    public void On(in PageAllocation e)
    {
    }

    public void On(in ContextSwitch e)
    {
    }

    public void On(in LockOperation e)
    {
    }

    public void On(in LockHint e)
    {
    }

    public void On(in Marker e)
    {
    }

    public void On(in LostEvents e)
    {
    }

    public void On(in TlbEntry e)
    {
    }

    /// <summary>The linear map, or null.</summary>
    /// <param name="told">Why there is none.</param>
    public LinearMap? Best(out string told)
    {
        var votes = new Dictionary<ulong, int>();
        foreach (var virtualAddress in _virtual)
        {
            foreach (var physical in _physical)
            {
                var offset = virtualAddress - physical;
                if ((offset & BlockMask) == 0 && offset >> LinearMap.PhysicalBits != 0)
                {
                    votes[offset] = votes.GetValueOrDefault(offset) + 1;
                }
            }
        }

        var ranked = votes.OrderByDescending(vote => vote.Value).ThenBy(vote => vote.Key).Take(2).ToList();
        told = _virtual.Count == 0
            ? $"none of {_stores} stores has a virtual address of the kernel (does it print hashed pointers? boot with no_hash_pointers, or print %px)"
            : string.Create(CultureInfo.InvariantCulture, $"{_virtual.Count} tables are stored to and {_physical.Count} pointed to, and no one offset explains them");
        return ranked.Count > 0 && ranked[0].Value >= FewestVotes && (ranked.Count == 1 || ranked[0].Value >= Lead * ranked[1].Value)
            ? new LinearMap(ranked[0].Key, 0)
            : null;
    }

    private static void Add(HashSet<ulong> addresses, ulong address)
    {
        if (addresses.Count < MostTables && address != 0)
        {
            addresses.Add(address);
        }
    }
}
