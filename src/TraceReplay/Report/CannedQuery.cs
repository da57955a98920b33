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
public sealed record CannedQuery(
    string Name,
    string Title,
    string Summary,
    IReadOnlyList<QueryParameter> Parameters,
    IReadOnlyList<QueryColumn> Columns,
    string Sql)
{
    /// <summary>True when it can be run without being told anything: it is one of the standard reports.</summary>
    public bool IsStandardReport => !Parameters.Any(parameter => parameter.IsRequired);
}
