namespace TraceReplay.Ingest.Mapping;

/// <summary>Numbers as kernel events print them.</summary>
internal static class EventNumber
{
    private const int MostHexDigits = 16;

    /// <summary>Reads <c>0x</c> hex, decimal, a negative number as its two's complement, or <c>(null)</c>.</summary>
    /// <param name="text">The number and nothing else.</param>
    /// <param name="isHex">True when hex is printed without 0x.</param>
    /// <param name="value">The number.</param>
    public static bool Parse(ReadOnlySpan<byte> text, bool isHex, out ulong value)
    {
        value = 0;
        if (text.SequenceEqual("(null)"u8))
        {
            return true;
        }

        var isNegative = text.StartsWith((byte)'-');
        var digits = isNegative ? text[1..] : text;
        if (isHex && !digits.StartsWith("0x"u8) && !digits.StartsWith("0X"u8))
        {
            if (digits.Length is 0 or > MostHexDigits || digits.ContainsAnyExcept(TraceNumber.HexCharacters))
            {
                return false;
            }

            foreach (var b in digits)
            {
                value = (value << 4) | (uint)(b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10);
            }
        }
        else if (TraceNumber.Parse(digits, out value) != NumberResult.Ok)
        {
            return false;
        }

        value = isNegative ? 0 - value : value;
        return true;
    }

    /// <summary>Length of the number that a text begins with, 0 when it begins with none.</summary>
    public static int Length(ReadOnlySpan<byte> text, bool isHex)
    {
        if (text.StartsWith("(null)"u8))
        {
            return "(null)"u8.Length;
        }

        var start = text.StartsWith((byte)'-') ? 1 : 0;
        var rest = text[start..];
        var isPrefixed = rest.Length > 2 && rest[0] == (byte)'0' && (rest[1] | 0x20) == 'x' && TraceNumber.HexCharacters.Contains(rest[2]);
        if (isPrefixed)
        {
            start += 2;
            rest = rest[2..];
        }

        var end = isPrefixed || isHex ? rest.IndexOfAnyExcept(TraceNumber.HexCharacters) : rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        end = end < 0 ? rest.Length : end;
        return end == 0 ? 0 : start + end;
    }
}
