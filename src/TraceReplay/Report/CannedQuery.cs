using System.Text.RegularExpressions;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>One result column of a canned query.</summary>
/// <param name="Name">Name in the result, and in the CSV header.</param>
/// <param name="Description">Unit or meaning.</param>
public sealed record QueryColumn(string Name, string Description);

/// <summary>A query of <c>schema/queries</c>: its header comment is its entry in the catalogue.</summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Title">What the rows are.</param>
/// <param name="Summary">More about it, in one paragraph.</param>
/// <param name="Parameters">What it can be asked with.</param>
/// <param name="Columns">What it answers, in order.</param>
/// <param name="Sql">The whole file.</param>
/// <param name="IsReport">False when its rows mean nothing by themselves.</param>
public sealed partial record CannedQuery(
    string Name,
    string Title,
    string Summary,
    IReadOnlyList<QueryParameter> Parameters,
    IReadOnlyList<QueryColumn> Columns,
    string Sql,
    bool IsReport)
{
    private static readonly Lazy<HashSet<string>> ReplayTables = new(() =>
    [
        .. SchemaScripts.Read("tables")
            .Where(script => script.Name is "040_replay" or "050_finding")
            .SelectMany(script => Definition().Matches(script.Text))
            .Select(match => match.Groups[1].Value),
    ]);

    /// <summary>True when it can be run without being told anything and its rows stand for themselves: one of the standard reports.</summary>
    public bool IsStandardReport => IsReport && !Parameters.Any(parameter => parameter.IsRequired);

    /// <summary>True when it reads what replay derives, so that it answers nothing, or less, before the database was replayed.</summary>
    public bool NeedsReplay => TableReference().Matches(Sql).Any(match => ReplayTables.Value.Contains(match.Groups[1].Value));

    [GeneratedRegex(@"\b(?:FROM|JOIN) ([a-z_]+)")]
    private static partial Regex TableReference();

    [GeneratedRegex(@"^CREATE TABLE ([a-z_]+)", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
