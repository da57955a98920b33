using System.Buffers;
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

    // Value of each hex digit, 0xff for any other byte.
    private static ReadOnlySpan<byte> HexDigits =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 255, 255, 255, 255, 255,
        255, 10, 11, 12, 13, 14, 15, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 10, 11, 12, 13, 14, 15, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    ];

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

        var digitValues = HexDigits;
        var bits = 0ul;
        foreach (var b in digits)
        {
            var digit = b < 128 ? digitValues[b] : 255;
            if (digit == 255)
            {
                return NumberResult.Malformed;
            }

            bits = (bits << 4) | (uint)digit;
        }

        value = bits;
        return NumberResult.Ok;
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
