using Dapper;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Tests.Report;

public sealed class StandardReportsTests
{
    [Fact]
    public void A_report_is_whole_although_the_query_has_a_limit()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        const int Records = 2500;
        database.Connection.Execute(
            """
            WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < @records)
            INSERT INTO stale_record
            SELECT 100 + n, 15, 0x40003030, 3, 1, 0x6000, 4096, NULL, 7, 0, 0, 'T9', 17, 18, 25, 27, 28, 3 FROM number
            """,
            new { records = Records });

        var written = StandardReports.Write(database, directory.File("reports"));

        var limit = QueryCatalogue.Get("stale_windows").Parameters.Single(parameter => parameter.Name == "limit").Default;
        Assert.InRange((long)limit!, 1, Records - 1);
        // One completed record is in the sample; the file has a header.
        Assert.Equal(Records + 1, written.Single(report => report.Query.Name == "stale_windows").Rows);
        Assert.Equal(Records + 2, File.ReadLines(directory.File("reports/stale_windows.csv")).Count());
    }

    [Theory]
    [InlineData(7)]
    [InlineData(1000)]
    public void The_longest_windows_come_first(int limit)
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        database.Connection.Execute("DELETE FROM stale_record");
        var random = new Random(12);
        List<(int Window, int Id)> expected = [];
        for (var id = 1; id <= 300; id++)
        {
            var window = random.Next(1, 40);
            expected.Add((window, id));
            database.Connection.Execute(
                "INSERT INTO stale_record VALUES (@id, 15, @id, 3, 1, 0x6000, 4096, NULL, 7, 0, 0, 'T9', 17, 15 + @window, 25, 27, 28, 3)",
                new { id, window });
        }

        List<(int Window, int Id)> found = [];
        using var result = QueryResult.Run(database, "stale_windows", ("limit", limit));
        while (result.Read())
        {
            found.Add(((int)result.Integer("events_between")!, (int)result.Address("pa")!));
        }

        Assert.Equal(expected.OrderByDescending(row => row.Window).ThenBy(row => row.Id).Take(limit), found);
    }

    [Fact]
    public void Final_values_that_differ_are_listed_with_their_last_store()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        database.Connection.Execute(
            """
            INSERT INTO descriptor_known VALUES
              (40, 50, 1000000040, 0, 0, 2, 0x40003028, 0x0060000051000f43, NULL, 3),
              (41, 51, 1000000041, 0, 0, 2, 0x40003030, 0x00600000503000c3, NULL, 3),
              (42, 52, 1000000042, 0, 0, 2, 0x40002008, 0x40005003, NULL, 2),
              (43, 53, 1000000043, 0, 0, 2, 0x40000000, 0x40001003, NULL, 0),
              (44, 54, 1000000044, 0, 0, 2, 0x40000008, 0x1, NULL, 0),
              (45, 55, 1000000045, 0, 0, 2, 0x4000a000, 0x1, NULL, NULL);
            UPDATE replay SET final_differing = 3;
            """);
        using var result = QueryResult.Run(database, "final_differences");
        using var text = new StringWriter();
        CsvReport.Write(result, text);
        // Equal values, and one of a page that nothing else tells about, are none.
        Assert.Equal(
            """
            pa,level,recorded,replayed,differing_bits,final_line,event,line,store_line,task,site
            0x0000000040000008,0,0x0000000000000001,0x0000000000000000,0x0000000000000001,54,zero,11,,,
            0x0000000040002008,2,0x0000000040005003,0x0000000040004003,0x0000000000001000,52,store,30,30,init-1,0xffff800080000030
            0x0000000040003030,3,0x00600000503000c3,0x00600000503004c3,0x0000000000000400,51,hardware,38,25,init-1,0xffff800080000020

            """,
            text.ToString(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void The_place_of_a_line_or_time_is_that_of_a_search_through_all_events()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        for (var line = 0; line <= 62; line++)
        {
            Assert.Equal(Search(database, "line", line), Moment(database, "line", line));
        }

        for (var time = 1_000_000_000L; time < 1_000_000_040; time++)
        {
            Assert.Equal(Search(database, "time_ns", time), Moment(database, "time", time));
        }
    }

    [Fact]
    public void Where_times_go_backwards_the_last_event_of_the_time_counts()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        database.Connection.Execute(
            """
            UPDATE barrier SET time_ns = 5000000000 WHERE seq IN (10, 16);
            INSERT INTO problem_count VALUES ('time-backwards', 'warning', 2, '')
            """);
        Assert.Equal(15, Moment(database, "time", 1_000_000_015));
        Assert.Equal(32, Moment(database, "time", 5_000_000_000));
        Assert.Equal(Search(database, "time_ns", 1_000_000_010), Moment(database, "time", 1_000_000_010));
    }

    private static long? Moment(TraceDatabase database, string parameter, long value)
    {
        using var row = QueryResult.Run(database, "moment", (parameter, value));
        return row.Read() ? row.Integer("seq") : null;
    }

    private static long? Search(TraceDatabase database, string column, long value) =>
        database.Connection.ExecuteScalar<long?>($"SELECT max(seq) FROM event WHERE {column} <= @value", new { value });
}
