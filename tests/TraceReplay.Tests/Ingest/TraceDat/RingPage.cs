using System.Buffers.Binary;

namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>Makes one page of a ring buffer.</summary>
/// <param name="time">Clock of the page.</param>
/// <param name="isBig">Big endian.</param>
/// <param name="longSize">Bytes of a long.</param>
internal sealed class RingPage(ulong time, bool isBig = false, int longSize = 8)
{
    private const uint Missed = 1u << 31;
    private const uint Stored = 1u << 30;

    private readonly List<byte> _data = [];
    private uint _flags;
    private long? _missedCount;

    /// <summary>Overrides the size of the data.</summary>
    public uint? Commit { get; init; }

    /// <summary>Adds a record of a multiple of four bytes, with its length in the header where it fits.</summary>
    public RingPage Record(uint delta, byte[] record)
    {
        var padded = (record.Length + 3) / 4 * 4;
        if (padded / 4 <= 28 && padded > 0)
        {
            Word(Header((uint)padded / 4, delta));
        }
        else
        {
            Word(Header(0, delta));
            Word((uint)record.Length + 4);
        }

        _data.AddRange(record);
        _data.AddRange(new byte[padded - record.Length]);
        return this;
    }

    public RingPage TimeExtend(ulong delta)
    {
        Word(Header(30, (uint)(delta & 0x7ffffff)));
        Word((uint)(delta >> 27));
        return this;
    }

    public RingPage TimeStamp(ulong clock)
    {
        Word(Header(31, (uint)(clock & 0x7ffffff)));
        Word((uint)((clock & ((1ul << 59) - 1)) >> 27));
        return this;
    }

    /// <summary>A record that was discarded.</summary>
    public RingPage Discarded(uint delta, int bytes)
    {
        Word(Header(29, delta));
        Word((uint)bytes + 4);
        _data.AddRange(new byte[bytes]);
        return this;
    }

    /// <summary>Any four bytes.</summary>
    public RingPage Raw(uint word)
    {
        Word(word);
        return this;
    }

    /// <summary>Events were lost before the page.</summary>
    public RingPage Lost(long? count = null)
    {
        _flags = Missed | (count is null ? 0 : Stored);
        _missedCount = count;
        return this;
    }

    public byte[] Build(int pageBytes)
    {
        var page = new byte[pageBytes];
        Put(page, time, 8);
        Put(page.AsSpan(8), (Commit ?? (uint)_data.Count) | _flags, longSize);
        _data.CopyTo(page, 8 + longSize);
        if (_missedCount is { } count)
        {
            Put(page.AsSpan(8 + longSize + _data.Count), (ulong)count, longSize);
        }

        return page;
    }

    private uint Header(uint kind, uint delta) => isBig ? (kind << 27) | delta : kind | (delta << 5);

    private void Word(uint word)
    {
        var bytes = new byte[4];
        Put(bytes, word, 4);
        _data.AddRange(bytes);
    }

    private void Put(Span<byte> target, ulong value, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (isBig)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            bytes[(8 - size)..].CopyTo(target);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            bytes[..size].CopyTo(target);
        }
    }
}
