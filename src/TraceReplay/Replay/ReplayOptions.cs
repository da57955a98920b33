using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>How a trace is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>What is asked of the trace.</summary>
    public Policy Policy { get; init; } = Policy.Default;

    /// <summary>FEAT_BBM level of the least capable CPU, 0..3; null takes that of the policy, else what the trace tells, or 0.</summary>
    public int? BbmLevel { get; init; }

    /// <summary>Nanoseconds after which a restriction without invalidation is reported, for time clocks.</summary>
    public long StalePermissionNs { get; init; } = 1_000_000_000;

    /// <summary>
    /// Events after which a restriction without invalidation is reported, for counter clocks. Larger than the longest break to
    /// completion seen on healthy kernels, 239 thousand events.
    /// </summary>
    public long StalePermissionEvents { get; init; } = 500_000;
}
