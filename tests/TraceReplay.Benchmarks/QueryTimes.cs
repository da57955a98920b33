using System.Diagnostics;
using System.Globalization;
using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Benchmarks;

/// <summary>
/// Every canned query as it is asked without a parameter, those that need one about an entry that is stored to as often as most, a walk
/// and the histories of that entry, and the histories of the one that is stored to most often: on one open database, read once before, as
/// a Markdown table with the slowest first.
/// </summary>
internal static class QueryTimes
{
    public static void Print(string path, int rounds, TextWriter output)
    {
        var file = BenchmarkTrace.DatabasePath("queries");
        TraceImporter.Import([path], file, new ImportOptions { Force = true, Replay = new ReplayOptions() });
        using (var database = TraceDatabase.Open(file, writable: false))
        {
            output.WriteLine("| question | rows | median ms | max ms |");
            output.WriteLine("| --- | ---: | ---: | ---: |");
            foreach (var (name, rows, times) in Questions(database).Select(each => Time(each, rounds)).OrderByDescending(each => each.Times[rounds / 2]))
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {rows} | {times[rounds / 2]:f1} | {times[^1]:f1} |"));
            }
        }

        File.Delete(file);
    }

    private static (string Name, long Rows, double[] Times) Time((string Name, Func<long> Ask) question, int rounds)
    {
        var rows = question.Ask();
        var times = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            question.Ask();
            times[round] = clock.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return (question.Name, rows, times);
    }

    private static IEnumerable<(string Name, Func<long> Ask)> Questions(TraceDatabase database)
    {
        var entries = database.Connection.Query<(long Pa, long Va, long Seq)>(
            "SELECT pa, max(va), max(break_seq) FROM stale_record WHERE va IS NOT NULL GROUP BY pa ORDER BY count(*), pa").ToList();
        var (usual, busiest) = (entries[entries.Count / 2], entries[^1]);
        var samples = new Dictionary<string, object?> { ["pa"] = usual.Pa, ["va"] = usual.Va, ["seq"] = usual.Seq };
        foreach (var query in QueryCatalogue.All)
        {
            var needed = query.Parameters.Where(parameter => parameter.IsRequired).Select(parameter => parameter.Name).ToList();
            yield return (query.Name, () => Count(database, query, needed.ToDictionary(name => name, name => samples.GetValueOrDefault(name, 1L))));
        }

        yield return ("`walk` of an address", () => Walk.Read(database, (ulong)usual.Va, usual.Seq, null).Count);
        foreach (var (which, entry) in new[] { ("an entry", usual), ("the busiest entry", busiest) })
        {
            yield return ($"`history --pa` of {which}", () => HistoryReport.WriteEntry(database, (ulong)entry.Pa, TextWriter.Null));
            yield return ($"`history --va` of {which}", () => HistoryReport.WriteAddress(database, (ulong)entry.Va, null, TextWriter.Null));
        }
    }

    private static long Count(TraceDatabase database, CannedQuery query, Dictionary<string, object?> arguments)
    {
        using var result = QueryResult.Run(database, query, arguments);
        var rows = 0L;
        while (result.Read())
        {
            rows++;
        }

        return rows;
    }
}
