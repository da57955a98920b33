using System.Numerics;

namespace TraceReplay.Replay;

/// <summary>A set of CPU numbers. Up to 64 CPUs take one word and no allocation; more share an array that is never changed.</summary>
public readonly struct CpuSet : IEquatable<CpuSet>
{
    private readonly ulong _low;
    private readonly ulong[]? _high;

    private CpuSet(ulong low, ulong[]? high)
    {
        _low = low;
        _high = high;
    }

    public static CpuSet Empty => default;

    public bool IsEmpty => _low == 0 && _high is null;

    public int Count
    {
        get
        {
            var count = BitOperations.PopCount(_low);
            foreach (var word in _high ?? [])
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>The set of CPUs 0..count-1.</summary>
    public static CpuSet FirstCpus(int count)
    {
        var set = Empty;
        for (var cpu = 0; cpu < count; cpu++)
        {
            set = set.With(cpu);
        }

        return set;
    }

    public static CpuSet Of(int cpu) => Empty.With(cpu);

    public bool Contains(int cpu)
    {
        if (cpu < 64)
        {
            return ((_low >> cpu) & 1) != 0;
        }

        var word = (cpu >> 6) - 1;
        return _high is not null && word < _high.Length && ((_high[word] >> (cpu & 63)) & 1) != 0;
    }

    public CpuSet With(int cpu)
    {
        if (cpu < 64)
        {
            return new CpuSet(_low | (1UL << cpu), _high);
        }

        var word = (cpu >> 6) - 1;
        var high = new ulong[Math.Max(word + 1, _high?.Length ?? 0)];
        _high?.CopyTo(high, 0);
        high[word] |= 1UL << (cpu & 63);
        return new CpuSet(_low, high);
    }

    public CpuSet Without(int cpu)
    {
        if (cpu < 64)
        {
            return new CpuSet(_low & ~(1UL << cpu), _high);
        }

        if (!Contains(cpu))
        {
            return this;
        }

        var high = (ulong[])_high!.Clone();
        high[(cpu >> 6) - 1] &= ~(1UL << (cpu & 63));
        return new CpuSet(_low, Trim(high));
    }

    public CpuSet Union(CpuSet other)
    {
        if (_high is null && other._high is null)
        {
            return new CpuSet(_low | other._low, null);
        }

        var high = new ulong[Math.Max(_high?.Length ?? 0, other._high?.Length ?? 0)];
        _high?.CopyTo(high, 0);
        for (var i = 0; i < (other._high?.Length ?? 0); i++)
        {
            high[i] |= other._high![i];
        }

        return new CpuSet(_low | other._low, high);
    }

    public CpuSet Except(CpuSet other)
    {
        if (_high is null)
        {
            return new CpuSet(_low & ~other._low, null);
        }

        var high = (ulong[])_high.Clone();
        for (var i = 0; i < Math.Min(high.Length, other._high?.Length ?? 0); i++)
        {
            high[i] &= ~other._high![i];
        }

        return new CpuSet(_low & ~other._low, Trim(high));
    }

    /// <summary>The only member, or null when there are none or several.</summary>
    public int? Single()
    {
        if (_high is not null || BitOperations.PopCount(_low) != 1)
        {
            return Count == 1 ? 64 + HighSingle() : null;
        }

        return BitOperations.TrailingZeroCount(_low);
    }

    public bool Equals(CpuSet other) =>
        _low == other._low && (_high ?? []).AsSpan().SequenceEqual(other._high ?? []);

    public override bool Equals(object? obj) => obj is CpuSet other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_low, _high?.Length ?? 0);

    public static bool operator ==(CpuSet left, CpuSet right) => left.Equals(right);

    public static bool operator !=(CpuSet left, CpuSet right) => !left.Equals(right);

    /// <summary>The members as text: <c>0,1,5</c>.</summary>
    public override string ToString()
    {
        var cpus = new List<int>();
        for (var cpu = 0; cpu < 64 * (1 + (_high?.Length ?? 0)); cpu++)
        {
            if (Contains(cpu))
            {
                cpus.Add(cpu);
            }
        }

        return string.Join(',', cpus);
    }

    private int HighSingle()
    {
        for (var i = 0; ; i++)
        {
            if (_high![i] != 0)
            {
                return (i * 64) + BitOperations.TrailingZeroCount(_high[i]);
            }
        }
    }

    private static ulong[]? Trim(ulong[] high)
    {
        var length = high.Length;
        while (length > 0 && high[length - 1] == 0)
        {
            length--;
        }

        return length == 0 ? null : length == high.Length ? high : high[..length];
    }
}
