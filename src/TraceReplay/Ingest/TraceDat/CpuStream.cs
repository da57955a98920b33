namespace TraceReplay.Ingest.TraceDat;

/// <summary>The records of one CPU's ring buffer, in the order they were written.</summary>
internal sealed class CpuStream
{
    // Kinds of entry of the ring buffer that hold no record (include/linux/ring_buffer.h).
    private const uint Padding = 29;
    private const uint TimeExtend = 30;
    private const uint TimeStamp = 31;
    private const int DeltaBits = 27;
    private const uint DeltaMask = (1u << DeltaBits) - 1;

    // An absolute time stamp holds 59 bits; the others are those of the time before.
    private const ulong StampHighBits = 0xf8ul << 56;

    // In the word that holds the size of a page's data (kernel/trace/ring_buffer.c).
    private const uint MissedEvents = 1u << 31;
    private const uint MissedStored = 1u << 30;
    private const uint CommitMask = (1u << 27) - 1;

    private readonly TraceDatFile _file;
    private readonly TraceDatBuffer _buffer;
    private readonly PageSource _pages;
    private readonly Action<string> _onDamage;
    private readonly ByteOrder _order;
    private readonly int _longSize;

    // In the page: the next entry, and where the data ends.
    private int _next;
    private int _end;
    private ulong _clock;
    private int _recordStart;
    private int _recordLength;
    private bool _isCut;

    /// <param name="file">The file.</param>
    /// <param name="buffer">The ring buffer.</param>
    /// <param name="data">What the CPU wrote.</param>
    /// <param name="onDamage">Told what cannot be read.</param>
    public CpuStream(TraceDatFile file, TraceDatBuffer buffer, CpuData data, Action<string> onDamage)
    {
        (_file, _buffer, _onDamage) = (file, buffer, onDamage);
        (_order, _longSize) = (file.Order, file.Strings.LongSize);
        Cpu = data.Cpu;
        IsCounter = file.ClockOf(buffer) == Events.TraceClock.Counter;
        _pages = PageSource.Open(file, buffer, data);
    }

    /// <summary>Number of the CPU.</summary>
    public int Cpu { get; }

    /// <summary>Times are of a clock that counts something else than nanoseconds.</summary>
    public bool IsCounter { get; }

    /// <summary>Time of the record, as <see cref="TimeConversion"/> gives it.</summary>
    public ulong Time { get; private set; }

    /// <summary>Records are missing between the one before and this one, or at the end.</summary>
    public bool HasLost { get; private set; }

    /// <summary>How many, null when that is not known.</summary>
    public long? LostCount { get; private set; }

    /// <summary>The record's data. Valid until the next move.</summary>
    public ReadOnlySpan<byte> Record => _pages.Page.Slice(_recordStart, _recordLength);

    /// <summary>Moves to the next record; false at the end.</summary>
    public bool Next()
    {
        (HasLost, LostCount) = (false, null);
        while (true)
        {
            if (NextInPage())
            {
                Time = _file.Time.Convert(_clock, Cpu);
                return true;
            }

            if (!NextPage())
            {
                HasLost |= _isCut;
                return false;
            }
        }
    }

    private bool NextPage()
    {
        (_next, _end) = (0, 0);
        try
        {
            if (!_pages.Next())
            {
                return false;
            }
        }
        catch (TraceDatException e)
        {
            Damage(e.Message);
            return true;
        }

        var page = _pages.Page;
        var start = sizeof(ulong) + _longSize;
        if (page.Length < start)
        {
            Damage($"at offset 0x{_pages.FileOffset:x}: the data ends in a page");
            return true;
        }

        _clock = _order.U64(page);
        var commit = _longSize == sizeof(ulong) ? (uint)_order.U64(page[sizeof(ulong)..]) : _order.U32(page[sizeof(ulong)..]);
        var size = (int)(commit & CommitMask);
        if (size > _buffer.PageBytes - start)
        {
            Damage($"at offset 0x{_pages.FileOffset:x}: a page with {size} bytes of data; expected at most {_buffer.PageBytes - start}");
            return true;
        }

        (_next, _end) = (start, Math.Min(start + size, page.Length));
        if ((commit & MissedEvents) != 0)
        {
            ReadMissed(page, start + size, (commit & MissedStored) != 0);
        }

        if (start + size > page.Length)
        {
            // What is missing is missed behind the records that are there.
            _isCut = true;
            _onDamage($"at offset 0x{_pages.FileOffset:x}: the data ends in a page");
        }

        return true;
    }

    // The number of missed records stands behind the data, where there is room.
    private void ReadMissed(ReadOnlySpan<byte> page, int at, bool isStored)
    {
        long? count = null;
        if (isStored && at + _longSize <= page.Length)
        {
            count = _longSize == sizeof(ulong) ? (long)_order.U64(page[at..]) : _order.U32(page[at..]);
        }

        LostCount = HasLost || count is not > 0 ? null : count;
        HasLost = true;
    }

    private bool NextInPage()
    {
        var page = _pages.Page;
        while (_next < _end)
        {
            if (_end - _next < sizeof(uint))
            {
                return EndOfPage();
            }

            var header = _order.U32(page[_next..]);
            var kind = _order.IsBig ? header >> DeltaBits : header & 31;
            var delta = _order.IsBig ? header & DeltaMask : header >> 5;
            var at = _next + sizeof(uint);
            if (kind is > 0 and < Padding)
            {
                (_recordStart, _recordLength) = (at, (int)kind * sizeof(uint));
            }
            else
            {
                if (_end - at < sizeof(uint))
                {
                    return EndOfPage();
                }

                var word = _order.U32(page[at..]);
                at += sizeof(uint);
                if (kind == Padding)
                {
                    // Without a time the rest of the page is padding; else it was a record that was discarded.
                    _clock += delta;
                    _next = delta == 0 ? _end : (int)Math.Min(_end, _next + sizeof(uint) + (long)word);
                    continue;
                }

                if (kind != 0)
                {
                    var extended = ((ulong)word << DeltaBits) + delta;
                    _clock = kind == TimeExtend ? _clock + extended : Stamp(extended);
                    _next = at;
                    continue;
                }

                if (word < sizeof(uint) || word > int.MaxValue - 8)
                {
                    return EndOfPage();
                }

                (_recordStart, _recordLength) = (at, ((int)word - 1) & ~3);
            }

            if (_recordLength > _end - _recordStart)
            {
                return EndOfPage();
            }

            _clock += delta;
            _next = _recordStart + _recordLength;
            return true;
        }

        return false;
    }

    private ulong Stamp(ulong stamp)
    {
        var high = _clock & StampHighBits;
        stamp = (stamp & ~StampHighBits) | high;
        return high != 0 && stamp < _clock ? stamp + (1ul << 59) : stamp;
    }

    // An entry does not fit: what follows it cannot be found.
    private bool EndOfPage()
    {
        if (!_isCut)
        {
            Damage($"at offset 0x{_pages.FileOffset:x}: an entry at {_next} reaches over the end of its page");
        }

        _next = _end;
        return false;
    }

    private void Damage(string what)
    {
        (HasLost, LostCount) = (true, null);
        _onDamage(what);
    }
}
