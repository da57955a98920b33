using System.Diagnostics;
using System.Globalization;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Store;
using TraceSource = TraceReplay.Ingest.TraceSource;

namespace TraceReplay.Benchmarks;

/// <summary>The steps of an analysis of one trace, each alone, one after the other in every round, as a Markdown table.</summary>
internal sealed class Stages(string path)
{
    private readonly string _database = BenchmarkTrace.DatabasePath("stages");
    private readonly Dictionary<string, List<double>> _seconds = [];

    public static void Print(string path, int rounds, TextWriter output)
    {
        var stages = new Stages(path);
        var events = 0L;
        for (var round = 0; round < rounds; round++)
        {
            events = stages.Round();
        }

        output.WriteLine("| step | median s | min s | million events/s (median) |");
        output.WriteLine("| --- | ---: | ---: | ---: |");
        foreach (var (name, seconds) in stages._seconds)
        {
            seconds.Sort();
            var median = seconds[seconds.Count / 2];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {median:f2} | {seconds[0]:f2} | {events / median / 1e6:f2} |"));
        }

        File.Delete(stages._database);
    }

    private long Round()
    {
        // As an import reads it: any format, with its hash.
        Measure("source to events", () => TraceSource.Read(path, new NullSink(), new NameTable(), new ImportProblems()));
        if (IsText())
        {
            Measure("text to events, one thread", () =>
            {
                using var text = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
                new FtraceReader().Read(text, new ReadSession(new NullSink(), new NameTable(), new ImportProblems()));
            });
        }

        var names = new NameTable();
        var collector = new TraceFactsCollector(names);
        using var spool = new EventSpool(Path.GetTempPath());
        var summary = TraceSource.Read(path, new TeeSink(collector, spool), names, new ImportProblems());
        var facts = collector.Facts(summary.Text.Clock, summary.Text.HeaderCpuCount);
        Measure("copy of the events to nothing", () => spool.Replay(new NullSink(), default));
        Measure("events to rows, no index", () =>
        {
            File.Delete(_database);
            using var database = TraceDatabase.Create(_database);
            using var transaction = database.Connection.BeginTransaction();
            using var queue = new RowQueue();
            using var writer = new EventWriter(database.Connection, queue);
            spool.Replay(writer, default);
            writer.Flush();
            transaction.Commit();
        });
        Measure("engine with all rules", () =>
        {
            var engine = new ReplayEngine(facts, names, new ReplayOptions(), new NullSink());
            spool.Replay(engine, default);
            engine.Finish();
        });
        Measure("import with indexes", () => TraceImporter.Import([path], _database, new ImportOptions { Force = true }));
        Measure("replay of the database", () =>
        {
            using var database = TraceDatabase.Open(_database, writable: true);
            Replayer.Replay(database, new ReplayOptions());
        });
        Measure("import and replay in one go", () => TraceImporter.Import(
            [path], _database, new ImportOptions { Force = true, Replay = new ReplayOptions() }));
        Measure("replay only, nothing kept", () => TraceImporter.ReplayOnly([path], new ImportOptions { Replay = new ReplayOptions() }).Dispose());
        return summary.LastSeq;
    }

    private bool IsText()
    {
        using var text = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var head = new byte[TraceReaders.HeadBytes];
        return new FtraceReader().Recognises(head.AsSpan(0, text.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
    }

    private void Measure(string name, Action step)
    {
        GC.Collect();
        var clock = Stopwatch.StartNew();
        step();
        _seconds.TryAdd(name, []);
        _seconds[name].Add(clock.Elapsed.TotalSeconds);
    }
}
