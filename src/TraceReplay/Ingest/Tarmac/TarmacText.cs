namespace TraceReplay.Ingest.Tarmac;

/// <summary>Words and numbers of Tarmac lines.</summary>
internal static class TarmacText
{
    private const int MaxHexDigits = 16;

    /// <summary>Takes the next word off the front; empty at the end.</summary>
    public static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> rest)
    {
        var start = 0;
        while ((uint)start < (uint)rest.Length && rest[start] <= (byte)' ')
        {
            start++;
        }

        var end = start;
        while ((uint)end < (uint)rest.Length && rest[end] > (byte)' ')
        {
            end++;
        }

        var word = rest[start..end];
        rest = rest[end..];
        return word;
    }

    /// <summary>Reads a hex number of 64 bits, with or without <c>0x</c> and underscores between its digits.</summary>
    public static bool Hex(ReadOnlySpan<byte> text, out ulong value)
    {
        if (text.IndexOf((byte)'_') < 0)
        {
            return TraceNumber.ParseBareHex(text, out value) == NumberResult.Ok;
        }

        Span<byte> digits = stackalloc byte[MaxHexDigits + 2];
        var length = 0;
        value = 0;
        foreach (var b in text)
        {
            if (b == (byte)'_')
            {
                continue;
            }

            if (length == digits.Length)
            {
                return false;
            }

            digits[length++] = b;
        }

        return TraceNumber.ParseBareHex(digits[..length], out value) == NumberResult.Ok;
    }

    /// <summary>
    /// Reads an address and its security: <c>0000000fffe8</c>, <c>0x80000000_NS</c>, <c>NS:009ffdb810</c>. The security is passed over:
    /// the two spaces of physical addresses do not meet in one trace's tables.
    /// </summary>
    public static bool Address(ReadOnlySpan<byte> text, out ulong address)
    {
        var colon = text.IndexOf((byte)':');
        text = colon < 0 ? text : text[(colon + 1)..];
        var end = text.LastIndexOf((byte)'_');
        return Hex(end > 0 && end + 1 < text.Length && text[end + 1] is (byte)'N' or (byte)'S' or (byte)'R' ? text[..end] : text, out address);
    }
}
