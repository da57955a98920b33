namespace TraceReplay.Replay;

/// <summary>The address spaces that have open stale records, so that a TLBI visits only those it may reach.</summary>
internal sealed class PendingSpaces
{
    // Index 0 and 1: rooted spaces of TTBR0 and TTBR1; 2: unrooted ones, which may be of either half.
    private readonly List<AddressSpace>[] _byHalf = [[], [], []];

    /// <summary>Records open in all spaces.</summary>
    public int Count { get; private set; }

    /// <summary>Largest number of records open at once.</summary>
    public int Peak { get; private set; }

    public IReadOnlyList<AddressSpace> Rooted(int half) => _byHalf[half];

    public IReadOnlyList<AddressSpace> Unrooted => _byHalf[2];

    public void Add(StaleRecord record)
    {
        var space = record.Space;
        space.Pending.Add(record);
        Count++;
        Peak = Math.Max(Peak, Count);
        if (!space.IsInPendingList)
        {
            space.IsInPendingList = true;
            _byHalf[SlotOf(space)].Add(space);
        }
    }

    public void Remove(StaleRecord record)
    {
        record.Space.Pending.Remove(record);
        Count--;
    }

    /// <summary>Drops spaces that have nothing open any more; called now and then, for removal costs a search.</summary>
    public void Compact(int half)
    {
        var list = _byHalf[half];
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

    private static int SlotOf(AddressSpace space) => space.IsRooted ? space.Half : 2;
}
