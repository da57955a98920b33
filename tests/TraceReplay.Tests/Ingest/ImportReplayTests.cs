using System.Globalization;
using System.Text;
using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Report;
using TraceReplay.Rules;
using TraceReplay.Store;
using TraceReplay.Tests.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest;

/// <summary>A replay in one go with the import is the replay of the database.</summary>
public sealed class ImportReplayTests
{
    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("workload-lost-events.trace_pipe.gz")]
    [InlineData("workload-counter-clock.ftrace.gz")]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz")]
    public void Every_table_is_the_same(string capture)
    {
        using var folder = new TemporaryFolder();
        AssertSameTables(CaptureFile.Find(capture), folder);
    }

    // The replay has begun, without what a TLBI would tell, long before the first TLBI.
    [Fact]
    public void A_replay_that_began_with_other_facts_is_done_again()
    {
        using var folder = new TemporaryFolder();
        StringBuilder text = new();
        var line = 0;
        Add("ttbr_write: reg=ttbr1_el1 val=0x40000000");
        Add("ttbr_write: reg=ttbr0_el1 val=0x50000000");
        Add("pgtable_write: level=0 pa=0x40000000 old=0x0 new=0x40001003");
        Add("pgtable_write: level=1 pa=0x40001000 old=0x0 new=0x40002003");
        Add("pgtable_write: level=2 pa=0x40002000 old=0x0 new=0x40003003");
        for (var i = 0; i < 100_000; i++)
        {
            var pa = 0x40003000 + (i % 512 * 8);
            var values = (Valid: $"0x{0x0060_0000_5000_0f43 + (i / 1024 << 12):x}", None: "0x0");
            Add(i / 512 % 2 == 0 ? $"pgtable_write: level=3 pa=0x{pa:x} old={values.None} new={values.Valid}"
                : $"pgtable_write: level=3 pa=0x{pa:x} old={values.Valid} new={values.None}");
        }

        Add("barrier: dsb ishst");
        Add("tlbi: op=vmalle1is");
        Add("barrier: dsb ish");
        AssertSameTables(folder.Write("t", Encoding.UTF8.GetBytes(text.ToString())), folder, "t");
        using var database = TraceDatabase.Open(folder["one.db"], writable: false);
        Assert.InRange(database.Connection.ExecuteScalar<long>("SELECT min(line) FROM finding WHERE rule = 'brk-no-tlbi'"), 1, 2000);

        // Each record is in one run of its page, also of those that the first replay had made.
        Assert.Equal(
            database.Connection.Query<long>("SELECT id FROM stale_record ORDER BY id"),
            database.Connection.Query<long>("SELECT id FROM page_stale_record ORDER BY id"));
        Assert.True(database.Connection.ExecuteScalar<long>("SELECT count(*) FROM stale_record") > 10_000);

        void Add(string what) => text.Append(CultureInfo.InvariantCulture, $"a-1 [000] {++line}: {what}\n");
    }

    private static void AssertSameTables(string path, TemporaryFolder folder, params string[] alsoThere)
    {
        TraceImporter.Import([path], folder["two.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        using (var imported = TraceDatabase.Open(folder["two.db"], writable: true))
        {
            Replayer.Replay(imported, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
        }

        TraceImporter.Import(
            [path], folder["one.db"], new ImportOptions { Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        using var two = TraceDatabase.Open(folder["two.db"], writable: false);
        using var one = TraceDatabase.Open(folder["one.db"], writable: false);
        Assert.Equal(Objects(two), Objects(one));
        foreach (var table in two.Connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table'"))
        {
            Assert.Equal((table, Rows(two, table)), (table, Rows(one, table)));
        }

        Assert.Equal("ok", one.Connection.ExecuteScalar<string>("PRAGMA integrity_check"));
        Assert.Equal(new[] { "one.db", "two.db" }.Concat(alsoThere).Order(StringComparer.Ordinal), folder.Files);
    }

    // Written while the indexes are made, by a connection that takes no lock.
    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz")]
    public void Reports_written_beside_are_those_written_afterwards(string capture)
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<WrittenReport> beside;
        using (var run = new ReportRun(folder["beside"], StandardReports.Queries))
        {
            var options = new ImportOptions { Replay = new ReplayOptions(), RowsWritten = run.BeginBeside };
            TraceImporter.Import([CaptureFile.Find(capture)], folder["t.db"], options, null, TestContext.Current.CancellationToken);
            using var whole = TraceDatabase.Open(folder["t.db"], writable: false);
            beside = run.Finish(whole);
            Assert.Equal("ok", whole.Connection.ExecuteScalar<string>("PRAGMA integrity_check"));
        }

        TraceImporter.Import(
            [CaptureFile.Find(capture)], folder["u.db"], new ImportOptions { Replay = new ReplayOptions() }, null,
            TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["u.db"], writable: false);
        using var other = TraceDatabase.Open(folder["t.db"], writable: false);
        Assert.Equal(Objects(database), Objects(other));
        var afterwards = StandardReports.Write(database, folder["afterwards"]);
        Assert.Equal(afterwards.Select(report => (report.Query.Name, report.Rows)), beside.Select(report => (report.Query.Name, report.Rows)));
        foreach (var file in Directory.GetFiles(folder["afterwards"]).Select(Path.GetFileName))
        {
            Assert.Equal((file, File.ReadAllText(Path.Combine(folder["afterwards"], file!))), (file, File.ReadAllText(Path.Combine(folder["beside"], file!))));
        }

        Assert.Equal(Directory.GetFiles(folder["afterwards"]).Length, Directory.GetFiles(folder["beside"]).Length);
    }

    [Fact]
    public void An_import_that_fails_after_its_reports_leaves_the_former_ones()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["reports"]);
        File.WriteAllText(Path.Combine(folder["reports"], "traces.csv"), "former");
        var run = new ReportRun(folder["reports"], StandardReports.Queries);
        var options = new ImportOptions
        {
            Replay = new ReplayOptions(),
            RowsWritten = rows =>
            {
                run.BeginBeside(rows);
                throw new IOException("no space");
            },
        };
        var capture = CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");
        using (run)
        {
            Assert.Throws<ImportException>(
                () => TraceImporter.Import([capture], folder["t.db"], options, null, TestContext.Current.CancellationToken));
        }

        Assert.Equal("former", File.ReadAllText(Path.Combine(folder["reports"], "traces.csv")));
        Assert.Single(Directory.GetFiles(folder["reports"]));
        Assert.False(File.Exists(folder["t.db"]));
    }

    [Fact]
    public void An_import_that_fails_leaves_no_directory_that_it_made()
    {
        using var folder = new TemporaryFolder();
        var options = new ImportOptions { Replay = new ReplayOptions() };
        using (var run = new ReportRun(folder["reports"], StandardReports.Queries))
        {
            options = options with
            {
                RowsWritten = rows =>
                {
                    run.BeginBeside(rows);
                    throw new IOException("no space");
                },
            };
            Assert.Throws<ImportException>(() => TraceImporter.Import(
                [CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")], folder["t.db"], options, null, TestContext.Current.CancellationToken));
        }

        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("traces.csv")]
    [InlineData("policy.json")]
    [InlineData("traces.csv.partial")]
    public void A_directory_in_the_place_of_a_report_leaves_all_former_reports(string name)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder["reports"], name));
        File.WriteAllText(Path.Combine(folder["reports"], "findings.csv"), "former");
        var capture = CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");
        TraceImporter.Import([capture], folder["t.db"], new ImportOptions { Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        using (var run = new ReportRun(folder["reports"], StandardReports.Queries))
        {
            Assert.Equal(name + " is a directory", Assert.Throws<IOException>(() => run.Finish(database)).Message);
        }

        Assert.Equal("former", File.ReadAllText(Path.Combine(folder["reports"], "findings.csv")));
        Assert.Equal(["findings.csv"], Directory.GetFiles(folder["reports"]).Select(Path.GetFileName));
    }

    // They are a URI to SQLite, where these mean something.
    [Theory]
    [InlineData("a%41b.db")]
    [InlineData("a b;c'd?mode=memory#e.db")]
    [InlineData("Ω&=%.db")]
    public void A_database_may_have_any_name(string name)
    {
        using var folder = new TemporaryFolder();
        using var run = new ReportRun(folder["reports"], StandardReports.Queries);
        var options = new ImportOptions { Replay = new ReplayOptions(), RowsWritten = run.BeginBeside };
        var capture = CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");
        TraceImporter.Import([capture], folder[name], options, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder[name], writable: false);
        Assert.NotEmpty(run.Finish(database));
        Assert.Equal(new[] { name, "reports" }.Order(StringComparer.Ordinal), folder.Files);
    }

    [Fact]
    public void A_report_that_cannot_be_written_beside_is_told_in_the_end()
    {
        using var folder = new TemporaryFolder();
        var notADirectory = folder.Write("reports", "a file"u8);
        using var run = new ReportRun(notADirectory, StandardReports.Queries);
        var options = new ImportOptions { Replay = new ReplayOptions(), RowsWritten = run.BeginBeside };
        var capture = CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");
        TraceImporter.Import([capture], folder["t.db"], options, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        Assert.ThrowsAny<IOException>(() => run.Finish(database));
    }

    [Fact]
    public void Events_are_counted_as_they_are_written()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write("t", Encoding.UTF8.GetBytes(RoundTripTests.EveryKind + "\n a-1 [700] 9: barrier: isb\n a-1 [040] 10: barrier: isb\n"));
        TraceImporter.Import([trace], folder["t.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        var counted = database.Connection.Query<(string, long, long)>("SELECT kind, cpu, count FROM event_count ORDER BY kind, cpu").ToList();
        Assert.Equal(database.Connection.Query<(string, long, long)>("SELECT kind, cpu, count(*) FROM event GROUP BY kind, cpu ORDER BY kind, cpu"), counted);

        // Every kind has its place in the report.
        using var report = QueryResult.Run(database, "event_counts");
        var reported = 0L;
        while (report.Read())
        {
            reported += report.Integer("count")!.Value;
        }

        Assert.Equal(counted.Sum(row => row.Item3), reported);
        Assert.Equal(20, counted.Select(row => row.Item1).Distinct().Count());
    }

    // The replay begins beside the reading, after some 80,000 events, and takes the machine for one of a single CPU until then. Of half a
    // million, the copy that it reads has lost the first ones when it begins again.
    [Theory]
    [InlineData(0, 0, 200_000)]
    [InlineData(1, 1, 200_000)]
    [InlineData(1, 1, 500_000)]
    public void What_the_end_of_a_trace_tells_counts_for_its_beginning(int lastCpu, int findings, int barriers)
    {
        using var folder = new TemporaryFolder();
        var text = new StringBuilder(
            """
            a-1 [000] 1: pgtable_write: level=3 pa=0x40103028 old=0x0 new=0xe8000048000f43
            a-1 [000] 2: pgtable_write: level=3 pa=0x40103028 old=0xe8000048000f43 new=0x0
            a-1 [000] 3: barrier: dsb ish
            a-1 [000] 4: tlbi: op=vaae1 arg=0x405
            a-1 [000] 5: barrier: dsb ish
            a-1 [000] 6: pgtable_write: level=3 pa=0x40103028 old=0x0 new=0xe8000049000f43

            """);
        for (var i = 0; i < barriers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"a-1 [000] {10 + i}: barrier: dsb ish pc=0xffff800080000000\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"a-2 [00{lastCpu}] 900000: barrier: isb\n");
        var path = folder.Write("t", Encoding.UTF8.GetBytes(text.ToString()));
        var options = new ImportOptions { Replay = new ReplayOptions() };
        using (var run = new ReportRun(folder["reports"], StandardReports.Queries))
        {
            TraceImporter.Import(
                [path], folder["one.db"], options with { RowsWritten = run.BeginBeside }, null, TestContext.Current.CancellationToken);
            using var whole = TraceDatabase.Open(folder["one.db"], writable: false);
            run.Finish(whole);
        }

        using var database = TraceDatabase.Open(folder["one.db"], writable: true);
        Assert.Equal(findings, database.Connection.ExecuteScalar<long>("SELECT count(*) FROM finding WHERE rule = 'brk-tlbi-local'"));
        StandardReports.Write(database, folder["afterwards"]);
        Assert.All(
            Directory.GetFiles(folder["afterwards"]),
            file => Assert.Equal(File.ReadAllText(file), File.ReadAllText(Path.Combine(folder["reports"], Path.GetFileName(file)))));
        Assert.Equal("ok", database.Connection.ExecuteScalar<string>("PRAGMA integrity_check"));
        using (var only = TraceImporter.ReplayOnly([path], options, null, TestContext.Current.CancellationToken))
        {
            Assert.Equal(findings, only.Connection.ExecuteScalar<long>("SELECT count(*) FROM finding WHERE rule = 'brk-tlbi-local'"));
        }

        var together = ReplayTables.Select(table => Rows(database, table)).ToList();
        Replayer.Replay(database, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(together, ReplayTables.Select(table => Rows(database, table)));
    }

    private static readonly string[] ReplayTables = ["replay", "finding", "finding_store", "finding_run", "stale_record", "transition", "table_use", "tlbi_site"];

    [Fact]
    public void Several_pieces_are_replayed_as_one_capture()
    {
        using var folder = new TemporaryFolder();
        var first = folder.Write("1", "a-1 [000] 1: pgtable_table: base=0x1000 level=0 root=0\na-1 [000] 1: tlbi: op=vmalle1\n"u8);
        var second = folder.Write("2", "a-1 [002] 2: barrier: dsb sy\na-1 [000] 2: sysreg_write: reg=ttbr0_el1 val=0x1000\n"u8);
        TraceImporter.Import(
            [first, second], folder["t.db"], new ImportOptions { Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(folder["t.db"], writable: true);
        var together = Rows(database, "root_load") + Rows(database, "replay");
        Replayer.Replay(database, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(together, Rows(database, "root_load") + Rows(database, "replay"));
    }

    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz", "[]")]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz", """[ { "rule": "bbm-*", "symbol": "bbm*", "reason": "on purpose" } ]""")]
    [InlineData("workload-overwritten-buffer.ftrace.gz", "[]")]
    public void Without_a_database_the_reports_about_findings_are_the_same(string capture, string waivers)
    {
        using var folder = new TemporaryFolder();
        var path = CaptureFile.Find(capture);
        var options = new ImportOptions { Replay = new ReplayOptions(), Review = FindingReview.None with { Waivers = WaiverFile.Parse(waivers) } };
        TraceImporter.Import([path], folder["t.db"], options, null, TestContext.Current.CancellationToken);
        using var kept = TraceDatabase.Open(folder["t.db"], writable: false);
        using var gone = TraceImporter.ReplayOnly([path], options, null, TestContext.Current.CancellationToken);
        foreach (var query in StandardReports.QueriesWithoutHistory)
        {
            Assert.Equal((query.Name, Csv(kept, query)), (query.Name, Csv(gone, query)));
        }

        Assert.Equal(Text(kept), Text(gone));
        Assert.Equal(["t.db"], folder.Files);
    }

    private static string Csv(TraceDatabase database, CannedQuery query)
    {
        using var output = new StringWriter();
        using var result = QueryResult.Run(database, query);
        CsvReport.Write(result, output);
        return output.ToString();
    }

    private static string Text(TraceDatabase database)
    {
        using var output = new StringWriter();
        FindingReport.Write(database, output, int.MaxValue);
        return output.ToString();
    }

    private static List<string> Objects(TraceDatabase database) =>
        [.. database.Connection.Query<string>("SELECT type || ' ' || name FROM sqlite_master ORDER BY 1")];

    private static string Rows(TraceDatabase database, string table) => string.Join(
        '\n',
        database.Connection.Query($"SELECT * FROM {table} ORDER BY 1, 2").Select(row => string.Join('|', ((IDictionary<string, object>)row).Values)));
}
