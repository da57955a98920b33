namespace TraceReplay.Ingest.Images;

/// <summary>Which descriptors of an image are still what they were at the begin of the trace, by what the trace has told since.</summary>
internal sealed class UntoldMemory(MemoryImage image)
{
    private const int PageShift = 12;
    private const int DescriptorsPerPage = 1 << (PageShift - 3);

    // What hardware sets without a store: the Access flag, and AP[2] or S2AP[1] of a descriptor with DBM.
    private const ulong HardwareBits = (1ul << 10) | (1ul << 7);

    private readonly Dictionary<ulong, ulong[]> _told = [];
    private readonly HashSet<ulong> _gone = [];

    /// <summary>True for a descriptor that no event has told.</summary>
    public bool IsUntold(ulong pa) =>
        !_told.TryGetValue(pa >> PageShift, out var told) || ((told[Index(pa) >> 6] >> (Index(pa) & 63)) & 1) == 0;

    /// <summary>True when all of a run lies in the image, and no page of it has become something else since.</summary>
    public bool Holds(ulong pa, ulong bytes)
    {
        if (!image.Covers(pa, bytes))
        {
            return false;
        }

        for (var page = pa >> PageShift; page <= (pa + bytes - 1) >> PageShift; page++)
        {
            if (_gone.Contains(page))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A descriptor was stored, or its content told. One that had another value before than the image says is of another life of its page.</summary>
    public void Tell(ulong pa, ulong? old)
    {
        pa &= ~7ul;
        if (!image.Covers(pa, sizeof(ulong)) || _gone.Contains(pa >> PageShift))
        {
            return;
        }

        if (old is { } before && IsUntold(pa) && ((image.Read(pa, 1)[0] ^ before) & ~HardwareBits) != 0)
        {
            Forget(pa, sizeof(ulong));
            return;
        }

        if (!_told.TryGetValue(pa >> PageShift, out var told))
        {
            told = new ulong[DescriptorsPerPage / 64];
            _told.Add(pa >> PageShift, told);
        }

        told[Index(pa) >> 6] |= 1ul << (Index(pa) & 63);
    }

    /// <summary>Pages were handed out or given back, or told as tables with their content: the image says nothing about them any more.</summary>
    public void Forget(ulong pa, ulong bytes)
    {
        if (!image.Touches(pa, bytes))
        {
            return;
        }

        for (var page = pa >> PageShift; page <= (pa + bytes - 1) >> PageShift; page++)
        {
            if (image.Touches(page << PageShift, 1ul << PageShift) && _gone.Add(page))
            {
                _told.Remove(page);
            }
        }
    }

    private static int Index(ulong pa) => (int)(pa >> 3) & (DescriptorsPerPage - 1);
}
