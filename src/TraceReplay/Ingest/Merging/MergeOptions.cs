using TraceReplay.Events;

namespace TraceReplay.Ingest.Merging;

/// <summary>How several inputs are merged by time.</summary>
public sealed record MergeOptions
{
    /// <summary>What is added to the times of an input, by its path as given; those not named keep theirs.</summary>
    public IReadOnlyDictionary<string, ClockOffset> Offsets { get; init; } = new Dictionary<string, ClockOffset>();

    /// <summary>What is added to the CPU numbers of an input, by its path as given: for a tracer whose CPUs are others than those of the rest.</summary>
    public IReadOnlyDictionary<string, int> CpuOffsets { get; init; } = new Dictionary<string, int>();

    /// <summary>What is applied to an input.</summary>
    /// <param name="path">Its path as given.</param>
    /// <param name="clock">Form of its times.</param>
    /// <exception cref="ImportException">Its offset is not one of this clock.</exception>
    internal MergedShift ShiftOf(string path, TraceClock clock)
    {
        try
        {
            return new MergedShift(Offsets.TryGetValue(path, out var offset) ? offset.Of(clock) : 0, CpuOffsets.GetValueOrDefault(path));
        }
        catch (FormatException e)
        {
            throw new ImportException($"{path}: {e.Message}", e);
        }
    }
}

/// <summary>What was applied to an input that was merged.</summary>
/// <param name="ClockOffset">Added to its times: nanoseconds, or ticks of a counter.</param>
/// <param name="CpuOffset">Added to its CPU numbers.</param>
public sealed record MergedShift(long ClockOffset, int CpuOffset);
