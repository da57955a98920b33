using TraceReplay.Cli;
using Xunit;

namespace TraceReplay.Tests.Cli;

public sealed class UsageTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("quary", "'quary' is no command here", "query")]
    [InlineData("walk x", "Option '--va' is required", "walk --help")]
    [InlineData("walk x --va zz", "'zz' is no address", "walk --help")]
    [InlineData("import x", "Option '--db' is required", "import --help")]
    [InlineData("analyze x --force", "--force replaces a database", "--db")]
    [InlineData("import x --db y --format xml", "no format 'xml'", "import --help")]
    [InlineData("replay x --bbm-level 4", "'4' is no FEAT_BBM level", "replay --help")]
    [InlineData("replay x --bbm-level two", "two", "replay --help")]
    [InlineData("query x findings --format xml", "xml", "query --help")]
    [InlineData("query x findngs", "no query 'findngs'", "findings")]
    [InlineData("query x findings --colour red", "query findings has no parameter --colour", "--severity")]
    [InlineData("query x findings --show-unknown yes", "--show-unknown does not take 'yes': expected a decimal integer, 0 or more", "--severity")]
    [InlineData("query x tlbi_sites --operation", "--operation needs a text", "--operation")]
    [InlineData("query x findings --rule", "--rule needs one of bbm-oa-change, ", "--severity")]
    [InlineData("query x findings --rule bbm-oa-chnge", "--rule does not take 'bbm-oa-chnge': expected one of bbm-oa-change, ", "Try: --rule bbm-oa-change")]
    [InlineData("query x findings_by_site --rule none", "--rule does not take 'none': expected one of bbm-oa-change, ", "--severity")]
    [InlineData("query x findings --severity erorr", "--severity does not take 'erorr': expected one of error, warning, info", "Try: --severity error")]
    [InlineData("query x findings --severity Error", "--severity does not take 'Error'", "Try: --severity error")]
    [InlineData("query x import_problems --severity=fatal", "expected one of error, warning, info", "--kind")]
    [InlineData("query x findings --min-confidence certian", "expected one of certain, likely, possible, unknown", "Try: --min-confidence certain")]
    [InlineData("query x permission_changes --class T31", "--class does not take 'T31': expected one of T1, T2, ", "Try: --class T1")]
    [InlineData("query x stale_windows --limit -1", "--limit does not take '-1': expected a decimal integer, 0 or more", "--limit")]
    [InlineData("query x nosuch --help", "no query 'nosuch'", "catalogue")]
    [InlineData("query x entry_history", "query entry_history needs --pa", "--pa")]
    [InlineData("query x entry_history --pa q", "--pa does not take 'q': expected an address", "--pa")]
    [InlineData("query x findings roots", "one query at a time", "tracereplay query <db> findings")]
    [InlineData("query x --rule a", "parameters need the name of a query", "NAME")]
    [InlineData("history x", "one of --va", "tracereplay history")]
    [InlineData("history x --va 1 --pa 2", "one of --va", "tracereplay history")]
    [InlineData("history x --pa 2 --asid 3", "--asid", "--va")]
    [InlineData("rules bbm-oa-chnge", "no rule 'bbm-oa-chnge'", "bbm-oa-change")]
    [InlineData("analyze x y --offset y=+1ms", "an offset is of traces that are merged by time", "Try: --merge")]
    [InlineData("analyze x --merge", "--merge with one trace", "another trace")]
    [InlineData("import x x --merge --db d", "a trace is named twice", "each trace once")]
    [InlineData("analyze x y --merge --offset z=+1ms", "--offset z=+1ms: names none of the traces", "--offset y=...")]
    [InlineData("analyze a/x b/x --merge --offset x=+1ms", "--offset x=+1ms: names none of the traces, or more than one", "--offset b/x=...")]
    [InlineData("analyze x y --merge --offset +1ms", "--offset +1ms: names none of the traces", "--offset y=...")]
    [InlineData("analyze x y --merge --offset y=1h", "'1h' is no offset: expected a time such as +1.5ms", "--offset y=...")]
    [InlineData("analyze x y --merge --offset y=1 --offset y=2", "--offset is there twice for y", "one of them")]
    [InlineData("analyze x y --merge --cpu-offset y=one", "'one' is no number of CPUs", "--cpu-offset y=...")]
    [InlineData("analyze x --initial-memory ram.bin", "'ram.bin' is no memory: expected a file, @ and a physical address", "analyze --help")]
    [InlineData("import x --db y --initial-memory ram.bin@here", "'ram.bin@here' is no memory", "import --help")]
    [InlineData("info x y", "'y' is no argument", "info --help")]
    public async Task Usage_error_is_exit_status_2_and_says_what_to_type(string line, string message, string hint)
    {
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync(line.Split(' ')));
        Assert.Contains(message, _fixture.Error, StringComparison.Ordinal);
        Assert.Contains("Try: ", _fixture.Error, StringComparison.Ordinal);
        Assert.Contains(hint, _fixture.Error, StringComparison.Ordinal);
        Assert.Empty(_fixture.Output);
    }

    [Fact]
    public async Task No_command_is_exit_status_2() => Assert.Equal(ExitCode.Usage, await _fixture.RunAsync());

    [Theory]
    [InlineData("--help", "analyze")]
    [InlineData("analyze --help", "--bbm-level")]
    [InlineData("query --help", "NAME [--PARAMETER VALUE]")]
    [InlineData("walk --help", "line:N, seq:N")]
    [InlineData("query x stale_windows --help", "    --limit                  at most this many rows; 1000 when not given\n")]
    [InlineData("query stale_windows --help", "stale_windows: How long overwritten values could still be used, longest first\n")]
    [InlineData("query x traces --help", "No parameters.\n\nColumns:\n    id                       1, 2, ... in the order given\n")]
    public async Task Help_goes_to_standard_output(string line, string text)
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync(line.Split(' ')));
        Assert.Contains(text, _fixture.Output, StringComparison.Ordinal);
        Assert.Empty(_fixture.Error);
    }

    [Fact]
    public void An_existing_file_is_not_replaced_without_being_asked_to()
    {
        var path = _fixture.Sample();
        var error = Assert.Throws<UsageException>(() => NewDatabaseFile.Check(path, ["a.trace"], force: false));
        Assert.Contains("--force", error.Hint, StringComparison.Ordinal);
        NewDatabaseFile.Check(path, ["a.trace"], force: true);
    }

    [Fact]
    public void A_file_that_is_no_database_of_the_tool_is_never_replaced()
    {
        var path = _fixture.Bytes("notes.txt", [.. Enumerable.Repeat((byte)'x', 4096)]);
        Assert.Throws<UsageException>(() => NewDatabaseFile.Check(path, ["a.trace"], force: true));
    }

    [Fact]
    public void A_trace_is_never_replaced_by_its_database()
    {
        var path = _fixture.File("boot.trace");
        Assert.Throws<UsageException>(() => NewDatabaseFile.Check(path, [path], force: true));
    }
}
