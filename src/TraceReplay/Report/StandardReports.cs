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

    // They need no events but those of findings and of TLBI sites, and nothing of the state over time.
    private static readonly string[] NamesWithoutHistory =
    [
        "baseline_gone", "finding_counts", "findings", "findings_by_site", "import_problems", "problem_totals", "replay_summary", "sites",
        "skipped_events", "symbols", "tlbi_sites", "tlbi_summary", "traces", "transition_classes", "waivers",
    ];

    /// <summary>Those of them that a database answers which keeps no history of events and tables, in name order.</summary>
    public static IReadOnlyList<CannedQuery> QueriesWithoutHistory { get; } =
        [.. Queries.Where(query => NamesWithoutHistory.Contains(query.Name))];

    /// <summary>
    /// Writes reports as <c>name.csv</c> into a directory, which is made when it does not exist, and the policy beside them.
    /// </summary>
    /// <param name="database">What they are about.</param>
    /// <param name="directory">Where they go.</param>
    /// <param name="queries">Which; null for <see cref="Queries"/>.</param>
    public static IReadOnlyList<WrittenReport> Write(TraceDatabase database, string directory, IReadOnlyList<CannedQuery>? queries = null)
    {
        using var run = new ReportRun(directory, queries ?? Queries);
        return run.Finish(database);
    }
}
