using System.Buffers.Text;

namespace TraceReplay.Ingest.Mapping;

/// <summary>The payloads that an event is turned into, one behind the other.</summary>
internal sealed class OutputBuffer
{
    private readonly List<(PayloadParser Parse, int Start, int Length)> _events = [];
    private byte[] _bytes = new byte[1024];
    private int _length;

    /// <summary>Events in it.</summary>
    public int Count => _events.Count;

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        _events.Clear();
        _length = 0;
    }

    /// <summary>Where the payload that is being written begins.</summary>
    public int Start => _events.Count == 0 ? 0 : _events[^1].Start + _events[^1].Length;

    /// <summary>Ends a payload.</summary>
    public void End(PayloadParser parse)
    {
        var start = Start;
        _events.Add((parse, start, _length - start));
    }

    /// <summary>Gives all payloads to their parsers.</summary>
    public void Send(LineContext context)
    {
        foreach (var (parse, start, length) in _events)
        {
            parse(_bytes.AsSpan(start, length), context);
        }
    }

    public void Append(byte value)
    {
        Reserve(1);
        _bytes[_length++] = value;
    }

    public void Append(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>Appends a number as <c>0x</c> hex.</summary>
    public void AppendHex(ulong value)
    {
        const int longest = 18;
        Reserve(longest);
        "0x"u8.CopyTo(_bytes.AsSpan(_length));
        Utf8Formatter.TryFormat(value, _bytes.AsSpan(_length + 2), out var written, new System.Buffers.StandardFormat('x'));
        _length += written + 2;
    }

    /// <summary>Appends a number in decimal, as a signed one.</summary>
    public void AppendSigned(ulong value)
    {
        const int longest = 20;
        Reserve(longest);
        Utf8Formatter.TryFormat((long)value, _bytes.AsSpan(_length), out var written);
        _length += written;
    }

    private void Reserve(int bytes)
    {
        if (_length + bytes > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        }
    }
}
