using System.Diagnostics;
using Microsoft.Data.Sqlite;
using TraceReplay.Events;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Store;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest;

/// <summary>Makes a database of one or more sources: all of it, or nothing.</summary>
public static class TraceImporter
{
    /// <summary>Imports sources that are consecutive pieces of one capture.</summary>
    /// <param name="paths">The sources in their order in time; <c>-</c> is <see cref="ImportOptions.StandardInput"/>.</param>
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

    private static ImportResult Build(
        IReadOnlyList<string> paths, string partialPath, ImportOptions options, SymbolTable? given, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        var stopwatch = Stopwatch.StartNew();
        var names = new NameTable();
        var problems = new ImportProblems();
        using var database = TraceDatabase.Create(partialPath);
        using var writer = new EventWriter(database.Connection);
        var session = new ReadSession(writer, names, problems) { Cancellation = cancellation, Mapping = options.Mapping };
        var totalBytes = TotalBytes(paths);
        var bytesBefore = 0L;
        if (progress is not null)
        {
            session.Progress = bytes => progress.Report(new ImportProgress(bytesBefore + bytes, totalBytes, session.NextSeq - 1, stopwatch.Elapsed));
        }

        using var transaction = database.Connection.BeginTransaction();
        var sources = new List<SourceSummary>();
        var symbols = new List<(string Path, SymbolTable Table)>();
        foreach (var path in paths)
        {
            problems.TraceId = sources.Count + 1;
            var collector = new TraceFactsCollector(names);
            session.Sink = new TeeSink(collector, writer);
            var source = ReadSource(path, session, options);
            CheckHasEvents(source, session);
            ImportRecord.WriteTrace(database.Connection, sources.Count + 1, source, collector.Facts(source.Text.Clock, source.Text.HeaderCpuCount));
            sources.Add(source);
            symbols.Add((path, session.Symbols));
            session.Symbols = SymbolTable.None;
            bytesBefore += session.RawBytes?.Invoke() ?? 0;
        }

        ImportRecord.WriteProblems(database.Connection, problems, session.Skipped);
        ImportRecord.WriteMeta(database.Connection, "tool_version", typeof(TraceImporter).Assembly.GetName().Version?.ToString(3) ?? "");
        if (options.Mapping is { } mapping)
        {
            ImportRecord.WriteMeta(database.Connection, "events_file", mapping.File);
        }

        writer.WriteNames(names);
        if (given is not null)
        {
            PcNaming.Write(database.Connection, options.SymbolsPath!, given, options.KaslrOffset);
        }
        else if (symbols.Find(source => source.Table.Count > 0) is { Table: not null } carried)
        {
            PcNaming.Write(database.Connection, carried.Path, carried.Table, options.KaslrOffset);
        }

        transaction.Commit();
        database.CreateIndexes("090_index");
        database.Seal();
        progress?.Report(new ImportProgress(bytesBefore, totalBytes, session.NextSeq - 1, stopwatch.Elapsed));
        return new ImportResult
        {
            Sources = sources,
            Events = session.NextSeq - 1,
            Lines = sources.Sum(source => source.Text.LineCount),
            Problems = [.. ImportProblems.Kinds.Where(kind => problems.Count(kind) > 0).Select(kind => (kind, problems.Count(kind)))],
            WorstSeverity = problems.Worst,
            SkippedEvents = session.Skipped.All,
            IsDamaged = sources.Any(source => source.Text.IsDamaged),
            Elapsed = stopwatch.Elapsed,
        };
    }

    private static SourceSummary ReadSource(string path, ReadSession session, ImportOptions options) =>
        path == ImportOptions.StandardInputPath
            ? TraceSource.Read(options.StandardInput!, path, session, options.Format)
            : TraceSource.Read(path, session, options.Format);

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

    private static void CheckHasEvents(SourceSummary source, ReadSession session)
    {
        if (source.LastSeq < source.FirstSeq)
        {
            var problem = session.Problems.Kept.FirstOrDefault(problem => problem.TraceId == session.Problems.TraceId);
            var told = problem is null ? "" : $"; first problem, line {problem.Line}: {problem.Kind.Name}, {problem.Detail}";
            var met = session.Skipped.All.Select(entry => entry.Event).Take(5).ToList();
            var found = met.Count == 0 ? "" : $", only {string.Join(", ", met)}";
            throw new ImportException(
                $"{source.Path}: no event of the vocabulary in {source.Text.LineCount} line(s){found}{told}; expected pgtable_write, tlbi, barrier and others, or a mapping to them: 'tracereplay events' lists what there is");
        }
    }

    private static long? TotalBytes(IReadOnlyList<string> paths)
    {
        var total = 0L;
        foreach (var path in paths)
        {
            if (path == ImportOptions.StandardInputPath)
            {
                return null;
            }

            // Zero is also what a pipe or a file of the kernel tells.
            var length = new FileInfo(path).Length;
            if (length == 0)
            {
                return null;
            }

            total += length;
        }

        return total;
    }
}
