namespace TraceReplay.Ingest.Tarmac;

/// <summary>Sixteen bytes of memory, of which some were stored or loaded, as <c>ST</c> and <c>LD</c> lines draw them.</summary>
/// <remarks>
/// <c>00000000000fffe0 00000000 002105e0 ........ ......##    S:00000fffe0    nGnRnE OSH</c>: the word at the right has the lowest
/// address; dots are bytes not accessed, <c>##</c> bytes of unknown value; then the physical address.
/// </remarks>
internal ref struct TarmacBlock
{
    private const int Bytes = 16;
    private const int WordBytes = 8;

    private (ulong Value, ulong Mask) _low;
    private (ulong Value, ulong Mask) _high;

    /// <summary>Number of 8-byte words.</summary>
    public const int Words = Bytes / WordBytes;

    /// <summary>Virtual address of the first byte.</summary>
    public ulong Va { get; private set; }

    /// <summary>Physical address of the first byte; null where not told.</summary>
    public ulong? Pa { get; private set; }

    /// <summary>The value of a byte is not known.</summary>
    public bool IsUnknown { get; private set; }

    /// <summary>The bytes of a word, and which of them were accessed: a mask of <c>0xff</c> bytes.</summary>
    public readonly (ulong Value, ulong Mask) Word(int index) => index == 0 ? _low : _high;

    /// <summary>Reads what stands behind <c>ST</c>; false where the line is not of this shape.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out TarmacBlock block)
    {
        block = default;
        var rest = text;
        if (!TarmacText.Address(TarmacText.Word(ref rest), out var va))
        {
            return false;
        }

        block.Va = va & ~(ulong)(Bytes - 1);
        for (var at = Bytes; at > 0;)
        {
            var word = TarmacText.Word(ref rest);
            if (word.IsEmpty || (word.Length & 1) != 0 || word.Length / 2 > at)
            {
                return false;
            }

            for (; !word.IsEmpty; word = word[2..])
            {
                at--;
                if (!block.Take(word[..2], at))
                {
                    return false;
                }
            }
        }

        if (TarmacText.Address(TarmacText.Word(ref rest), out var pa))
        {
            block.Pa = pa & ~(ulong)(Bytes - 1);
        }

        return true;
    }

    private bool Take(scoped ReadOnlySpan<byte> digits, int at)
    {
        if (digits.SequenceEqual(".."u8))
        {
            return true;
        }

        ulong value = 0;
        if (digits.SequenceEqual("##"u8))
        {
            IsUnknown = true;
        }
        else if (!TarmacText.Hex(digits, out value))
        {
            return false;
        }

        var shift = at % WordBytes * 8;
        ref var word = ref at < WordBytes ? ref _low : ref _high;
        word = (word.Value | (value << shift), word.Mask | (0xfful << shift));
        return true;
    }
}
