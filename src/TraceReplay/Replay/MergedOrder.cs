using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>How sure a finding can be where inputs were merged by time: what clocks tell of the order of events is an inference.</summary>
internal static class MergedOrder
{
    // ftrace prints microseconds, and clocks of CPUs differ by about as much.
    private const long ClockPrecisionNanoseconds = 1000;

    /// <summary>The most that can be said; certain where nothing was merged.</summary>
    public static Confidence Limit(Verdict verdict, bool isSelfEvident, TraceClock clock)
    {
        var where = verdict.Where.Header;
        if (where.Input == 0)
        {
            return Confidence.Certain;
        }

        var precision = clock == TraceClock.Time ? ClockPrecisionNanoseconds : 0;
        if (IsUnordered(where, verdict.StaleEvent, precision) || IsUnordered(where, verdict.Evidence.Tlbi, precision)
            || (verdict.Evidence.Tlbi is { } tlbi && IsUnordered(tlbi, verdict.StaleEvent, precision)))
        {
            return Confidence.Possible;
        }

        return isSelfEvident ? Confidence.Certain : Confidence.Likely;
    }

    // A header of which only the place is kept has no time, and is not near.
    private static bool IsUnordered(EventHeader event1, EventHeader? event2, long precision) =>
        event2 is { } other && other.Input != event1.Input && Math.Abs(event1.Time - other.Time) <= precision;
}
