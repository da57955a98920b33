using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>One report that was written.</summary>
/// <param name="Query">The query it answers.</param>
/// <param name="Path">The file.</param>
/// <param name="Rows">Rows below the header.</param>
public sealed record WrittenReport(CannedQuery Query, string Path, long Rows);

/// <summary>The reports of an analysis: one CSV for every canned query that needs to be told nothing.</summary>
public static class StandardReports
{
    /// <summary>The queries, in name order.</summary>
    public static IReadOnlyList<CannedQuery> Queries { get; } = [.. QueryCatalogue.All.Where(query => query.IsStandardReport)];

    /// <summary>File of the policy that the reports were made under.</summary>
    public const string PolicyFile = "policy.json";

    /// <summary>
    /// Writes them as <c>name.csv</c> into a directory, which is made when it does not exist, and the policy beside them.
    /// </summary>
    public static IReadOnlyList<WrittenReport> Write(TraceDatabase database, string directory)
    {
        Directory.CreateDirectory(directory);
        List<WrittenReport> written = [];
        foreach (var query in Queries)
        {
            // A limit is for a terminal; a report that was cut would look whole.
            Dictionary<string, object?> arguments = [];
            if (query.Parameters.Any(parameter => parameter.Name == "limit"))
            {
                arguments.Add("limit", long.MaxValue);
            }

            using var result = QueryResult.Run(database, query, arguments);
            var path = Path.Combine(directory, query.Name + ".csv");
            written.Add(new WrittenReport(query, path, CsvReport.WriteFile(result, path)));
        }

        if (InfoReport.PolicyOf(database) is { } policy)
        {
            File.WriteAllText(Path.Combine(directory, PolicyFile), policy.ToJson() + "\n");
        }

        return written;
    }
}
