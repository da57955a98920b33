namespace TraceReplay.Rules;

/// <summary>What breaks no rule and costs time; raised only when asked for.</summary>
public static class LintRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.RedundantBreak, "Broken and made again with the same value", Severity.Info, "",
            "An entry was broken and then made with the value it had. Lint; one finding a site.",
            "The break and its invalidation changed nothing.") { IsLint = true },
        new(
            RuleId.OverInvalidation, "Everything invalidated for one entry", Severity.Info, "",
            "An operation on everything, or on an ASID, covered exactly one stale leaf. Lint; one finding a site.",
            "An operation by address would have kept the other entries.") { IsLint = true },
        new(
            RuleId.TlbiRedundant, "TLBI with nothing to invalidate", Severity.Info, "",
            "An operation by address covered no stale entry. Lint; one finding a site.",
            "It costs a broadcast for nothing; known workarounds for errata repeat a TLBI on purpose.") { IsLint = true },
    ];
}
