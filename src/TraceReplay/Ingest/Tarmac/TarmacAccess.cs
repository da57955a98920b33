namespace TraceReplay.Ingest.Tarmac;

/// <summary>The fields of a line that tells one memory access.</summary>
/// <remarks>
/// <c>MW8 000fffe8:0000000fffe8 00000000_002105e0</c>, size in bytes, virtual and, where told, physical address, value;
/// <c>MW8X</c> and <c>W04 X ...</c> for an exclusive one; <c>(ABORTED)</c> in place of the value for one that did not happen.
/// </remarks>
internal ref struct TarmacAccess
{
    /// <summary>The widest access, a vector of SVE.</summary>
    public const int MaxBytes = 256;

    public int Bytes { get; private set; }

    public ulong Va { get; private set; }

    /// <summary>Physical address; null where not told.</summary>
    public ulong? Pa { get; private set; }

    /// <summary>Hex digits of the value, highest address first, perhaps with underscores; empty where the access was aborted.</summary>
    public ReadOnlySpan<byte> Digits { get; private set; }

    /// <summary>Reads the fields; false where the line is not of this shape.</summary>
    public static bool TryParse(ReadOnlySpan<byte> type, ReadOnlySpan<byte> text, out TarmacAccess access)
    {
        access = default;
        var rest = text;
        var size = type[0] == (byte)'M' ? type[2..] : type[1..];
        var digits = size.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (TraceNumber.ParseInt(digits < 0 ? size : size[..digits], 1, MaxBytes, out var bytes) != NumberResult.Ok)
        {
            return false;
        }

        access.Bytes = bytes;
        var address = TarmacText.Word(ref rest);
        if (address.SequenceEqual("X"u8))
        {
            address = TarmacText.Word(ref rest);
        }

        var colon = address.IndexOf((byte)':');
        if (!TarmacText.Address(colon < 0 ? address : address[..colon], out var va))
        {
            return false;
        }

        access.Va = va;
        if (colon >= 0)
        {
            if (!TarmacText.Address(address[(colon + 1)..], out var pa))
            {
                return false;
            }

            access.Pa = pa;
        }

        var value = TarmacText.Word(ref rest);
        access.Digits = value.StartsWith("("u8) ? default : value;
        return !value.IsEmpty;
    }

    /// <summary>The value of an access of up to 8 bytes; false where its digits are not that many.</summary>
    public readonly bool Value(out ulong value) => TarmacText.Hex(Digits, out value);

    /// <summary>The bytes of a wider access in order of address; false where its digits are not that many.</summary>
    public readonly bool Fill(Span<byte> bytes)
    {
        var at = Bytes * 2;
        foreach (var b in Digits)
        {
            if (b == (byte)'_')
            {
                continue;
            }

            var isDigit = TarmacText.Hex([b], out var digit);
            if (!isDigit || --at < 0)
            {
                return false;
            }

            ref var target = ref bytes[at >> 1];
            target = (byte)((at & 1) != 0 ? digit << 4 : target | digit);
        }

        return at == 0;
    }
}
