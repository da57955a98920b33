using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>The canned queries: every file of <c>schema/queries</c>, in name order.</summary>
public static class QueryCatalogue
{
    private static readonly Lazy<IReadOnlyList<CannedQuery>> Queries = new(
        () => [.. SchemaScripts.Read("queries").Select(script => QueryHeader.Parse(script.Name, script.Text))]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CannedQuery> All => Queries.Value;

    /// <summary>The query of this name; dashes count as underscores. Null when there is none.</summary>
    public static CannedQuery? Find(string name)
    {
        var wanted = name.Replace('-', '_');
        return All.FirstOrDefault(query => query.Name == wanted);
    }

    /// <summary>The catalogue itself as a result: name, title, summary, parameters and columns of every query.</summary>
    public static IResultRows Rows() => new ListedRows(
        ["name", "title", "summary", "parameters", "columns"],
        All.Select(query => (IReadOnlyList<string>)
        [
            query.Name,
            query.Title,
            query.Summary,
            string.Join("; ", query.Parameters.Select(parameter => $"{parameter.Option}: {parameter.Explanation}")),
            string.Join(' ', query.Columns.Select(column => column.Name)),
        ]));

    /// <summary>The same as somebody reads it to find a query: names and titles.</summary>
    public static IResultRows Titles() => new ListedRows(
        ["name", "title"], All.Select(query => (IReadOnlyList<string>)[query.Name, query.Title]));

    /// <summary>The query of this name, which must exist.</summary>
    public static CannedQuery Get(string name) =>
        Find(name) ?? throw new ArgumentException($"no canned query {name}", nameof(name));
}
