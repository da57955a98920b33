using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Store;

/// <summary>Which transitions Linux's own test is asked of; what it says is checked with the test itself.</summary>
public sealed class LinuxVerdictTests
{
    [Theory]
    // mark_rodata_ro() of a kernel.
    [InlineData("good/mark_rodata_ro.trace", "T9 0 safe 4")]
    // A user mapping.
    [InlineData("good/contiguous_write_protect.trace", "T9 0 - 16")]
    // Linux compares what it stores as a leaf, so not the split.
    [InlineData("good/linear_map_split_bbm_level_3.trace", "T20 0 - 1, T9 0 safe 1")]
    public void Linux_is_asked_of_leaves_of_the_kernel(string trace, string expected) =>
        Assert.Equal(expected, Verdicts(Path.Combine(RepositoryPaths.Root, "traces", trace), "1"));

    [Fact]
    public void Linux_is_not_asked_where_an_invalid_value_stood_in_between() =>
        Assert.Equal(
            "T26 0 unsafe 32, T26 1 - 168",
            Verdicts(CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz"), "class = 'T26'"));

    private static string Verdicts(string trace, string condition)
    {
        using var folder = new TemporaryFolder();
        TraceImporter.Import([trace], folder["trace.db"], new ImportOptions());
        using var database = TraceDatabase.Open(folder["trace.db"], writable: true);
        Replayer.Replay(database, new ReplayOptions { Policy = Policy.Profile("linux-6.12")! });
        return string.Join(", ", database.Connection.Query<string>(
            $"""
            SELECT class || ' ' || via_break || ' ' || ifnull(linux_verdict, '-') || ' ' || count(*)
            FROM transition
            WHERE {condition}
            GROUP BY class, via_break, linux_verdict
            ORDER BY class, via_break, linux_verdict
            """));
    }
}
