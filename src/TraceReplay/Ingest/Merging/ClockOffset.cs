using System.Globalization;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Merging;

/// <summary>What is added to the times of an input: <c>+1.5ms</c>, <c>-0.0015</c> in seconds, or <c>+400</c> ticks of a counter.</summary>
public sealed record ClockOffset
{
    private const decimal NanosecondsPerSecond = 1_000_000_000;

    private static readonly (string Unit, decimal Nanoseconds)[] Units =
        [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", NanosecondsPerSecond)];

    private readonly decimal _value;
    private readonly decimal? _unit;

    private ClockOffset(decimal value, decimal? unit) => (_value, _unit) = (value, unit);

    /// <summary>No offset.</summary>
    public static ClockOffset Zero { get; } = new(0, null);

    /// <summary>Reads a number with a sign or without, and a unit of ns, us, ms or s or none, which is seconds or ticks.</summary>
    /// <exception cref="FormatException">It is no such text, or finer than a nanosecond.</exception>
    public static ClockOffset Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        decimal? unit = null;
        var digits = text;
        foreach (var (name, nanoseconds) in Units)
        {
            if (text.EndsWith(name, StringComparison.Ordinal))
            {
                (unit, digits) = (nanoseconds, text[..^name.Length]);
                break;
            }
        }

        // 2^62 ns are 146 years: what is larger is a slip, and could not be added.
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(digits, style, CultureInfo.InvariantCulture, out var value) || Math.Abs(value) > 1L << 62
            || (unit is { } known && (Math.Abs(value * known) > 1L << 62 || value * known % 1 != 0)))
        {
            throw new FormatException($"'{text}' is no offset: expected a time such as +1.5ms, -20us or 0.0015 (seconds), or whole ticks of a counter");
        }

        return new ClockOffset(value, unit);
    }

    /// <summary>The offset in nanoseconds, or in ticks of a counter clock.</summary>
    /// <exception cref="FormatException">It cannot be one of this clock.</exception>
    public long Of(TraceClock clock)
    {
        if (clock == TraceClock.Counter)
        {
            return _unit is null && _value % 1 == 0
                ? (long)_value
                : throw new FormatException("its times are bare counts; expected an offset in whole ticks, without a unit");
        }

        var nanoseconds = _value * (_unit ?? NanosecondsPerSecond);
        return nanoseconds % 1 == 0 && Math.Abs(nanoseconds) <= 1L << 62
            ? (long)nanoseconds
            : throw new FormatException("its times are seconds; expected an offset of whole nanoseconds, such as +1.5ms");
    }
}
