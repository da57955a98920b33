using BenchmarkDotNet.Attributes;
using TraceReplay.Ingest;

namespace TraceReplay.Benchmarks;

/// <summary>Text file to database file, with its indexes.</summary>
[MemoryDiagnoser]
public class ImportBenchmarks
{
    private string _path = "";

    [GlobalSetup]
    public void Prepare() => _path = BenchmarkTrace.DatabasePath("import");

    [Benchmark]
    public long Import() => TraceImporter.Import([BenchmarkTrace.Path], _path, new ImportOptions { Force = true }).Events;
}
