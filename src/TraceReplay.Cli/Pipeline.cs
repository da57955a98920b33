using TraceReplay.Ingest;
using TraceReplay.Ingest.Images;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Ingest.Merging;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>What to import.</summary>
/// <param name="Paths">Traces, consecutive pieces of one capture; <c>-</c> is standard input.</param>
/// <param name="DatabasePath">The database to make; null to keep none.</param>
/// <param name="Format">Name of the reader; null to tell it from the content.</param>
/// <param name="Force">True to replace an existing database.</param>
internal sealed record ImportRequest(IReadOnlyList<string> Paths, string? DatabasePath, string? Format, bool Force)
{
    /// <summary>Name of a mapping of events; null for the vocabulary alone.</summary>
    public string? EventsPath { get; init; }

    /// <summary>File of symbols, null for none.</summary>
    public string? SymbolsPath { get; init; }

    /// <summary>Program counter minus address of the symbols; null to have it found.</summary>
    public ulong? KaslrOffset { get; init; }

    /// <summary>How the traces are merged by time; null where they are pieces of one capture.</summary>
    public MergeOptions? Merge { get; init; }

    /// <summary>True for the nanoseconds of a trace.dat.</summary>
    public bool KeepsNanoseconds { get; init; }

    /// <summary>Files of memory as it was at the begin of the trace.</summary>
    public IReadOnlyList<MemoryFile> InitialMemory { get; init; } = [];

    /// <summary>Given a second connection to the database once all rows are in it; null where nobody waits for that.</summary>
    public Action<TraceDatabase>? RowsWritten { get; init; }
}

/// <summary>How far a long step has come.</summary>
/// <param name="Done">Bytes read, or events replayed.</param>
/// <param name="Total">Of how many; 0 when not known.</param>
/// <param name="Events">Events so far.</param>
internal readonly record struct StepProgress(long Done, long Total, long Events);

/// <summary>One rule, as <c>tracereplay rules</c> prints it.</summary>
/// <param name="Effective">Severity under a policy: error, warning, info or off, and where a regime has another one, that.</param>
internal sealed record RuleText(
    string Id, string Title, string Severity, string Effective, string ArmRules, string Explanation, string Condition);

/// <summary>The steps that the commands are made of; tests put their own in place.</summary>
/// <param name="Import">Reads traces into a new database.</param>
/// <param name="Analyze">
/// Imports and replays in one go and opens the result; without a path it is gone once it is closed. Progress is that of the import and
/// that of the replay.
/// </param>
/// <param name="Replay">Replays a database and writes its findings.</param>
/// <param name="Rules">All rules, with their severity under a policy.</param>
internal sealed record Pipeline(
    Action<ImportRequest, IProgress<StepProgress>?, CancellationToken> Import,
    Func<ImportRequest, ReplayRequest, (IProgress<StepProgress>? Import, IProgress<StepProgress>? Replay), CancellationToken, TraceDatabase> Analyze,
    Action<TraceDatabase, ReplayRequest, IProgress<StepProgress>?, CancellationToken> Replay,
    Func<Policy, IReadOnlyList<RuleText>> Rules)
{
    /// <summary>The library's own steps.</summary>
    public static Pipeline OfLibrary { get; } = new(ImportWithLibrary, AnalyzeWithLibrary, ReplayWithLibrary, RulesOfLibrary);

    private static void ImportWithLibrary(ImportRequest request, IProgress<StepProgress>? progress, CancellationToken cancellation) =>
        TraceImporter.Import(request.Paths, request.DatabasePath!, Options(request), OfImport(progress), cancellation);

    private static TraceDatabase AnalyzeWithLibrary(
        ImportRequest request,
        ReplayRequest judgement,
        (IProgress<StepProgress>? Import, IProgress<StepProgress>? Replay) progress,
        CancellationToken cancellation)
    {
        // How many events there are is known only to the import.
        var replay = progress.Replay is null ? null : new Relay<long>(events => progress.Replay.Report(new StepProgress(events, 0, events)));
        var options = Options(request) with
        {
            Replay = new ReplayOptions { Policy = judgement.Policy },
            Review = judgement.Review,
            ReplayProgress = replay,
            RowsWritten = request.RowsWritten,
        };
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
        Mapping = request.EventsPath is { } events ? EventMapping.Load(events) : null,
        SymbolsPath = request.SymbolsPath,
        KaslrOffset = request.KaslrOffset,
        Merge = request.Merge,
        KeepsNanoseconds = request.KeepsNanoseconds,
        InitialMemory = request.InitialMemory,
        StandardInput = request.Paths.Contains(ImportOptions.StandardInputPath) ? Console.OpenStandardInput() : null,
    };

    private static Relay<ImportProgress>? OfImport(IProgress<StepProgress>? progress) => progress is null
        ? null
        : new Relay<ImportProgress>(p => progress.Report(new StepProgress(p.BytesRead, p.TotalBytes ?? 0, p.Events)));

    private static void ReplayWithLibrary(
        TraceDatabase database, ReplayRequest request, IProgress<StepProgress>? progress, CancellationToken cancellation)
    {
        var total = progress is null ? 0 : new EventReader(database).CountEvents();
        var relay = progress is null ? null : new Relay<long>(events => progress.Report(new StepProgress(events, total, events)));
        Replayer.Replay(database, new ReplayOptions { Policy = request.Policy }, relay, request.Review, cancellation);
    }

    private static List<RuleText> RulesOfLibrary(Policy policy) =>
    [
        .. RuleCatalogue.All.Select(rule => new RuleText(
            rule.Id, rule.Title, Text(rule.Severity), EffectiveSeverity(policy, rule), rule.ArmRules, rule.Explanation, rule.Condition)),
    ];

    private static string EffectiveSeverity(Policy policy, Rule rule)
    {
        var general = Text(policy.WorstOf(rule, regime: null));
        var special = Policy.RegimeKeys
            .Select(regime => (Regime: regime, Severity: Text(policy.WorstOf(rule, regime))))
            .Where(each => each.Severity != general)
            .Select(each => $"{each.Severity} in {each.Regime}");
        return string.Join(", ", special.Prepend(general));
    }

    private static string Text(Severity? severity) => severity?.ToString().ToLowerInvariant() ?? "off";

    // Progress<T> would report on another thread, after the step is over.
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
