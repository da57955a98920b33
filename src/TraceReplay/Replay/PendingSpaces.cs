namespace TraceReplay.Replay;

/// <summary>The address spaces that have open stale records, so that a TLBI visits only those it may reach.</summary>
internal sealed class PendingSpaces
{
    // By the register that holds the root; unrooted ones may be of either half.
    private readonly List<AddressSpace>[] _bySlot = RootSlot.Lists();

    /// <summary>Records open in all spaces.</summary>
    public int Count { get; private set; }

    /// <summary>Largest number of records open at once.</summary>
    public int Peak { get; private set; }

    /// <summary>Spaces of one register, by <see cref="RootSlot"/>: a list, which is walked at every TLBI without an enumerator on the heap.</summary>
    public List<AddressSpace> Rooted(int slot) => _bySlot[slot];

    public List<AddressSpace> Unrooted => _bySlot[RootSlot.Unrooted];

    public void Add(StaleRecord record)
    {
        var space = record.Space;
        space.Pending.Add(record);
        Count++;
        Peak = Math.Max(Peak, Count);
        if (!space.IsInPendingList)
        {
            space.IsInPendingList = true;
            _bySlot[space.Slot].Add(space);
        }
    }

    public void Remove(StaleRecord record)
    {
        record.Space.Pending.Remove(record);
        Count--;
    }

    /// <summary>Drops spaces that have nothing open any more; called now and then, for removal costs a search.</summary>
    public void Compact(int slot)
    {
        var list = _bySlot[slot];
        for (var i = list.Count - 1; i >= 0; i--)
        {
            if (list[i].Pending.Count == 0)
            {
                list[i].IsInPendingList = false;
                list[i] = list[^1];
                list.RemoveAt(list.Count - 1);
            }
        }
    }
}
