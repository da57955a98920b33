using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>What to import.</summary>
/// <param name="Paths">Traces, consecutive pieces of one capture; <c>-</c> is standard input.</param>
/// <param name="DatabasePath">The database to make; null to keep none.</param>
/// <param name="Format">Name of the reader; null to tell it from the content.</param>
/// <param name="Force">True to replace an existing database.</param>
internal sealed record ImportRequest(IReadOnlyList<string> Paths, string? DatabasePath, string? Format, bool Force);

/// <summary>How far a long step has come.</summary>
/// <param name="Done">Bytes read, or events replayed.</param>
/// <param name="Total">Of how many; 0 when not known.</param>
/// <param name="Events">Events so far.</param>
internal readonly record struct StepProgress(long Done, long Total, long Events);

/// <summary>One rule, as <c>tracereplay rules</c> prints it.</summary>
internal sealed record RuleText(string Id, string Title, string Severity, string ArmRules, string Explanation, string Condition);

/// <summary>The steps that the commands are made of; tests put their own in place.</summary>
/// <param name="Import">Reads traces into a new database.</param>
/// <param name="Analyze">
/// Imports and replays in one go and opens the result; without a path it is gone once it is closed. The integer is the FEAT_BBM level,
/// null for what the trace says; progress is that of the import and that of the replay.
/// </param>
/// <param name="Replay">Replays a database and writes its findings. The integer is the FEAT_BBM level, null for what the trace says.</param>
/// <param name="Rules">All rules.</param>
internal sealed record Pipeline(
    Action<ImportRequest, IProgress<StepProgress>?, CancellationToken> Import,
    Func<ImportRequest, int?, (IProgress<StepProgress>? Import, IProgress<StepProgress>? Replay), CancellationToken, TraceDatabase> Analyze,
    Action<TraceDatabase, int?, IProgress<StepProgress>?, CancellationToken> Replay,
    Func<IReadOnlyList<RuleText>> Rules)
{
    /// <summary>The library's own steps.</summary>
    public static Pipeline OfLibrary { get; } = new(ImportWithLibrary, AnalyzeWithLibrary, ReplayWithLibrary, RulesOfLibrary);

    private static void ImportWithLibrary(ImportRequest request, IProgress<StepProgress>? progress, CancellationToken cancellation) =>
        TraceImporter.Import(request.Paths, request.DatabasePath!, Options(request), OfImport(progress), cancellation);

    private static TraceDatabase AnalyzeWithLibrary(
        ImportRequest request,
        int? bbmLevel,
        (IProgress<StepProgress>? Import, IProgress<StepProgress>? Replay) progress,
        CancellationToken cancellation)
    {
        // How many events there are is known only to the import.
        var replay = progress.Replay is null ? null : new Relay<long>(events => progress.Replay.Report(new StepProgress(events, 0, events)));
        var options = Options(request) with { Replay = new ReplayOptions { BbmLevel = bbmLevel }, ReplayProgress = replay };
        if (request.DatabasePath is null)
        {
            return TraceImporter.ReplayOnly(request.Paths, options, OfImport(progress.Import), cancellation);
        }

        TraceImporter.Import(request.Paths, request.DatabasePath, options, OfImport(progress.Import), cancellation);
        return TraceDatabase.Open(request.DatabasePath, writable: false);
    }

    private static ImportOptions Options(ImportRequest request) => new()
    {
        Force = request.Force,
        Format = request.Format,
        StandardInput = request.Paths.Contains(ImportOptions.StandardInputPath) ? Console.OpenStandardInput() : null,
    };

    private static Relay<ImportProgress>? OfImport(IProgress<StepProgress>? progress) => progress is null
        ? null
        : new Relay<ImportProgress>(p => progress.Report(new StepProgress(p.BytesRead, p.TotalBytes ?? 0, p.Events)));

    private static void ReplayWithLibrary(
        TraceDatabase database, int? bbmLevel, IProgress<StepProgress>? progress, CancellationToken cancellation)
    {
        var total = progress is null ? 0 : new EventReader(database).CountEvents();
        var relay = progress is null ? null : new Relay<long>(events => progress.Report(new StepProgress(events, total, events)));
        Replayer.Replay(database, new ReplayOptions { BbmLevel = bbmLevel }, relay, cancellation);
    }

    private static List<RuleText> RulesOfLibrary() =>
    [
        .. RuleCatalogue.All.Select(rule => new RuleText(
            rule.Id, rule.Title, rule.Severity.ToString().ToLowerInvariant(), rule.ArmRules, rule.Explanation, rule.Condition)),
    ];

    // Progress<T> would report on another thread, after the step is over.
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
