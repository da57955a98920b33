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

    // They need no events but those of findings and of TLBI sites, and nothing of the state over time.
    private static readonly string[] NamesWithoutHistory =
    [
        "finding_counts", "findings", "findings_by_site", "import_problems", "problem_totals", "replay_summary", "sites",
        "skipped_events", "tlbi_sites", "tlbi_summary", "traces", "transition_classes",
    ];

    /// <summary>Those of them that a database answers which keeps no history of events and tables, in name order.</summary>
    public static IReadOnlyList<CannedQuery> QueriesWithoutHistory { get; } =
        [.. Queries.Where(query => NamesWithoutHistory.Contains(query.Name))];

    /// <summary>Writes reports as <c>name.csv</c> into a directory, which is made when it does not exist.</summary>
    /// <param name="database">What they are about.</param>
    /// <param name="directory">Where they go.</param>
    /// <param name="queries">Which; null for <see cref="Queries"/>.</param>
    public static IReadOnlyList<WrittenReport> Write(TraceDatabase database, string directory, IReadOnlyList<CannedQuery>? queries = null)
    {
        Directory.CreateDirectory(directory);
        List<WrittenReport> written = [];
        foreach (var query in queries ?? Queries)
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

        return written;
    }
}
