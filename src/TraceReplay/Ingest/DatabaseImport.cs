using System.Diagnostics;
using Microsoft.Data.Sqlite;
using TraceReplay.Events;
using TraceReplay.Ingest.Images;
using TraceReplay.Ingest.Merging;
using TraceReplay.Ingest.Tarmac;
using TraceReplay.Store;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest;

/// <summary>
/// Fills one database from sources. Four threads share the work: one reads and hashes the source, one makes events of its text, one
/// replays them where that is asked for, one writes rows.
/// </summary>
internal sealed class DatabaseImport : IDisposable
{
    private readonly TraceDatabase _database;
    private readonly ImportOptions _options;
    private readonly IProgress<ImportProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
    private readonly NameTable _names = new();
    private readonly ImportProblems _problems = new();
    private readonly List<(SourceSummary Source, TraceFacts Facts)> _sources = [];
    private readonly RowQueue? _queue;
    private readonly EventWriter? _writer;
    private readonly EventSpool? _spool;
    private readonly ReplayTarget _target;
    private readonly ReplayRun? _replay;
    private readonly RowInserter _runs;
    private readonly MemoryImage? _image;
    private readonly ImageTables? _imageTables;
    private readonly IEventSink? _stored;
    private readonly Dictionary<int, (long Before, long After, long Own)> _added = [];
    private SqliteTransaction _transaction;
    private bool _hasEventIndexes;
    private int _currentTrace;
    private long _addedBefore;
    private readonly SymbolTable? _givenSymbols;
    private readonly List<(string Path, SymbolTable Table)> _carriedSymbols = [];
    private volatile bool _isRead;
    private long _bytesBefore;

    /// <param name="database">A database just made.</param>
    /// <param name="options">Choices.</param>
    /// <param name="symbols">Symbols that the options name; null for those that a source carries.</param>
    /// <param name="keepsEvents">False to keep only what the replay finds, and the events that prove it.</param>
    /// <param name="progress">Told how far it has come; may be null.</param>
    /// <param name="cancellation">Stops it.</param>
    public DatabaseImport(
        TraceDatabase database,
        ImportOptions options,
        SymbolTable? symbols,
        bool keepsEvents,
        IProgress<ImportProgress>? progress,
        CancellationToken cancellation)
    {
        _givenSymbols = symbols;
        _image = options.InitialMemory.Count == 0 ? null : MemoryImage.Open(options.InitialMemory);
        (_database, _options, _progress, _cancellation) = (database, options, progress, cancellation);
        _transaction = database.Connection.BeginTransaction();

        // On one processor a second thread would only cost its switches.
        _queue = Environment.ProcessorCount > 1 ? new RowQueue() : null;
        _writer = keepsEvents ? new EventWriter(database.Connection, _queue) : null;
        _runs = new RowInserter(database.Connection.Handle!, "trace_run", "first_seq, trace_id, first_line", 3, _queue);

        // A waiver is compared with each store of a finding.
        _target = new ReplayTarget(database, _queue, keepsEvents, KeepsFindingStores: keepsEvents || options.Review.Waivers.Count > 0);
        if (options.Replay is not null)
        {
            // Where events become rows, a replay beside that must be done again reads those: no other copy of all is kept.
            var readsRows = _writer is not null && _queue is not null;
            _spool = new EventSpool(readsRows ? null : database.Folder);
            var shown = options.ReplayProgress is { } told ? new ProgressOnceRead(this, told) : null;
            _replay = new ReplayRun(_target, _spool, _names, options.Replay, shown, cancellation, readsRows ? ReadRows : null);
        }

        _stored = _writer is not null && _spool is not null ? new TeeSink(_writer, _spool) : (IEventSink?)_writer ?? _spool;
        if (_image is not null)
        {
            _imageTables = new ImageTables(_image, _names, _stored!);
            _stored = _imageTables;
        }
    }

    /// <summary>Reads the sources, replays them where that is asked for, makes the indexes, and seals the database.</summary>
    /// <exception cref="ImportException">A source cannot be used.</exception>
    public ImportResult Run(IReadOnlyList<string> paths)
    {
        var (events, skipped) = _options.Merge is { } merge ? MergeSources(paths, merge) : ReadSources(paths);
        events += EndAddedEvents();
        _isRead = true;
        _spool?.Complete();
        _runs.Flush();
        _writer?.Flush();
        WriteAside(() =>
        {
            WriteRecord(skipped);
            WriteSymbols();

            // Beside the replay where that still goes on, else beside those who read the rows.
            if (_options.RowsWritten is null || _replay is not { IsThrough: true })
            {
                MakeEventIndexes();
            }
        });
        if (_replay is not null)
        {
            Replayer.Finish(_replay, _target, _spool!, Facts(_sources.Select(source => source.Facts)), _options.Review);
        }

        _queue?.Drain();
        if (_writer is not null && _options.RowsWritten is { } told)
        {
            _transaction.Commit();
            var beside = _database.OpenBeside();
            told(beside);
            _transaction = _database.Connection.BeginTransaction();
            MakeIndexes();
            lock (beside.Beginning)
            {
                Seal();
            }
        }
        else
        {
            MakeIndexes();
            Seal();
        }

        return Result(events, skipped);
    }

    public void Dispose()
    {
        // Then the queue: nothing may use the statements and the transaction any more.
        _replay?.Dispose();
        _queue?.Dispose();
        _runs.Dispose();
        _writer?.Dispose();
        _transaction.Dispose();
        _spool?.Dispose();
        _image?.Dispose();
    }

    // By a connection of its own, which sees what is committed: the other one writes what the replay derives meanwhile.
    private void ReadRows(IEventSink sink)
    {
        _transaction.Commit();
        using var rows = _database.OpenBeside();
        _transaction = _database.Connection.BeginTransaction();
        new EventReader(rows).Read(sink, _cancellation);
    }

    private (long Events, SkippedEvents Skipped) ReadSources(IReadOnlyList<string> paths)
    {
        var session = NewSession(Sink(new TraceFactsCollector(_names)), new SkippedEvents());
        var totalBytes = _progress is null ? null : TotalBytes(paths);
        if (_progress is not null)
        {
            session.Progress = bytes =>
                _progress.Report(new ImportProgress(_bytesBefore + bytes, totalBytes, session.NextSeq - 1, _stopwatch.Elapsed));
        }

        foreach (var path in paths)
        {
            _problems.TraceId = _sources.Count + 1;
            session.HeaderCpuCount = 0;
            var collector = new TraceFactsCollector(_names);
            session.Sink = Sink(collector);
            ReplayBeside(() => [.. _sources.Select(source => source.Facts), collector.Facts(session.Clock ?? default, session.HeaderCpuCount)]);
            WriteRun(new TraceRun(session.NextSeq, _problems.TraceId, FirstLine: 1));
            var source = ReadSource(path, session);
            CheckHasEvents(source, session);
            _sources.Add((source, collector.Facts(source.Text.Clock, source.Text.HeaderCpuCount)));
            _carriedSymbols.Add((path, session.Symbols));
            session.Symbols = SymbolTable.None;
            _bytesBefore += session.RawBytes?.Invoke() ?? 0;
        }

        _progress?.Report(new ImportProgress(_bytesBefore, totalBytes, session.NextSeq - 1, _stopwatch.Elapsed));
        return (session.NextSeq - 1, session.Skipped);
    }

    private (long Events, SkippedEvents Skipped) MergeSources(IReadOnlyList<string> paths, MergeOptions merge)
    {
        var skipped = new SkippedEvents();
        var totalBytes = _progress is null ? null : TotalBytes(paths);
        var bytesOf = new long[paths.Count];
        var eventsOf = new long[paths.Count];
        var inputs = new List<MergeInput>();
        try
        {
            List<MergeSource> sources = [];
            foreach (var path in paths)
            {
                var at = sources.Count;
                var session = NewSession(new TraceFactsCollector(_names), skipped);
                if (_progress is not null)
                {
                    session.Progress = bytes =>
                    {
                        (bytesOf[at], eventsOf[at]) = (bytes, session.NextSeq - 1);
                        _progress.Report(new ImportProgress(bytesOf.Sum(), totalBytes, eventsOf.Sum(), _stopwatch.Elapsed));
                    };
                }

                sources.Add(new MergeSource(at + 1, path, session));
            }

            AddInputs(inputs, sources, merge);
            var collectors = sources.ConvertAll(_ => new TraceFactsCollector(_names));
            ReplayBeside(() => [.. sources.Zip(collectors, (source, collector) => collector.Facts(source.Clock ?? TraceClock.Time, source.HeaderCpuCount))]);
            var reading = new MergedReading(inputs, merge);
            reading.Run(collectors.ConvertAll(Sink), WriteRun);
            CheckTarmac(inputs);
            foreach (var (merged, collector) in sources.Zip(collectors))
            {
                var source = reading.Source(merged);
                _sources.Add((source, collector.Facts(source.Text.Clock, source.Text.HeaderCpuCount)));
                _carriedSymbols.Add((merged.Path, merged.Symbols));
            }

            return (_sources.Sum(source => source.Source.EventCount), skipped);
        }
        finally
        {
            inputs.ForEach(input => input.Dispose());
        }
    }

    // Tarmac files are one input together, in the place of the first.
    private void AddInputs(List<MergeInput> inputs, List<MergeSource> sources, MergeOptions merge)
    {
        var tarmac = sources.FindAll(source => source.Path != ImportOptions.StandardInputPath && TraceSource.IsTarmac(source.Path, _options.Format));
        foreach (var source in sources)
        {
            if (tarmac.Count < 2 || !tarmac.Contains(source))
            {
                inputs.Add(MergeInput.Of(source, session => ReadSource(source.Path, session)));
            }
            else if (source == tarmac[0])
            {
                inputs.Add(MergeInput.OfTarmac(tarmac, merge, each => TraceSource.Read(each.Path, each.Session, TarmacReader.FormatName)));
            }
        }
    }

    // Of a pipe it is known only then what it is, and by itself it lacks what the CPUs of the others stored.
    private static void CheckTarmac(List<MergeInput> inputs)
    {
        var apart = inputs.FindAll(input => input.Sources[0].Summary!.Format == TarmacReader.FormatName);
        if (apart.Count > 1)
        {
            var pipe = apart.Find(input => input.Sources[0].Path == ImportOptions.StandardInputPath || TraceSource.IsPipe(input.Sources[0].Path)) ?? apart[^1];
            throw new ImportException($"{pipe.Sources[0].Path}: one of several Tarmac inputs, and a pipe; expected files, whose lines are merged by time");
        }
    }

    private ReadSession NewSession(IEventSink sink, SkippedEvents skipped) => new(sink, _names, _problems)
    {
        Cancellation = _cancellation,
        Mapping = _options.Mapping,
        KeepsNanoseconds = _options.KeepsNanoseconds || _options.Merge is not null,
        Skipped = skipped,
    };

    private void WriteRun(TraceRun run)
    {
        var added = CountAddedEvents();
        _currentTrace = run.TraceId;
        _added.TryAdd(run.TraceId, (added, added, 0));
        _runs.Row().Add(run.FirstSeq + added).Add(run.TraceId).Add(run.FirstLine).Insert();
    }

    // What an image of memory added is of the trace that led to it.
    private long CountAddedEvents()
    {
        _imageTables?.Flush();
        var added = _imageTables?.Added ?? 0;
        if (_added.TryGetValue(_currentTrace, out var counts))
        {
            _added[_currentTrace] = counts with { After = added, Own = counts.Own + added - _addedBefore };
        }

        _addedBefore = added;
        return added;
    }

    private long EndAddedEvents()
    {
        var added = CountAddedEvents();
        for (var i = 0; i < _sources.Count; i++)
        {
            var (source, facts) = _sources[i];
            var (before, after, own) = _added.GetValueOrDefault(i + 1);
            source = source with
            {
                FirstSeq = source.FirstSeq + before,
                LastSeq = source.LastSeq + after,
                EventCount = source.EventCount + own,
            };
            _sources[i] = (source, facts);
        }

        return added;
    }

    // Facts are of what the trace tells: the tables of an image are not all there are.
    private IEventSink Sink(TraceFactsCollector collector) => _stored is null ? collector : new TeeSink(collector, _stored);

    private SourceSummary ReadSource(string path, ReadSession session) => path == ImportOptions.StandardInputPath
        ? TraceSource.Read(_options.StandardInput!, path, session, _options.Format)
        : TraceSource.Read(path, session, _options.Format);

    private void WriteRecord(SkippedEvents skipped)
    {
        for (var i = 0; i < _sources.Count; i++)
        {
            ImportRecord.WriteTrace(_database.Connection, i + 1, _sources[i].Source, _sources[i].Facts);
        }

        ImportRecord.WriteImage(_database.Connection, _image?.Files ?? []);
        ImportRecord.WriteNames(_database.Connection, _names);
        ImportRecord.WriteProblems(_database.Connection, _problems, skipped);
        ImportRecord.WriteMeta(_database.Connection, "tool_version", typeof(TraceImporter).Assembly.GetName().Version?.ToString(3) ?? "");
        if (_options.Mapping is { } mapping)
        {
            ImportRecord.WriteMeta(_database.Connection, "events_file", mapping.File);
        }
    }

    private void WriteSymbols()
    {
        var (path, table) = _givenSymbols is null
            ? _carriedSymbols.Find(source => source.Table.Count > 0)
            : (_options.SymbolsPath!, _givenSymbols);
        if (table is not null)
        {
            PcNaming.Write(_database.Connection, Counters(), path, table, _options.KaslrOffset);
        }
    }

    private List<ProgramCounter> Counters()
    {
        if (_writer is not null)
        {
            return PcNaming.Counters(_database.Connection);
        }

        var counters = new ProgramCounterCollector(_names);
        _spool?.Replay(counters, _cancellation);
        return counters.All;
    }

    private void Seal()
    {
        _database.Seal();
        _transaction.Commit();
    }

    private void MakeIndexes()
    {
        MakeEventIndexes();
        if (_replay is not null)
        {
            _database.CreateIndexes(Replayer.IndexScript);
        }
    }

    private void MakeEventIndexes()
    {
        if (_writer is not null && !_hasEventIndexes)
        {
            _database.CreateIndexes("090_index");
            _hasEventIndexes = true;
        }
    }

    // Asked on the thread that sends the events, once there are enough of them.
    private void ReplayBeside(Func<IEnumerable<TraceFacts>> factsSoFar)
    {
        if (_spool is not null && Environment.ProcessorCount > 1)
        {
            _spool.HasBegun = () => _replay!.BeginBeside(Facts(factsSoFar()));
        }
    }

    private static TraceFacts Facts(IEnumerable<TraceFacts> sources) => sources.Aggregate(TraceFacts.Combine);

    // On the thread that writes rows, which is the only one to use the connection while that one is at work.
    private void WriteAside(Action work)
    {
        if (_queue is null)
        {
            work();
        }
        else
        {
            _queue.Add(work);
        }
    }

    private ImportResult Result(long events, SkippedEvents skipped) => new()
    {
        Sources = [.. _sources.Select(source => source.Source)],
        Events = events,
        Lines = _sources.Sum(source => source.Source.Text.LineCount),
        Problems = [.. ImportProblems.Kinds.Where(kind => _problems.Count(kind) > 0).Select(kind => (kind, _problems.Count(kind)))],
        WorstSeverity = _problems.Worst,
        SkippedEvents = skipped.All,
        IsDamaged = _sources.Any(source => source.Source.Text.IsDamaged),
        Elapsed = _stopwatch.Elapsed,
    };

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
            if (path == ImportOptions.StandardInputPath || TraceSource.IsPipe(path))
            {
                return null;
            }

            total += TraceSource.Target(path).Length;
        }

        return total;
    }

    // A replay beside the reading is shown once the reading is over: one line of progress at a time.
    private sealed class ProgressOnceRead(DatabaseImport import, IProgress<long> next) : IProgress<long>
    {
        public void Report(long value)
        {
            if (import._isRead)
            {
                next.Report(value);
            }
        }
    }
}
