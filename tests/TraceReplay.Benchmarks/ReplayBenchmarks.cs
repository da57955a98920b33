using BenchmarkDotNet.Attributes;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Store;

namespace TraceReplay.Benchmarks;

/// <summary>The engine alone, fed from text; and the replay of a database, which reads rows and writes what it derives.</summary>
[MemoryDiagnoser]
public class ReplayBenchmarks
{
    private TraceFacts _facts = new();
    private TraceDatabase? _database;

    [GlobalSetup]
    public void Prepare()
    {
        var path = BenchmarkTrace.DatabasePath("replay");
        TraceImporter.Import([BenchmarkTrace.Path], path, new ImportOptions());
        _database = TraceDatabase.Open(path, writable: true);
        _facts = new EventReader(_database).ReadFacts();
    }

    [GlobalCleanup]
    public void Close() => _database?.Dispose();

    [Benchmark(Baseline = true)]
    public long FromText()
    {
        var names = new NameTable();
        var engine = new ReplayEngine(_facts, names, new ReplayOptions(), new NullSink());
        BenchmarkTrace.Read(engine, names);
        return engine.Finish().Events;
    }

    [Benchmark]
    public long FromRows()
    {
        var reader = new EventReader(_database!);
        var engine = new ReplayEngine(_facts, reader.Names, new ReplayOptions(), new NullSink());
        reader.Read(engine);
        return engine.Finish().Events;
    }

    [Benchmark]
    public long Database() => Replayer.Replay(_database!, new ReplayOptions()).Events;
}
