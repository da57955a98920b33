using Microsoft.Data.Sqlite;
using TraceReplay.Cli;

namespace TraceReplay.Tests.Cli;

/// <summary>Places that cannot be written: the message names the place and what was expected, not what the runtime calls it.</summary>
public sealed class OutputFaultTests : IDisposable
{
    // A device of Linux that is always full.
    private const string FullDevice = "/dev/full";

    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public Task A_missing_directory_is_told() =>
        QueryOut(_fixture.File("none/out.csv"), "no such directory; expected a file that can be written");

    [Fact]
    public Task A_directory_for_a_file_is_told() =>
        QueryOut(Path.GetDirectoryName(_fixture.File("x"))!, "a directory; expected the name of a file");

    [Fact]
    public Task A_name_that_is_too_long_is_told() =>
        QueryOut(_fixture.File(new string('x', 300)), "the name is too long; expected a file that can be written");

    [Fact]
    public Task A_full_disk_is_told()
    {
        Assert.SkipUnless(File.Exists(FullDevice), "needs " + FullDevice);
        return QueryOut(FullDevice, "no space left on the disk; expected a file that can be written");
    }

    [Fact]
    public async Task Reports_that_cannot_be_written_are_told()
    {
        var file = _fixture.Bytes("file", 1);
        var directory = Path.Combine(file, "reports");
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("analyze", "a.trace", "--db", _fixture.File("a.db"), "--out", directory));
        Assert.Contains($"tracereplay: {directory}: no such directory; expected a directory that can be written\n", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_name_is_exit_status_2() =>
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync("query", _fixture.Sample(), "traces", "--out", ""));

    [Theory]
    [InlineData(13, "no space left on the disk; expected room for the database")]
    [InlineData(11, "damaged; expected a database as 'tracereplay import' made it")]
    [InlineData(5, "in use by another program")]
    [InlineData(8, "permission denied; expected a database that can be written")]
    public async Task A_database_that_fails_in_the_middle_is_told(int code, string message)
    {
        var path = _fixture.Sample();
        _fixture.Pipeline = _fixture.Pipeline with { Replay = (_, _, _, _) => throw new SqliteException("SQLite's own words", code) };
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("replay", path));
        Assert.Contains($"tracereplay: {path}: {message}", _fixture.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("SQLite", _fixture.Error, StringComparison.Ordinal);
    }

    // Of the native program's two files one was copied.
    [Fact]
    public void A_missing_library_is_told()
    {
        var status = CommandRunner.Run(
            _fixture.Streams, null, () => throw new TypeInitializationException("x", new DllNotFoundException("Unable to load 'e_sqlite3': no such file\n")));
        Assert.Equal(ExitCode.Internal, status);
        Assert.Equal(
            "tracereplay: SQLite's library cannot be loaded; expected libe_sqlite3.so where the build puts it, beside a native program\n"
            + "Unable to load 'e_sqlite3': no such file\n",
            _fixture.Error);
    }

    private async Task QueryOut(string path, string message)
    {
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("query", _fixture.Sample(), "traces", "--out", path));
        Assert.Equal($"tracereplay: {path}: {message}\n", _fixture.Error);
        Assert.Empty(_fixture.Output);
    }
}
