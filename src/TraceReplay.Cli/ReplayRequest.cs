using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>How to replay, and which findings are no news.</summary>
/// <param name="Policy">What is asked of the trace.</param>
/// <param name="Review">Waivers and baseline.</param>
/// <param name="WaiverFile">File of the waivers, for messages; null for none.</param>
internal sealed record ReplayRequest(Policy Policy, FindingReview Review, string? WaiverFile)
{
    /// <summary>As without any option.</summary>
    public static ReplayRequest Default { get; } = new(Policy.Default, FindingReview.None, WaiverFile: null);
}
