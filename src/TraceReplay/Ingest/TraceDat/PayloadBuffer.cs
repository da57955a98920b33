using System.Numerics;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Text being made of one record, in one reused buffer. What would make it longer than a line may be is left out.</summary>
internal sealed class PayloadBuffer
{
    private const int MostDigits = 24;

    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    private byte[] _bytes = new byte[1024];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written. Valid until the next change.</summary>
    public Span<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Takes back what was written after a position.</summary>
    public void Truncate(int length) => Length = length;

    public void Append(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, LineReader.MaxLineBytes - Length)];
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    public void Append(byte character, int count = 1)
    {
        count = Math.Min(count, LineReader.MaxLineBytes - Length);
        if (count > 0)
        {
            Reserve(count);
            _bytes.AsSpan(Length, count).Fill(character);
            Length += count;
        }
    }

    /// <summary>Lower-case digits without prefix.</summary>
    public void AppendHex(ulong value)
    {
        var count = Math.Max(1, (67 - BitOperations.LeadingZeroCount(value)) / 4);
        if (Length + count > LineReader.MaxLineBytes)
        {
            return;
        }

        Reserve(count);
        var digits = _bytes.AsSpan(Length, count);
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = HexDigits[(int)(value & 15)];
            value >>= 4;
        }

        Length += count;
    }

    public void AppendDecimal(ulong value)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        value.TryFormat(digits, out var length);
        Append(digits[..length]);
    }

    public void AppendDecimal(long value)
    {
        if (value < 0)
        {
            Append((byte)'-');
        }

        AppendDecimal(value < 0 ? (ulong)-value : (ulong)value);
    }

    private void Reserve(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Length + count, _bytes.Length * 2));
        }
    }
}
