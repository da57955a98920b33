using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>
/// The writing of reports into a directory, two at a time: that takes two thirds of the time of one after the other. They have their names
/// once all of them are whole; until then, and after a fault, those that were there before.
/// </summary>
public sealed class ReportRun : IDisposable
{
    private const string PartialSuffix = ".partial";

    private readonly string _directory;
    private readonly bool _isNew;
    private readonly ConcurrentQueue<CannedQuery> _waiting;
    private readonly ConcurrentBag<WrittenReport> _written = [];
    private readonly ConcurrentBag<string> _partial = [];
    private Thread? _beside;
    private ExceptionDispatchInfo? _fault;

    /// <param name="directory">Where they go; made when it does not exist.</param>
    /// <param name="queries">Which.</param>
    public ReportRun(string directory, IReadOnlyList<CannedQuery> queries)
    {
        _directory = directory;
        _isNew = !Directory.Exists(directory);

        // Those with a limit on their rows have the most of them: the longest come first.
        _waiting = new(queries.OrderBy(query => HasLimit(query) ? 0 : 1));
    }

    /// <summary>Begins to write them, on a thread of its own. What goes wrong is thrown by <see cref="Finish"/>.</summary>
    /// <param name="database">What they are about, which needs no indexes; closed when that thread is done.</param>
    public void BeginBeside(TraceDatabase database)
    {
        _beside = new Thread(() => WriteBeside(database)) { IsBackground = true, Name = "reports" };
        _beside.Start();
    }

    /// <summary>Writes those that are left, and the policy beside them.</summary>
    /// <param name="database">What they are about.</param>
    /// <returns>All that were written, in name order.</returns>
    public IReadOnlyList<WrittenReport> Finish(TraceDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (_beside is null && Environment.ProcessorCount > 1 && database.OpenAgain() is { } second)
        {
            BeginBeside(second);
        }

        Directory.CreateDirectory(_directory);
        CheckIsFile(Path.Combine(_directory, StandardReports.PolicyFile));
        WriteAll(_waiting, database);
        _beside?.Join();
        _fault?.Throw();
        foreach (var report in _written)
        {
            File.Move(report.Path + PartialSuffix, report.Path, overwrite: true);
        }

        _partial.Clear();
        if (InfoReport.PolicyOf(database) is { } policy)
        {
            File.WriteAllText(Path.Combine(_directory, StandardReports.PolicyFile), policy.ToJson() + "\n");
        }

        return [.. _written.OrderBy(report => report.Query.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Waits for the report that is being written beside, and removes those that have no name yet, with the directory where it was made for
    /// them.
    /// </summary>
    public void Dispose()
    {
        _waiting.Clear();
        _beside?.Join();
        foreach (var path in _partial)
        {
            Try(() => File.Delete(path));
        }

        if (_isNew)
        {
            Try(DeleteEmptyDirectory);
        }
    }

    private void DeleteEmptyDirectory()
    {
        if (Directory.Exists(_directory) && !Directory.EnumerateFileSystemEntries(_directory).Any())
        {
            Directory.Delete(_directory);
        }
    }

    // What hinders it has hindered the writing before, and that is told.
    private static void Try(Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void WriteBeside(TraceDatabase database)
    {
        try
        {
            using (database)
            {
                Directory.CreateDirectory(_directory);
                WriteAll(_waiting, database);
            }
        }
#pragma warning disable CA1031 // It is thrown again on the thread that finishes.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fault = ExceptionDispatchInfo.Capture(e);
            _waiting.Clear();
        }
    }

    private void WriteAll(ConcurrentQueue<CannedQuery> waiting, TraceDatabase database)
    {
        while (waiting.TryDequeue(out var query))
        {
            // A limit is for a terminal; a report that was cut would look whole.
            Dictionary<string, object?> arguments = [];
            if (HasLimit(query))
            {
                arguments.Add("limit", long.MaxValue);
            }

            var path = Path.Combine(_directory, query.Name + ".csv");
            CheckIsFile(path);
            CheckIsFile(path + PartialSuffix);
            _partial.Add(path + PartialSuffix);
            using var result = QueryResult.Run(database, query, arguments);
            _written.Add(new WrittenReport(query, path, CsvReport.WriteFile(result, path + PartialSuffix)));
        }
    }

    private static void CheckIsFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{Path.GetFileName(path)} is a directory");
        }
    }

    private static bool HasLimit(CannedQuery query) => query.Parameters.Any(parameter => parameter.Name == "limit");
}
