using System.Globalization;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Turns the clock values of records into the times that <c>trace-cmd report</c> prints.</summary>
internal sealed class TimeConversion
{
    private const uint Interpolate = 1;

    private uint _multiplier;
    private int _shift;
    private long _offset;
    private uint _flags;
    private Sample[][] _guest = [];

    private sealed record Sample(long Time, long Offset, long Scaling, int FractionBits);

    /// <summary>The clock counts something else, which the file tells how to make nanoseconds of.</summary>
    public bool IsConverted => _multiplier != 0;

    /// <summary>Option <c>TSC2NSEC</c>: nanoseconds are ticks * multiplier >> shift.</summary>
    public void SetTicks(uint multiplier, uint shift) => (_multiplier, _shift) = (multiplier, (int)Math.Min(shift, 63));

    /// <summary>Options <c>DATE</c> and <c>OFFSET</c>: nanoseconds that are added.</summary>
    public void AddOffset(long nanoseconds) => _offset += nanoseconds;

    /// <summary>A number as options hold it: decimal, or hex with <c>0x</c>.</summary>
    public static long ParseOption(string text)
    {
        text = text.Trim();
        var isNegative = text.StartsWith('-');
        var digits = isNegative ? text[1..] : text;
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        _ = ulong.TryParse(
            isHex ? digits.AsSpan(2) : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        return isNegative ? -(long)value : (long)value;
    }

    /// <summary>Option <c>TIME_SHIFT</c> of a guest's file: how far its clock is from that of the host, CPU by CPU.</summary>
    /// <exception cref="TraceDatException">The option ends early.</exception>
    public void ReadTimeShift(ByteCursor option)
    {
        _ = option.U64("the id of the host's trace");
        _flags = option.U32("the flags of a time shift");
        var cpus = option.U32("the number of CPUs of a time shift");
        List<(long[] Times, long[] Offsets, long[] Scalings, int Count)> columns = [];
        for (var cpu = 0; cpu < cpus; cpu++)
        {
            var count = option.U32("the number of samples of a time shift");
            columns.Add((Column(option, count), Column(option, count), Column(option, count), (int)count));
        }

        var fractions = columns.Select(column => option.IsAtEnd ? new long[column.Count] : Column(option, (uint)column.Count)).ToList();
        _guest = [.. columns.Select((column, cpu) => Enumerable.Range(0, column.Count)
            .Select(i => new Sample(column.Times[i], column.Offsets[i], column.Scalings[i], (int)(fractions[cpu][i] & 63)))
            .OrderBy(sample => sample.Time).DistinctBy(sample => sample.Time).ToArray())];
    }

    /// <summary>The time of a record: nanoseconds, or ticks where the clock is none of time.</summary>
    public ulong Convert(ulong clock, int cpu)
    {
        if (cpu < _guest.Length)
        {
            clock = ToHost(clock, _guest[cpu]);
        }

        if (_multiplier != 0)
        {
            clock = (ulong)(((UInt128)clock * _multiplier) >> _shift);
        }

        return clock + (ulong)_offset;
    }

    private static long[] Column(ByteCursor option, uint count)
    {
        var bytes = option.Block(count * 8ul, "the samples of a time shift");
        var values = new long[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (long)option.Order.U64(bytes.AsSpan(i * 8));
        }

        return values;
    }

    // Between two samples the distance is taken as changing evenly, where the protocol says so.
    private ulong ToHost(ulong clock, Sample[] samples)
    {
        if (samples.Length < 2)
        {
            return samples.Length == 0 ? clock : clock + (ulong)samples[0].Offset;
        }

        var after = Array.FindIndex(samples, sample => (ulong)sample.Time > clock);
        var at = Math.Clamp((after < 0 ? samples.Length : after) - 1, 0, samples.Length - 2);
        var (from, to) = (samples[at], samples[at + 1]);
        var offset = from.Offset;
        if ((_flags & Interpolate) != 0)
        {
            var distance = (Int128)to.Time - from.Time;
            offset += (long)((((Int128)((long)clock - from.Time) * (to.Offset - from.Offset)) + (distance / 2)) / distance);
        }

        return (ulong)((long)((ulong)((long)clock * from.Scaling) >> from.FractionBits) + offset);
    }
}
