using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest;

public sealed class TraceImporterTests
{
    private static ReadOnlySpan<byte> Good => "# tracer: nop\na-1 [000] 1: barrier: isb\na-1 [000] 2: bbm_mark: x\nbad\na-1 [000] 3: barrier: isb\n"u8;

    [Fact]
    public void Import_tells_what_it_read_and_stores_it()
    {
        using var folder = new TemporaryFolder();
        var result = Import(folder, [folder.Write("t", Good)]);
        Assert.Equal((2L, 5L, false), (result.Events, result.Lines, result.IsDamaged));
        Assert.Equal(ProblemSeverity.Error, result.WorstSeverity);
        Assert.Equal([(ImportProblems.MalformedLine, 1L)], result.Problems);
        Assert.Equal(["t", "t.db"], folder.Files);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        Assert.Equal(
            ("malformed-line", "error", 4L, "bad"),
            database.Connection.QuerySingle<(string, string, long, string)>("SELECT kind, severity, line, excerpt FROM import_problem"));
        Assert.Equal(("malformed-line", 1L), database.Connection.QuerySingle<(string, long)>("SELECT kind, count FROM problem_count"));
        Assert.Equal(("bbm_mark", 1L, 3L), database.Connection.QuerySingle<(string, long, long)>("SELECT event, count, first_line FROM skipped_event"));
        Assert.Equal(3, database.Connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"));
    }

    [Fact]
    public void Sequence_numbers_run_on_over_files_and_lines_start_again()
    {
        using var folder = new TemporaryFolder();
        var result = Import(folder, [folder.Write("1", Good), folder.Write("2", "a-1 [000] 9: barrier: isb\n"u8)]);
        Assert.Equal([(1L, 2L), (3L, 3L)], result.Sources.Select(source => (source.FirstSeq, source.LastSeq)));
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        Assert.Equal([(1L, 2L), (2L, 5L), (3L, 1L)], database.Connection.Query<(long, long)>("SELECT seq, line FROM barrier ORDER BY seq"));
    }

    [Fact]
    public void Standard_input_is_a_dash()
    {
        using var folder = new TemporaryFolder();
        using var input = new MemoryStream(Good.ToArray());
        var result = TraceImporter.Import(["-"], folder["t.db"], new ImportOptions { StandardInput = input }, null, TestContext.Current.CancellationToken);
        Assert.Equal(("-", 2L), (result.Sources[0].Path, result.Events));
    }

    [Fact]
    public void Leftovers_of_killed_imports_are_removed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t.db.partial-2147483647", "x"u8);
        folder.Write("t.db.partial-2147483647-journal", "x"u8);
        folder.Write("t.db.partial-1", "x"u8);
        folder.Write("t.db.partial-notes", "x"u8);
        folder.Write("t.db.partial-2147483646-wal", "x"u8);
        Import(folder, [folder.Write("t", Good)]);
        Assert.Equal(["t", "t.db", "t.db.partial-1", "t.db.partial-notes"], folder.Files);
    }

    [Fact]
    public void Leftover_older_than_the_process_of_its_number_is_removed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write($"t.db.partial-{Environment.ProcessId}-journal", "x"u8);
        File.SetLastWriteTimeUtc(path, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Import(folder, [folder.Write("t", Good)]);
        Assert.Equal(["t", "t.db"], folder.Files);
    }

    [Fact]
    public void Force_through_a_link_replaces_the_file_it_points_to()
    {
        using var folder = new TemporaryFolder();
        Import(folder, [folder.Write("t", Good)]);
        File.Move(folder["t.db"], folder["real.db"]);
        File.CreateSymbolicLink(folder["t.db"], folder["real.db"]);
        Import(folder, [folder.Write("t", "a-1 [000] 9: barrier: isb\n"u8)], new ImportOptions { Force = true });
        Assert.Equal(folder["real.db"], new FileInfo(folder["t.db"]).LinkTarget);
        using var database = TraceDatabase.Open(folder["real.db"], writable: false);
        Assert.Equal(1, new EventReader(database).CountEvents());
    }

    [Fact]
    public void Link_to_nothing_makes_the_file_it_points_to()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["t.db"], folder["real.db"]);
        Import(folder, [folder.Write("t", Good)]);
        Assert.Equal(["real.db", "t", "t.db"], folder.Files);
        Assert.NotNull(new FileInfo(folder["t.db"]).LinkTarget);
    }

    [Fact]
    public void Trace_behind_a_link_is_never_the_database()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", Good);
        File.CreateSymbolicLink(folder["t.db"], path);
        Fails(folder, [path], "two names", new ImportOptions { Force = true });
        Assert.Equal(Good.ToArray(), File.ReadAllBytes(path));
    }

    [Fact]
    public void Existing_database_is_refused_and_untouched()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t.db", "precious"u8);
        Fails(folder, [folder.Write("t", Good)], "exists");
        Assert.Equal("precious", File.ReadAllText(folder["t.db"]));
    }

    [Fact]
    public void Force_replaces_a_database()
    {
        using var folder = new TemporaryFolder();
        Import(folder, [folder.Write("t", Good)]);
        var result = Import(folder, [folder.Write("t", "a-1 [000] 9: barrier: isb\n"u8)], new ImportOptions { Force = true });
        Assert.Equal(1, result.Events);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        Assert.Equal(1, new EventReader(database).CountEvents());
        Assert.Equal(["t", "t.db"], folder.Files);
    }

    [Fact]
    public void Force_does_not_replace_another_kind_of_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t.db", "precious"u8);
        Fails(folder, [folder.Write("t", Good)], "not a database of TraceReplay", new ImportOptions { Force = true });
        Assert.Equal("precious", File.ReadAllText(folder["t.db"]));
    }

    [Fact]
    public void Force_replaces_an_empty_file_and_no_device()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write("t", Good);
        folder.Write("t.db", default);
        Import(folder, [trace], new ImportOptions { Force = true });
        Assert.True(TraceDatabase.IsReplaceable(folder["t.db"]));
        Assert.SkipUnless(File.Exists("/dev/null"), "needs Unix devices");
        Assert.False(TraceDatabase.IsReplaceable("/dev/null"));
    }

    [Fact]
    public async Task Force_neither_replaces_a_pipe_nor_waits_for_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix pipes");
        using var folder = new TemporaryFolder();
        using var make = System.Diagnostics.Process.Start("mkfifo", [folder["t.db"]]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        var answer = Task.Run(() => TraceDatabase.IsReplaceable(folder["t.db"]), TestContext.Current.CancellationToken);
        Assert.False(await answer.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-1 [000] 1: barrier: isb\na-1 [0")]
    [InlineData("\u001f")]
    public void Cancelled_import_of_a_pipe_that_stays_open_ends_and_leaves_nothing(string sent)
    {
        using var folder = new TemporaryFolder();
        using var input = new OpenPipe(System.Text.Encoding.ASCII.GetBytes(sent));
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Throws<OperationCanceledException>(() => TraceImporter.Import(
            ["-"], folder["t.db"], new ImportOptions { StandardInput = input }, null, cancellation.Token));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task Cancelled_import_of_a_named_pipe_that_nobody_writes_ends()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix pipes");
        using var folder = new TemporaryFolder();
        using var make = System.Diagnostics.Process.Start("mkfifo", [folder["pipe"]]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.Throws<OperationCanceledException>(() => TraceImporter.Import(
            [folder["pipe"]], folder["t.db"], new ImportOptions(), null, cancellation.Token));
        Assert.Equal(["pipe"], folder.Files);
    }

    [Fact]
    public void Source_that_changes_while_it_is_read_is_a_warning()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a-1 [000] 1: barrier: isb\n", 100_000))));
        var appended = false;
        var progress = new Callback(_ =>
        {
            if (!appended)
            {
                appended = true;
                File.AppendAllText(path, "a-1 [000] 1: barrier: isb\n");
            }
        });
        var result = TraceImporter.Import([path], folder["t.db"], new ImportOptions(), progress, TestContext.Current.CancellationToken);
        Assert.Equal([(ImportProblems.SourceChanged, 1L)], result.Problems);
    }

    [Fact]
    public void Empty_name_is_told()
    {
        using var folder = new TemporaryFolder();
        Fails(folder, [""], "empty name");
        Assert.Throws<ImportException>(() => TraceImporter.Import([folder.Write("t", Good)], "", new ImportOptions(), null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Trace_is_never_the_database()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t.db", Good);
        Fails(folder, [path], "two names", new ImportOptions { Force = true });
        Assert.Equal(Good.ToArray(), File.ReadAllBytes(path));
    }

    [Fact]
    public void Failure_in_a_later_file_leaves_the_existing_database_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var good = folder.Write("t", Good);
        Import(folder, [good]);
        var before = File.ReadAllBytes(folder["t.db"]);
        Fails(folder, [good, folder.Write("u", "nothing here\n"u8)], "not a trace", new ImportOptions { Force = true });
        Assert.Equal(before, File.ReadAllBytes(folder["t.db"]));
        Assert.Equal(["t", "t.db", "u"], folder.Files);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("hello\n", "not a trace that can be read")]
    [InlineData("# tracer: nop\n", "no event")]
    [InlineData("# tracer: nop\na-1 [000] 2: bbm_mark: x\n", "only bbm_mark")]
    [InlineData("# tracer: nop\na-1 [000] 2: tlbi: x\n", "first problem, line 2: missing-key, tlbi: expected op=")]
    public void Unusable_content_makes_no_database(string content, string message)
    {
        using var folder = new TemporaryFolder();
        Fails(folder, [folder.Write("t", System.Text.Encoding.UTF8.GetBytes(content))], message);
        Assert.Equal(["t"], folder.Files);
    }

    [Fact]
    public void Missing_file_and_directory_are_told()
    {
        using var folder = new TemporaryFolder();
        Fails(folder, [folder["absent"]], "no such file");
        Fails(folder, [folder.Root], "a directory");
        Fails(folder, [], "no trace");
        Fails(folder, ["-"], "standard input");
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void Unreadable_file_is_told()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", Good);
        Assert.SkipWhen(Environment.UserName == "root", "needs file permissions that bind the user");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix file permissions");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.None);
        }

        Fails(folder, [path], "permission denied");
    }

    [Fact]
    public void Target_folder_must_exist()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t", Good);
        var e = Assert.Throws<ImportException>(() => TraceImporter.Import([path], Path.Combine(folder.Root, "no", "t.db"), new ImportOptions(), null, TestContext.Current.CancellationToken));
        Assert.Contains("no such directory", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_format_lists_those_there_are()
    {
        using var folder = new TemporaryFolder();
        Fails(folder, [folder.Write("t", Good)], "trace-cmd-report, ftrace, perf-script", new ImportOptions { Format = "xml" });
    }

    [Fact]
    public void Format_given_is_not_doubted()
    {
        using var folder = new TemporaryFolder();
        var result = Import(folder, [folder.Write("t", Good)], new ImportOptions { Format = "trace-cmd-report" });
        Assert.Equal("trace-cmd-report", result.Sources[0].Format);
    }

    [Fact]
    public void Cancelled_import_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        var text = string.Concat(Enumerable.Repeat("a-1 [000] 1: barrier: isb\n", 100_000));
        var path = folder.Write("t", System.Text.Encoding.UTF8.GetBytes(text));
        using var source = new CancellationTokenSource();
        var progress = new Callback(_ => source.Cancel());
        Assert.ThrowsAny<OperationCanceledException>(() => TraceImporter.Import([path], folder["t.db"], new ImportOptions(), progress, source.Token));
        Assert.Equal(["t"], folder.Files);
    }

    [Fact]
    public void Progress_ends_with_everything_read()
    {
        using var folder = new TemporaryFolder();
        var last = default(ImportProgress);
        TraceImporter.Import([folder.Write("t", Good)], folder["t.db"], new ImportOptions(), new Callback(p => last = p), TestContext.Current.CancellationToken);
        Assert.Equal((Good.Length, Good.Length, 2L), (last.BytesRead, last.TotalBytes, last.Events));
    }

    [Fact]
    public void Damaged_source_is_imported_as_far_as_it_goes()
    {
        using var folder = new TemporaryFolder();
        var capture = File.ReadAllBytes(CaptureFile.Find("workload-lost-events.trace_pipe.gz"));
        var result = Import(folder, [folder.Write("t", capture.AsSpan(0, capture.Length / 2))]);
        Assert.True(result.IsDamaged);
        Assert.True(result.Events > 1000);
        using var database = TraceDatabase.Open(folder["t.db"], writable: false);
        Assert.Equal(1, database.Connection.ExecuteScalar<long>("SELECT is_damaged FROM trace"));
    }

    private static ImportResult Import(TemporaryFolder folder, string[] paths, ImportOptions? options = null) =>
        TraceImporter.Import(paths, folder["t.db"], options ?? new ImportOptions(), null, TestContext.Current.CancellationToken);

    private static void Fails(TemporaryFolder folder, string[] paths, string message, ImportOptions? options = null)
    {
        var e = Assert.Throws<ImportException>(() => Import(folder, paths, options));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private sealed class Callback(Action<ImportProgress> action) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => action(value);
    }

    // Gives what was sent, and then waits until it is closed.
    private sealed class OpenPipe(byte[] sent) : MemoryStream(sent)
    {
        private readonly ManualResetEventSlim _isClosed = new();

        public override int Read(Span<byte> buffer) => WaitedFor(base.Read(buffer));

        public override int Read(byte[] buffer, int offset, int count) => WaitedFor(base.Read(buffer, offset, count));

        protected override void Dispose(bool disposing)
        {
            _isClosed.Set();
            base.Dispose(disposing);
        }

        private int WaitedFor(int read)
        {
            if (read == 0)
            {
                _isClosed.Wait();
            }

            return read;
        }
    }
}
