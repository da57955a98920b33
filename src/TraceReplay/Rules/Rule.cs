namespace TraceReplay.Rules;

/// <summary>One rule: what it is called, how bad it is, where it stands in the architecture, and when it is raised.</summary>
/// <param name="Id">Stable id, such as <c>bbm-oa-change</c>.</param>
/// <param name="Title">One line.</param>
/// <param name="Severity">Severity where nothing lowers it.</param>
/// <param name="ArmRules">Rule ids of DDI 0487, comma-separated.</param>
/// <param name="Condition">When it is raised.</param>
/// <param name="Explanation">Why it matters, one paragraph.</param>
public sealed record Rule(
    string Id, string Title, Severity Severity, string ArmRules, string Condition, string Explanation)
{
    /// <summary>True where it breaks nothing and costs time: raised only when asked for.</summary>
    public bool IsLint { get; init; }
}
