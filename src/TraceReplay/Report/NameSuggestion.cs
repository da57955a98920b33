namespace TraceReplay.Report;

/// <summary>Names that somebody may have meant.</summary>
public static class NameSuggestion
{
    private const int MaximumSuggestions = 3;

    /// <summary>The names closest to what was typed, best first; none when nothing is close.</summary>
    public static IReadOnlyList<string> For(string typed, IEnumerable<string> names)
    {
        var wanted = typed.Replace('-', '_').ToLowerInvariant();
        return
        [
            .. names
                .Select(name => (Name: name, Distance: Distance(wanted, name.Replace('-', '_').ToLowerInvariant())))
                .Where(candidate => candidate.Distance <= Math.Max(2, wanted.Length / 3))
                .OrderBy(candidate => candidate.Distance)
                .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
                .Take(MaximumSuggestions)
                .Select(candidate => candidate.Name),
        ];
    }

    // A name that continues what was typed is close however long it is; else the edit distance.
    private static int Distance(string typed, string name)
    {
        if (typed.Length >= 3 && name.Contains(typed, StringComparison.Ordinal))
        {
            return 1;
        }

        var previous = new int[name.Length + 1];
        for (var j = 0; j <= name.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= typed.Length; i++)
        {
            var current = new int[name.Length + 1];
            current[0] = i;
            for (var j = 1; j <= name.Length; j++)
            {
                var replaced = previous[j - 1] + (typed[i - 1] == name[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[name.Length];
    }
}
