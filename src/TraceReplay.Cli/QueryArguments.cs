using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>The parameters of a canned query as given on the command line: <c>--name value</c> or <c>--name=value</c>.</summary>
internal static class QueryArguments
{
    /// <summary>Parts what was typed behind the database: the name of the query, null when there is none, and its parameters.</summary>
    /// <exception cref="UsageException">There is more than one name.</exception>
    public static (string? Name, IReadOnlyList<string> Parameters) Split(IReadOnlyList<string> tokens)
    {
        string? name = null;
        List<string> parameters = [];
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].StartsWith("--", StringComparison.Ordinal))
            {
                parameters.Add(tokens[i]);
                // Every parameter has a value, so the token behind it is no name.
                if (!tokens[i].Contains('=', StringComparison.Ordinal) && i + 1 < tokens.Count)
                {
                    i++;
                    parameters.Add(tokens[i]);
                }
            }
            else if (name is null)
            {
                name = tokens[i];
            }
            else
            {
                throw new UsageException(
                    $"'{tokens[i]}': one query at a time, and '{name}' is the query", $"tracereplay query <db> {name} --parameter value");
            }
        }

        return (name, parameters);
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">A parameter the query does not have, without a value, or with one that cannot be read.</exception>
    public static IReadOnlyDictionary<string, object?> Parse(CannedQuery query, IReadOnlyList<string> tokens)
    {
        Dictionary<string, object?> arguments = [];
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var (option, value) = token.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
                ? (token[..equals], token[(equals + 1)..])
                : (token, null);
            var parameter = query.Parameters.FirstOrDefault(candidate => candidate.Option == option.Replace('_', '-'))
                ?? throw Unknown(query, option);
            if (value is null)
            {
                i++;
                value = i < tokens.Count ? tokens[i] : throw Error(query, $"{parameter.Option} needs {parameter.Expected}");
            }

            if (!parameter.TryParse(value, out var parsed))
            {
                throw Unreadable(query, parameter, value);
            }

            arguments[parameter.Name] = parsed;
        }

        foreach (var parameter in query.Parameters)
        {
            if (parameter.IsRequired && !arguments.ContainsKey(parameter.Name))
            {
                throw Error(query, $"query {query.Name} needs {parameter.Option}: {parameter.Description}");
            }
        }

        return arguments;
    }

    private static UsageException Unreadable(CannedQuery query, QueryParameter parameter, string value)
    {
        var message = $"{parameter.Option} does not take '{value}': expected {parameter.Expected}";
        return NameSuggestion.For(value, parameter.KnownValues) is { Count: > 0 } close
            ? new UsageException(message, string.Join(" or ", close.Select(known => $"{parameter.Option} {known}")))
            : Error(query, message);
    }

    private static UsageException Unknown(CannedQuery query, string option) =>
        Error(query, $"query {query.Name} has no parameter {option}");

    private static UsageException Error(CannedQuery query, string message) =>
        new(message, query.Parameters.Count == 0
            ? $"query {query.Name} without parameters"
            : "one of\n" + string.Join('\n', query.Parameters.Select(QueryCatalogueText.Parameter)));
}
