using Microsoft.Data.Sqlite;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Store;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest;

/// <summary>Makes a database of one or more sources: all of it, or nothing.</summary>
public static class TraceImporter
{
    /// <summary>Imports sources: consecutive pieces of one capture, or inputs that are merged by time.</summary>
    /// <param name="paths">The sources, pieces in their order in time; <c>-</c> is <see cref="ImportOptions.StandardInput"/>.</param>
    /// <param name="databasePath">The database to be made.</param>
    /// <param name="options">Choices.</param>
    /// <param name="progress">Called on the importing thread a few times a second at most speeds; may be null.</param>
    /// <param name="cancellation">Stops the import; nothing is left behind then.</param>
    /// <exception cref="ImportException">A source or the target cannot be used; nothing was made or changed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing was made or changed.</exception>
    public static ImportResult Import(
        IReadOnlyList<string> paths,
        string databasePath,
        ImportOptions options,
        IProgress<ImportProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        CheckSources(paths, options);
        var given = PcNaming.ReadSymbols(options);
        using var target = ImportTarget.Prepare(databasePath, paths, options.Force);
        options = options with { Mapping = LinearMapLearner.Learn(options.Mapping, paths, options.Format, cancellation) };
        try
        {
            var result = Build(paths, target.PartialPath, options, given, progress, cancellation);
            cancellation.ThrowIfCancellationRequested();
            target.Commit();
            return result;
        }
        catch (Exception e) when (e is DatabaseException or SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"{databasePath}: cannot be written ({TraceDatabase.Reason(e)}); no database was made or changed", e);
        }
    }

    /// <summary>
    /// Replays sources, pieces of one capture or inputs that are merged, and keeps what was found: a database without a file that holds the
    /// findings, the counts and the few events that prove them. The other event tables, and those of the state over time, are empty.
    /// </summary>
    /// <param name="paths">The sources, pieces in their order in time; <c>-</c> is <see cref="ImportOptions.StandardInput"/>.</param>
    /// <param name="options">Choices, among them how to replay.</param>
    /// <param name="progress">Called on this thread a few times a second at most speeds; may be null.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ImportException">A source cannot be used, or there is no room for temporary files.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TraceDatabase ReplayOnly(
        IReadOnlyList<string> paths, ImportOptions options, IProgress<ImportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Replay);
        CheckSources(paths, options);
        var given = PcNaming.ReadSymbols(options);
        options = options with { Mapping = LinearMapLearner.Learn(options.Mapping, paths, options.Format, cancellation) };
        var database = TraceDatabase.CreateTemporary();
        try
        {
            using var import = new DatabaseImport(database, options, given, keepsEvents: false, progress, cancellation);
            import.Run(paths);
            return database;
        }
        catch (Exception e)
        {
            database.Dispose();
            if (e is DatabaseException or SqliteException or IOException or UnauthorizedAccessException)
            {
                throw new ImportException($"{database.Folder}: temporary files cannot be written ({TraceDatabase.Reason(e)})", e);
            }

            throw;
        }
    }

    private static ImportResult Build(
        IReadOnlyList<string> paths, string partialPath, ImportOptions options, SymbolTable? given, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        using var database = TraceDatabase.Create(partialPath);
        using var import = new DatabaseImport(database, options, given, keepsEvents: true, progress, cancellation);
        return import.Run(paths);
    }

    private static void CheckSources(IReadOnlyList<string> paths, ImportOptions options)
    {
        if (paths.Count == 0)
        {
            throw new ImportException("no trace; expected at least one file, or - for standard input");
        }

        if (paths.Contains(""))
        {
            throw new ImportException("a trace has an empty name; expected a file name, or - for standard input");
        }

        if (options.Format is { } format)
        {
            TraceSource.FindReader(format);
        }

        if (paths.Count(path => path == ImportOptions.StandardInputPath) > (options.StandardInput is null ? 0 : 1))
        {
            throw new ImportException("-: standard input can be read once, and only where there is one");
        }

        foreach (var path in paths.Where(path => path != ImportOptions.StandardInputPath))
        {
            // A wrong name among many is told before the first is read.
            TraceSource.Check(path);
        }
    }
}
