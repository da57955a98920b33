namespace TraceReplay.Ingest.Tarmac;

/// <summary>What a line of a Tarmac trace tells.</summary>
internal enum TarmacKind
{
    /// <summary>Nothing that is used here.</summary>
    Other = 0,

    /// <summary>An instruction, <c>IT</c>, <c>IF</c> or, where its condition failed, <c>IS</c>.</summary>
    Instruction = 1,

    /// <summary>An instruction as RTL and cycle models print it, <c>ES</c>.</summary>
    CycleInstruction = 2,

    /// <summary>A register's new value, <c>R</c>.</summary>
    Register = 3,

    /// <summary>A store, <c>MW8</c> or <c>W08</c>.</summary>
    Store = 4,

    /// <summary>A load, <c>MR8</c> or <c>R08</c>.</summary>
    Load = 5,

    /// <summary>Sixteen bytes of which some were stored, <c>ST</c>.</summary>
    StoreBlock = 6,

    /// <summary>Sixteen bytes of which some were loaded, <c>LD</c>.</summary>
    LoadBlock = 7,

    /// <summary>An exception, <c>E</c> or <c>EXC</c>.</summary>
    Exception = 8,

    /// <summary>A TLB took or gave up an entry, <c>TLB</c>.</summary>
    Tlb = 9,

    /// <summary>A walk cache did, <c>WALKCACHE</c>.</summary>
    WalkCache = 10,
}

/// <summary>The header fields of a line: <c>[time [unit]] [component] kind rest</c>.</summary>
/// <remarks>
/// <c>1500 clk cpu0 MW8 000fffe8:0000000fffe8 00000000002105e0</c>, <c>271ns R r13 20001fff</c>, or without a time
/// <c>                    R X1 0000000081000000</c>, whose time is that of the line before.
/// </remarks>
internal ref struct TarmacLine
{
    /// <summary>True where the line has a time of its own.</summary>
    public bool HasTime { get; private set; }

    /// <summary>True where a unit stands behind the time.</summary>
    public bool HasUnit { get; private set; }

    /// <summary>Nanoseconds, or ticks where <see cref="IsCounter"/>.</summary>
    public long Time { get; private set; }

    /// <summary>The time is a count: of clocks, or of what the tracer counts.</summary>
    public bool IsCounter { get; private set; }

    /// <summary>Name of the CPU, or empty.</summary>
    public ReadOnlySpan<byte> Component { get; private set; }

    public TarmacKind Kind { get; private set; }

    /// <summary>The word that tells the kind.</summary>
    public ReadOnlySpan<byte> Type { get; private set; }

    /// <summary>What stands behind it.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; }

    /// <summary>Splits a line; false where it has no word that tells a kind.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out TarmacLine parsed)
    {
        parsed = default;
        var rest = line;
        var word = TarmacText.Word(ref rest);
        if (!word.IsEmpty && (uint)(word[0] - '0') <= 9)
        {
            var behind = rest;
            var next = TarmacText.Word(ref behind);
            if (!parsed.TakeTime(word, next, out var isUnit))
            {
                return false;
            }

            if (isUnit)
            {
                rest = behind;
            }

            word = TarmacText.Word(ref rest);
        }

        parsed.Kind = KindOf(word);
        if (parsed.Kind == TarmacKind.Other && IsComponent(word))
        {
            parsed.Component = word;
            word = TarmacText.Word(ref rest);
            parsed.Kind = KindOf(word);
        }

        parsed.Type = word;
        parsed.Rest = rest;
        return !word.IsEmpty;
    }

    /// <summary>Reads only the time of a line; false where it has none.</summary>
    public static bool TryReadTime(ReadOnlySpan<byte> line, out long time, out bool isCounter)
    {
        var parsed = default(TarmacLine);
        var word = TarmacText.Word(ref line);
        var hasTime = !word.IsEmpty && (uint)(word[0] - '0') <= 9 && parsed.TakeTime(word, TarmacText.Word(ref line), out _);
        (time, isCounter) = (parsed.Time, parsed.IsCounter);
        return hasTime;
    }

    // '271ns', '4 clk' or a bare '4'.
    private bool TakeTime(scoped ReadOnlySpan<byte> word, scoped ReadOnlySpan<byte> next, out bool isUnit)
    {
        isUnit = false;
        var digits = word.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var unit = digits < 0 ? default : word[digits..];
        if (TraceNumber.Parse(digits < 0 ? word : word[..digits], out var count) != NumberResult.Ok || count > long.MaxValue)
        {
            return false;
        }

        HasTime = true;
        if (unit.IsEmpty)
        {
            isUnit = SetTime((long)count, next);
            return true;
        }

        return SetTime((long)count, unit);
    }

    private bool SetTime(long count, scoped ReadOnlySpan<byte> unit)
    {
        var (multiplier, divisor) = unit switch
        {
            [(byte)'p', (byte)'s'] => (1L, 1000L),
            [(byte)'n', (byte)'s'] => (1, 1),
            [(byte)'u', (byte)'s'] => (1000, 1),
            [(byte)'m', (byte)'s'] => (1_000_000, 1),
            _ => (0, 1),
        };
        if (multiplier == 0)
        {
            (Time, IsCounter) = (count, true);
            return HasUnit = unit.SequenceEqual("clk"u8) || unit.SequenceEqual("tic"u8) || unit.SequenceEqual("cyc"u8) || unit.SequenceEqual("cs"u8);
        }

        HasUnit = true;
        Time = count > long.MaxValue / multiplier ? long.MaxValue : count * multiplier / divisor;
        return true;
    }

    private static TarmacKind KindOf(ReadOnlySpan<byte> word) => word switch
    {
        [(byte)'R'] => TarmacKind.Register,
        [(byte)'I', (byte)'T' or (byte)'S' or (byte)'F'] => TarmacKind.Instruction,
        [(byte)'M', (byte)'W', >= (byte)'0' and <= (byte)'9', ..] => TarmacKind.Store,
        [(byte)'M', (byte)'R', >= (byte)'0' and <= (byte)'9', ..] => TarmacKind.Load,
        [(byte)'E', (byte)'S'] => TarmacKind.CycleInstruction,
        [(byte)'S', (byte)'T'] => TarmacKind.StoreBlock,
        [(byte)'L', (byte)'D'] => TarmacKind.LoadBlock,
        [(byte)'W', (byte)'0', >= (byte)'1' and <= (byte)'8'] => TarmacKind.Store,
        [(byte)'R', (byte)'0', >= (byte)'1' and <= (byte)'8'] => TarmacKind.Load,
        [(byte)'E'] or [(byte)'E', (byte)'X', (byte)'C'] => TarmacKind.Exception,
        [(byte)'T', (byte)'L', (byte)'B'] => TarmacKind.Tlb,
        [(byte)'W', (byte)'A', (byte)'L', (byte)'K', ..] => word.SequenceEqual("WALKCACHE"u8) ? TarmacKind.WalkCache : TarmacKind.Other,
        _ => TarmacKind.Other,
    };

    // 'cpu0', 'cluster0.cpu1', 'FVP_Base.cluster0.cpu0'; kinds that are not known are upper case without a dot.
    private static bool IsComponent(ReadOnlySpan<byte> word) =>
        word.StartsWith("cpu"u8) || (word.IndexOf((byte)'.') > 0 && word[0] is >= (byte)'A');
}
