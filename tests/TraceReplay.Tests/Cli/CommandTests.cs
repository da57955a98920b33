using System.Text.Json;
using TraceReplay.Cli;
using TraceReplay.Report;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;
using Xunit;

namespace TraceReplay.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Analyze_writes_a_report_for_every_query_that_needs_nothing()
    {
        var reports = _fixture.File("out/deep");
        await _fixture.RunAsync("analyze", "a.trace", "--db", _fixture.File("a.db"), "--out", reports);
        var expected = QueryCatalogue.All.Where(query => query.IsStandardReport).Select(query => query.Name + ".csv")
            .Append("policy.json").Order(StringComparer.Ordinal);
        Assert.Equal(expected, Directory.GetFiles(reports).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Contains($"reports: {expected.Count() - 1} CSV files and policy.json in {reports}", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyze_without_a_database_gives_the_verdict_and_the_reports_about_findings()
    {
        _fixture.Pipeline = Pipeline.OfLibrary;
        var capture = CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");
        var reports = _fixture.File("out");
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("analyze", capture, "--out", reports));
        Assert.Contains("findings: 23 errors", _fixture.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("database:", _fixture.Output, StringComparison.Ordinal);
        Assert.Equal(
            StandardReports.QueriesWithoutHistory.Select(query => query.Name + ".csv"),
            Directory.GetFiles(reports, "*.csv").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal([reports], Directory.GetFileSystemEntries(Path.GetDirectoryName(reports)!));
    }

    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz", true)]
    [InlineData("workload-start-v7-zstd.trace.dat", false)]
    public async Task Nanoseconds_of_a_text_are_told_to_be_none(string capture, bool isTold)
    {
        _fixture.Pipeline = Pipeline.OfLibrary;
        await _fixture.RunAsync("import", Path.Combine(RepositoryPaths.Root, "traces", "captures", capture), "--nanoseconds", "--db", _fixture.File("a.db"));
        Assert.Contains($"{capture}: ", _fixture.Error, StringComparison.Ordinal);
        Assert.Equal(isTold, _fixture.Error.Contains("warning: --nanoseconds is of a trace.dat, and none was read", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Errors_found_are_exit_status_1()
    {
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("analyze", "a.trace", "--db", _fixture.File("a.db")));
        Assert.Contains("findings: 2 errors, 2 warnings, 1 note (1 more error that Linux tolerates; 1 more of unknown confidence)", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM problem_count; DELETE FROM finding_store; DELETE FROM finding", (int)ExitCode.Clean)]
    [InlineData("DELETE FROM problem_count; DELETE FROM finding_store; DELETE FROM finding WHERE severity = 'error'", (int)ExitCode.Clean)]
    [InlineData("DELETE FROM problem_count; UPDATE finding SET confidence = 'unknown'", (int)ExitCode.Clean)]
    [InlineData("DELETE FROM problem_count; UPDATE finding SET tag = 'linux-tolerated'", (int)ExitCode.Clean)]
    [InlineData("UPDATE finding SET confidence = 'possible' WHERE severity = 'error'", (int)ExitCode.ErrorsFound)]
    [InlineData("DELETE FROM finding_store; DELETE FROM finding", (int)ExitCode.BadInput)]
    [InlineData("UPDATE problem_count SET severity = 'error'", (int)ExitCode.BadInput)]
    public async Task Exit_status_follows_the_findings(string change, int expected)
    {
        Assert.Equal((ExitCode)expected, await _fixture.RunAsync("replay", _fixture.Sample(change)));
    }

    [Fact]
    public async Task Findings_read_like_compiler_diagnostics()
    {
        await _fixture.RunAsync("analyze", "a.trace", "--db", _fixture.File("a.db"));
        Assert.StartsWith(
            """
            error[brk-tlbi-asid]: a page was replaced, and the TLBI was for another ASID
              --> sample.trace:23  CPU 1, time 1.000000013, kworker/0:1-12
              = entry   0x0000000040003028, level 3, translates 0x0000000000005000, ASID 7
              = old     0x0060000050000f43  page A
              = new     0x0060000051000f43  page B
              = differs output address
              = site    set_pte kworker/0:1
              = rule    Arm DDI 0487 R_VMSWQ
              | line 19        CPU 0   break   pgtable_write: level=3 pa=0x40003028 old=0x60000050000f43 new=0x0 how=cmpxchg
              |                          from here on a TLB may hold the old value: page A
              | line 21        CPU 0   tlbi    tlbi: op=vale1is arg=0x9000000000005
              |                          ASID 9, not 7
              | line 22        CPU 0   barrier barrier: dsb ish
              | line 23        CPU 1   make    pgtable_write: level=3 pa=0x40003028 old=0x0 new=0x60000051000f43 how=set_pte
              |                          output address
              = 1 finding of this rule at this site, 2 stores in 1 table, last at line 23

            error[table-copy-stale]: a copy misses a store
            """,
            _fixture.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finding_without_a_task_has_no_blank_in_its_place()
    {
        _fixture.Pipeline = Pipeline.OfLibrary;
        await _fixture.RunAsync("analyze", Path.Combine(Traces.TraceFile.Folder, "ghost", "bug_in_colour.log"), "--db", _fixture.File("a.db"));
        Assert.Contains("bug_in_colour.log:28  CPU 0, time 28\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_problems_of_a_kind_tell_what_was_met_and_expected()
    {
        _fixture.Pipeline = Pipeline.OfLibrary;
        var file = _fixture.Bytes("a.log", System.Text.Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat("1 clk cpu0 IT (1) 00008ffc d5033fdf O EL1h_n : ISB\n", 5))
            + string.Concat(Enumerable.Range(0, 5).Select(i => $"2 clk cpu0 MW{(char)('A' + i)} 40103028:000040103028 00\n"))));
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("analyze", file, "--db", _fixture.File("a.db")));
        Assert.Contains("warning: 5 x unknown-record: ", _fixture.Error, StringComparison.Ordinal);
        Assert.Contains($"\n  --> {file}:8  MWC: expected IT, IS, IF or ES for an instruction, ", _fixture.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("MWD", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_report_is_bounded_and_counts_the_rest()
    {
        using var database = TraceDatabase.Open(_fixture.Sample(), writable: false);
        Assert.Equal(1, FindingReport.Write(database, _fixture.Streams.Out, limit: 1));
        Assert.Contains("... and 3 more sites with 4 findings: see findings_by_site", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_compares_the_final_state()
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("info", _fixture.Sample()));
        Assert.Contains("\nfinal state: 1 compared, 0 differ\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("granule: 4 KiB (table)", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("  pgtable_write                    12\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains(
            "problems:\n"
            + "  optional-value-ignored              1  warning: a key is missing\n"
            + "  long-line                           2  info: a line is long\n",
            _fixture.Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info {db}", "findings: not replayed")]
    [InlineData("query {db} findings", "not replayed; run 'tracereplay replay")]
    [InlineData("history {db} --pa 0x8", "not replayed; run 'tracereplay replay")]
    [InlineData("walk {db} --va 0x5000", "not replayed; run 'tracereplay replay")]
    public async Task A_database_that_was_not_replayed_is_told(string line, string text)
    {
        var path = _fixture.Sample("PRAGMA foreign_keys = OFF; DELETE FROM replay");
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync(line.Replace("{db}", path, StringComparison.Ordinal).Split(' ')));
        Assert.Contains(text, _fixture.Error + _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("events_around --line 20")]
    [InlineData("event_at --seq 3")]
    [InlineData("import_problems")]
    [InlineData("moment")]
    public async Task A_query_of_what_was_imported_needs_no_replay(string query)
    {
        var path = _fixture.Sample("PRAGMA foreign_keys = OFF; DELETE FROM replay");
        await _fixture.RunAsync(["query", path, .. query.Split(' ')]);
        Assert.Empty(_fixture.Error);
    }

    [Fact]
    public async Task A_final_state_that_differs_is_told()
    {
        await _fixture.RunAsync("replay", _fixture.Sample("UPDATE replay SET final_differing = 1"));
        Assert.Contains("the findings are not to be trusted", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_prints_csv_to_a_pipe()
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("query", _fixture.Sample(), "tlbi_summary"));
        Assert.Equal("operation,count,covered,records,ineffective,sites,first_line\nvale1is,2,1,1,0,2,21\n", _fixture.Output);
    }

    [Fact]
    public async Task Query_prints_a_table_to_a_terminal()
    {
        _fixture.Streams = _fixture.Streams with { OutIsTerminal = true };
        await _fixture.RunAsync("query", _fixture.Sample(), "skipped_events");
        Assert.Contains("│ sys_enter         │ 40    │ 5          │", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_wider_than_the_terminal_becomes_one_block_a_row()
    {
        await _fixture.RunAsync("query", _fixture.Sample(), "findings", "--format", "table", "--id", "3");
        Assert.StartsWith("-- 1\nrule          bbm-cont-change\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rule", "bbm-cont-change")]
    [InlineData("--rule=bbm-cont-change")]
    public async Task Query_parameters_are_options(params string[] parameters)
    {
        await _fixture.RunAsync(["query", _fixture.Sample(), .. parameters, "findings", "--format", "json"]);
        using var json = JsonDocument.Parse(_fixture.Output);
        Assert.Equal(2, json.RootElement.GetArrayLength());
        Assert.Equal(31, json.RootElement[0].GetProperty("line").GetInt64());
        Assert.Equal("0x0000000040003080", json.RootElement[0].GetProperty("pa").GetString());
    }

    [Fact]
    public async Task Query_writes_a_file()
    {
        var file = _fixture.File("roots.csv");
        await _fixture.RunAsync("query", _fixture.Sample(), "roots", "--ttbr", "1", "--out", file);
        Assert.Equal(2, File.ReadAllLines(file).Length);
        Assert.Empty(_fixture.Output);
    }

    [Fact]
    public async Task Query_without_a_name_is_the_catalogue_as_csv()
    {
        await _fixture.RunAsync("query", _fixture.Sample());
        Assert.StartsWith("name,title,summary,parameters,columns\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains(
            "\ntlbi_sites,\"TLBIs by site, and what they did\",\"As tlbi_summary, by the place in the code.\","
            + "\"--operation: only this operation, such as vale1is\",site operation count covered records ineffective first_line\n",
            _fixture.Output,
            StringComparison.Ordinal);
        Assert.Equal(QueryCatalogue.All.Count + 1, _fixture.Output.Count(c => c == '\n'));
    }

    [Fact]
    public async Task The_catalogue_is_a_table_on_a_terminal()
    {
        _fixture.Streams = _fixture.Streams with { OutIsTerminal = true };
        await _fixture.RunAsync("query", _fixture.Sample());
        Assert.All(QueryCatalogue.All, query => Assert.Contains($"\n│ {query.Name,-26} │ ", _fixture.Output, StringComparison.Ordinal));
        Assert.Contains("NAME --help", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_catalogue_honours_format_and_out()
    {
        var file = _fixture.File("catalogue");
        await _fixture.RunAsync("query", _fixture.Sample(), "--format", "json", "--out", file);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal(
            QueryCatalogue.All.Select(query => query.Title),
            json.RootElement.EnumerateArray().Select(entry => entry.GetProperty("title").GetString()!));
        Assert.Empty(_fixture.Output);
    }

    [Fact]
    public async Task Rules_are_listed_and_explained()
    {
        await _fixture.RunAsync("rules");
        Assert.Equal(
            "id,severity,effective,title,arm_rules,condition,explanation\n"
            + "bbm-oa-change,error,warning,Output address changed,R_WHZWS,When.,Why it matters.\n",
            _fixture.Output);
        await _fixture.RunAsync("rules", "bbm-oa-change");
        Assert.EndsWith("\n  raised     When.\n\nWhy it matters.\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_are_a_table_on_a_terminal()
    {
        _fixture.Streams = _fixture.Streams with { OutIsTerminal = true };
        await _fixture.RunAsync("rules");
        Assert.Contains("│ bbm-oa-change │ error    │ warning   │ Output address changed │\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_of_sentences_is_wrapped()
    {
        await _fixture.RunAsync(
            "query", _fixture.Sample($"UPDATE problem_count SET help = '{string.Concat(Enumerable.Repeat("several words ", 8))}' WHERE severity = 'info'"),
            "problem_totals", "--format", "table");
        Assert.Contains("│ optional-value-ignored │ warning  │ 1     │ a key is missing", _fixture.Output, StringComparison.Ordinal);
        Assert.All(_fixture.Output.Split('\n'), line => Assert.InRange(line.Length, 0, _fixture.Streams.Width));
    }

    [Fact]
    public async Task A_fault_of_the_tool_is_exit_status_4()
    {
        _fixture.Pipeline = _fixture.Pipeline with { Rules = _ => throw new InvalidOperationException("boom") };
        Assert.Equal(ExitCode.Internal, await _fixture.RunAsync("rules"));
        Assert.Contains("internal error", _fixture.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500_000_000, 0.5, "import: 50 %, 500.0 MB, 1,000,000 events")]
    [InlineData(250_000_000, 2.0, "import: 25 %, 250.0 MB, 1,000,000 events, 500,000 events/s, 6 s left")]
    public void Progress_tells_rate_and_time_left(long bytes, double seconds, string text) =>
        Assert.Equal(
            text,
            ProgressLine.Text("import", new StepProgress(bytes, 1_000_000_000, 1_000_000), TimeSpan.FromSeconds(seconds), isBytes: true));
}
