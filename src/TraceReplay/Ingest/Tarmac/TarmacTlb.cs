namespace TraceReplay.Ingest.Tarmac;

/// <summary>The fields of a line of Fast Models' trace of TLBs and walk caches.</summary>
/// <remarks>
/// <c>TLB FILL cpu0.stage1 4K 0xffff800010000000_NS EL1_n vmid=0, nG asid=7:0x48000000_NS Normal ...</c>, and without the output address
/// <c>TLB EVICT cpu0.stage1 4K 0xffff800010000000_NS EL1_n vmid=0, nG asid=7</c>. Without nG the entry is global.
/// </remarks>
internal ref struct TarmacTlb
{
    public bool IsEviction { get; private set; }

    public ulong Va { get; private set; }

    public ulong SizeBytes { get; private set; }

    /// <summary>Output address; null for an entry given up.</summary>
    public ulong? Pa { get; private set; }

    /// <summary>That of the regime; 0 where it is none that is followed.</summary>
    public int ExceptionLevel { get; private set; }

    public ushort? Vmid { get; private set; }

    public ushort? Asid { get; private set; }

    /// <summary>Reads what stands behind <c>TLB</c> or <c>WALKCACHE</c>; false where the line is not of this shape.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out TarmacTlb entry)
    {
        entry = default;
        var rest = text;
        var what = TarmacText.Word(ref rest);
        entry.IsEviction = what.SequenceEqual("EVICT"u8);
        if (!entry.IsEviction && !what.SequenceEqual("FILL"u8))
        {
            return false;
        }

        TarmacText.Word(ref rest);
        if (!Size(TarmacText.Word(ref rest), out var size) || !TarmacText.Address(TarmacText.Word(ref rest), out var va))
        {
            return false;
        }

        (entry.SizeBytes, entry.Va) = (size, va);
        var colon = rest.IndexOf((byte)':');
        if (!entry.IsEviction)
        {
            var target = colon < 0 ? default : rest[(colon + 1)..];
            if (!TarmacText.Address(TarmacText.Word(ref target), out var pa))
            {
                return false;
            }

            entry.Pa = pa;
        }

        return entry.TakeTags(colon < 0 ? rest : rest[..colon]);
    }

    // 'EL1_n vmid=0, nG asid=7'
    private bool TakeTags(scoped ReadOnlySpan<byte> tags)
    {
        var level = TarmacText.Word(ref tags).TrimEnd((byte)',');
        if (level.Length < 3 || (level[0] | 0x20) != 'e' || (level[1] | 0x20) != 'l')
        {
            return false;
        }

        var isSecure = level.Length > 4 && level[^1] == (byte)'s';
        ExceptionLevel = level[2] is (byte)'1' or (byte)'2' && !isSecure ? level[2] - '0' : 0;
        for (var word = TarmacText.Word(ref tags); !word.IsEmpty; word = TarmacText.Word(ref tags))
        {
            word = word.TrimEnd((byte)',');
            var equals = word.IndexOf((byte)'=');
            if (equals < 0)
            {
                continue;
            }

            if (TraceNumber.ParseInt(word[(equals + 1)..], 0, ushort.MaxValue, out var number) != NumberResult.Ok)
            {
                return false;
            }

            if (word[..equals].SequenceEqual("vmid"u8))
            {
                Vmid = (ushort)number;
            }
            else if (word[..equals].SequenceEqual("asid"u8))
            {
                Asid = (ushort)number;
            }
        }

        return true;
    }

    // '4K', '2M', '0x1000', '4096'
    private static bool Size(ReadOnlySpan<byte> text, out ulong size)
    {
        size = 0;
        var number = text.TrimEnd("KMGTBb"u8);
        var unit = number.Length < text.Length ? text[number.Length] : (byte)'B';
        var shift = unit switch { (byte)'K' => 10, (byte)'M' => 20, (byte)'G' => 30, (byte)'T' => 40, _ => 0 };
        if (text.StartsWith("0x"u8))
        {
            number = text;
            shift = 0;
        }

        if (TraceNumber.Parse(number, out var count) != NumberResult.Ok || count == 0 || count > (1UL << 52) >> shift)
        {
            return false;
        }

        size = count << shift;
        return true;
    }
}
