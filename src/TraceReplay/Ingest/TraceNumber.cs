using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace TraceReplay.Ingest;

/// <summary>Outcome of reading a number.</summary>
internal enum NumberResult
{
    Ok = 0,
    Malformed = 1,
    OutOfRange = 2,
}

/// <summary>Numbers as traces print them: <c>0x</c> hex or decimal, of 64 bits.</summary>
internal static class TraceNumber
{
    // Numbers of at most this many digits fit in 64 bits whatever the digits are.
    private const int SafeHexDigits = 16;
    private const int SafeDecimalDigits = 19;

    /// <summary>Hex digits of both cases.</summary>
    public static readonly SearchValues<byte> HexCharacters = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>Reads a whole span as an unsigned number.</summary>
    public static NumberResult Parse(ReadOnlySpan<byte> text, out ulong value)
    {
        if (text.Length > 2 && text[0] == (byte)'0' && (text[1] | 0x20) == 'x')
        {
            return ParseHex(text[2..], out value);
        }

        return ParseDecimal(text, out value);
    }

    /// <summary>Reads a whole span as a signed number between two bounds, both included.</summary>
    public static NumberResult ParseInt(ReadOnlySpan<byte> text, int lowest, int highest, out int value)
    {
        var isNegative = text.Length > 1 && text[0] == (byte)'-';
        var result = Parse(isNegative ? text[1..] : text, out var magnitude);
        value = 0;
        if (result != NumberResult.Ok)
        {
            return result;
        }

        if (magnitude > int.MaxValue)
        {
            return NumberResult.OutOfRange;
        }

        value = isNegative ? -(int)magnitude : (int)magnitude;
        return value < lowest || value > highest ? NumberResult.OutOfRange : NumberResult.Ok;
    }

    /// <summary>Reads a whole span as hex digits, or as <c>0x</c> hex.</summary>
    public static NumberResult ParseBareHex(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        return text.IsEmpty ? NumberResult.Malformed
            : text.Length > 2 && text[0] == (byte)'0' && (text[1] | 0x20) == 'x' ? ParseHex(text[2..], out value)
            : ParseHex(text, out value);
    }

    private static NumberResult ParseHex(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        if (digits.Length > SafeHexDigits)
        {
            var significant = digits.TrimStart((byte)'0');
            if (significant.Length > SafeHexDigits)
            {
                return digits.ContainsAnyExcept(HexCharacters) ? NumberResult.Malformed : NumberResult.OutOfRange;
            }

            digits = significant;
        }

        var bits = 0ul;
        while (digits.Length >= 8)
        {
            if (!ParseEightHex(BinaryPrimitives.ReadUInt64LittleEndian(digits), out var eight))
            {
                return NumberResult.Malformed;
            }

            bits = (bits << 32) | eight;
            digits = digits[8..];
        }

        foreach (var b in digits)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
            {
                digit = (uint)((b | 0x20) - 'a');
                if (digit > 5)
                {
                    return NumberResult.Malformed;
                }

                digit += 10;
            }

            bits = (bits << 4) | digit;
        }

        value = bits;
        return NumberResult.Ok;
    }

    // Eight digits at once, each in its byte, the first one in the lowest: addresses and descriptors are half of what a trace is made of.
    private static bool ParseEightHex(ulong text, out uint value)
    {
        const ulong Each = 0x0101010101010101;
        const ulong High = 0x80 * Each;
        value = 0;

        // The high bit of a byte of the sums tells on which side of a bound it is; bytes below 0x80 carry nothing to the next one.
        var notDigit = (text ^ ('0' * Each)) + ((0x7f - 9) * Each);
        var lower = text | (0x20 * Each);
        var letter = (lower + ((0x80 - 'a') * Each)) & ~(lower + ((0x7f - 'f') * Each));
        if ((text & High) != 0 || (notDigit & ~letter & High) != 0)
        {
            return false;
        }

        // Letters have bit 6, and 'a' is 1 in the low digit.
        var digits = (text & (0x0f * Each)) + (((text >> 6) & Each) * 9);
        var pairs = ((digits << 4) | (digits >> 8)) & 0x00ff00ff00ff00ff;
        var quads = (pairs | (pairs >> 8)) & 0x0000ffff0000ffff;
        value = BinaryPrimitives.ReverseEndianness((uint)(quads | (quads >> 16)));
        return true;
    }

    private static NumberResult ParseDecimal(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        if (digits.IsEmpty)
        {
            return NumberResult.Malformed;
        }

        if (digits.Length > SafeDecimalDigits)
        {
            if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return NumberResult.Malformed;
            }

            return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) ? NumberResult.Ok : NumberResult.OutOfRange;
        }

        var number = 0ul;
        foreach (var b in digits)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
            {
                return NumberResult.Malformed;
            }

            number = (number * 10) + digit;
        }

        value = number;
        return NumberResult.Ok;
    }
}
