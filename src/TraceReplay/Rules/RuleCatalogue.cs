namespace TraceReplay.Rules;

/// <summary>Every rule, in the order they are listed.</summary>
public static class RuleCatalogue
{
    private static readonly Dictionary<string, Rule> ById = [];

    static RuleCatalogue()
    {
        foreach (var rule in All)
        {
            ById.Add(rule.Id, rule);
        }
    }

    public static IReadOnlyList<Rule> All { get; } =
    [
        .. BreakBeforeMakeRules.All,
        .. IncompleteBreakRules.All,
        .. ContiguousRules.All,
        .. LifetimeRules.All,
        .. RegisterRules.All,
        .. StoreRules.All,
        .. LintRules.All,
    ];

    /// <summary>The rule of an id, or null when there is none.</summary>
    public static Rule? Find(string id) => ById.GetValueOrDefault(id);

    /// <summary>The rule of an id that is known to exist.</summary>
    public static Rule Get(string id) => ById[id];
}
