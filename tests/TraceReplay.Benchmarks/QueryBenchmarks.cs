using BenchmarkDotNet.Attributes;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Benchmarks;

/// <summary>The canned queries that <c>analyze</c> writes as CSV, each read to its end.</summary>
public class QueryBenchmarks
{
    private TraceDatabase? _database;

    /// <summary>Name of the query.</summary>
    [ParamsSource(nameof(Names))]
    public string Query { get; set; } = "";

    public static IEnumerable<string> Names => StandardReports.Queries.Select(query => query.Name);

    [GlobalSetup]
    public void Prepare()
    {
        var path = BenchmarkTrace.DatabasePath("query");
        TraceImporter.Import([BenchmarkTrace.Path], path, new ImportOptions());
        _database = TraceDatabase.Open(path, writable: true);
        Replayer.Replay(_database, new ReplayOptions());
    }

    [GlobalCleanup]
    public void Close() => _database?.Dispose();

    [Benchmark]
    public long Rows()
    {
        using var result = QueryResult.Run(_database!, Query);
        var rows = 0L;
        while (result.Read())
        {
            rows++;
        }

        return rows;
    }
}
