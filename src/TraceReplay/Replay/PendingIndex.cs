namespace TraceReplay.Replay;

/// <summary>The open stale records of one address space, found by level and input address.</summary>
/// <remarks>
/// One hash entry a (level, index) keeps a look-up independent of how many records are open; a range costs the smaller of the
/// indexes it spans and the records of the level.
/// </remarks>
public sealed class PendingIndex
{
    private const int Levels = 5;

    private readonly Dictionary<ulong, StaleRecord> _byKey = [];
    private readonly StaleRecord?[] _first = new StaleRecord?[Levels];
    private readonly int[] _count = new int[Levels];
    private readonly int[] _contiguous = new int[Levels];
    private readonly int[] _shift = new int[Levels];

    /// <summary>Records open.</summary>
    public int Count { get; private set; }

    /// <summary>Records open that answer under every ASID or under many.</summary>
    public int AnyAsidCount { get; private set; }

    /// <summary>Sets the geometry; before the first record.</summary>
    public void SetGeometry(Arm.Granule granule)
    {
        for (var level = -1; level <= 3; level++)
        {
            _shift[level + 1] = granule.Shift(level);
        }
    }

    public int CountAt(int level) => _count[level + 1];

    public int ContiguousAt(int level) => _contiguous[level + 1];

    public StaleRecord? FirstAt(int level) => _first[level + 1];

    public void Add(StaleRecord record)
    {
        var slot = record.Level + 1;
        var key = Key(record.Level, record.Ia);
        ref var head = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_byKey, key, out _);
        record.NextSameKey = head;
        head = record;
        record.PreviousInLevel = null;
        record.NextInLevel = _first[slot];
        if (_first[slot] is { } next)
        {
            next.PreviousInLevel = record;
        }

        _first[slot] = record;
        _count[slot]++;
        _contiguous[slot] += record.IsContiguous ? 1 : 0;
        Count++;
        AnyAsidCount += NeedsAnyAsid(record) ? 1 : 0;
    }

    public void Remove(StaleRecord record)
    {
        var slot = record.Level + 1;
        Unchain(record);
        if (record.PreviousInLevel is { } previous)
        {
            previous.NextInLevel = record.NextInLevel;
        }
        else
        {
            _first[slot] = record.NextInLevel;
        }

        if (record.NextInLevel is { } next)
        {
            next.PreviousInLevel = record.PreviousInLevel;
        }

        record.NextInLevel = null;
        record.PreviousInLevel = null;
        _count[slot]--;
        _contiguous[slot] -= record.IsContiguous ? 1 : 0;
        Count--;
        AnyAsidCount -= NeedsAnyAsid(record) ? 1 : 0;
    }

    /// <summary>First record of a chain at a level whose entry holds the input address; the chain is <see cref="StaleRecord.NextSameKey"/>.</summary>
    public StaleRecord? Find(int level, ulong ia) =>
        _count[level + 1] == 0 ? null : _byKey.GetValueOrDefault(Key(level, ia));

    /// <summary>Collects the records that overlap [start, last], all levels.</summary>
    public void Collect(ulong start, ulong last, List<StaleRecord> into)
    {
        for (var level = -1; level <= 3; level++)
        {
            CollectAt(level, start, last, into);
        }
    }

    /// <summary>Collects the records of one level that overlap [start, last].</summary>
    public void CollectAt(int level, ulong start, ulong last, List<StaleRecord> into)
    {
        var count = _count[level + 1];
        if (count == 0)
        {
            return;
        }

        var shift = _shift[level + 1];
        var firstIndex = start >> shift;
        var lastIndex = last >> shift;
        if (lastIndex - firstIndex >= (ulong)count)
        {
            for (var record = _first[level + 1]; record is not null; record = record.NextInLevel)
            {
                if (record.Ia <= last && record.LastIa >= start)
                {
                    into.Add(record);
                }
            }

            return;
        }

        for (var index = firstIndex; ; index++)
        {
            for (var record = _byKey.GetValueOrDefault(Compose(level, index)); record is not null; record = record.NextSameKey)
            {
                into.Add(record);
            }

            if (index == lastIndex)
            {
                return;
            }
        }
    }

    /// <summary>Collects every record.</summary>
    public void CollectAll(List<StaleRecord> into)
    {
        foreach (var first in _first)
        {
            for (var record = first; record is not null; record = record.NextInLevel)
            {
                into.Add(record);
            }
        }
    }

    private static bool NeedsAnyAsid(StaleRecord record) =>
        record.ObligationCount > 0
        && (record.Obligations[0].IsGlobal || record.Obligations[0].AllAsids || record.Obligations[0].AsidUnknown);

    private void Unchain(StaleRecord record)
    {
        var key = Key(record.Level, record.Ia);
        var head = _byKey[key];
        if (ReferenceEquals(head, record))
        {
            if (record.NextSameKey is { } next)
            {
                _byKey[key] = next;
            }
            else
            {
                _byKey.Remove(key);
            }
        }
        else
        {
            var previous = head;
            while (!ReferenceEquals(previous.NextSameKey, record))
            {
                previous = previous.NextSameKey!;
            }

            previous.NextSameKey = record.NextSameKey;
        }

        record.NextSameKey = null;
    }

    private ulong Key(int level, ulong ia) => Compose(level, ia >> _shift[level + 1]);

    // The index has at most 52 bits (4K pages of a 64-bit address), the level 3.
    private static ulong Compose(int level, ulong index) => ((ulong)(level + 1) << 56) | index;
}
