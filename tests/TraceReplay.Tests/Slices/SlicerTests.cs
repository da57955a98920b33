using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Slices;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Slices;

/// <summary>Findings of the captures of broken kernels, sliced, and the slice imported and replayed as any trace.</summary>
public sealed class SlicerTests
{
    // A page of a mail; copies of whole trees take the most.
    private const int MostEvents = 30;

    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz", 26)]
    [InlineData("thread-2016-6.12-4k-n1-2cpu.kernel.ftrace.gz", 20)]
    public void A_slice_raises_its_finding_and_nothing_else(string capture, int findings)
    {
        using var folder = new TemporaryFolder();
        using var database = Replayed(Path.Combine(RepositoryPaths.Root, "traces", "captures", capture), folder["all.db"]);
        var wanted = Findings(database);
        Assert.Equal(findings, wanted.Count);
        List<string> notAlone = [];
        foreach (var finding in wanted.DistinctBy(finding => finding.Rule))
        {
            var slice = Slicer.Find(database, finding.Id, TestContext.Current.CancellationToken);
            Assert.NotNull(slice);
            Assert.InRange(slice.Events, 1, MostEvents);
            var path = folder.Write($"{finding.Id}.ftrace", System.Text.Encoding.UTF8.GetBytes(slice.Text));
            using var again = Replayed(path, folder[$"{finding.Id}.db"]);
            var raised = Findings(again);
            var same = Assert.Single(raised, other =>
                (other.Rule, other.Severity, other.Pa) == (finding.Rule, finding.Severity, finding.Pa));
            Assert.Equal(slice.AlsoRaised, raised.Where(other => other != same).Select(other => other.Rule));
            if (slice.AlsoRaised.Count > 0)
            {
                notAlone.Add(finding.Rule);
            }
        }

        // The store that gives a group two output addresses also leaves it half valid; a root loaded again meets what was stored meanwhile.
        Assert.All(notAlone, rule => Assert.Contains(rule, new[] { "cont-oa-discontiguous", "asid-reuse-no-flush" }));
        Assert.InRange(notAlone.Count, 0, 1);
    }

    [Fact]
    public void No_event_of_a_slice_can_be_left_out()
    {
        using var folder = new TemporaryFolder();
        using var database = Replayed(
            Path.Combine(RepositoryPaths.Root, "traces", "captures", "violations-6.12-4k-n1-2cpu.kernel.ftrace.gz"), folder["all.db"]);
        var finding = Findings(database).Single(finding => finding.Rule == "brk-tlbi-local");
        var lines = Slicer.Find(database, finding.Id, TestContext.Current.CancellationToken)!.Text.TrimEnd('\n').Split('\n');
        var events = Enumerable.Range(0, lines.Length).Where(i => lines[i][0] != '#').ToList();
        Assert.All(events, left =>
        {
            var text = string.Join('\n', lines.Where((_, i) => i != left)) + "\n";
            using var shorter = Replayed(folder.Write($"{left}.ftrace", System.Text.Encoding.UTF8.GetBytes(text)), folder[$"{left}.db"]);
            Assert.NotEqual([finding.Rule], Findings(shorter).Select(other => other.Rule));
        });
    }

    [Theory]
    [InlineData("rules/lock-not-held/raises.trace", "kind=set_root_lock", "ev=lock")]
    [InlineData("rules/lock-not-held/raises_given_back.trace", "kind=set_root_lock", "ev=unlock")]
    [InlineData("rules/lock-not-held/raises_owner.trace", "kind=set_pte_thread_owner")]
    [InlineData("casemate/bad_no_write_auth.log", "kind=set_root_lock", "ev=lock", "locks=casemate")]
    public void A_slice_keeps_what_a_finding_about_locks_rests_on(string trace, params string[] kept)
    {
        using var folder = new TemporaryFolder();
        using var database = Replayed(new TraceFile(trace).FullName, folder["all.db"]);
        var finding = Findings(database).Single(finding => finding.Rule == "lock-not-held");
        var text = Slicer.Find(database, finding.Id, TestContext.Current.CancellationToken)!.Text;
        Assert.All(kept, part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_event_tells_its_line()
    {
        using var folder = new TemporaryFolder();
        using var database = Replayed(
            Path.Combine(RepositoryPaths.Root, "traces", "captures", "violations-6.12-4k-n1-2cpu.kernel.ftrace.gz"), folder["all.db"]);
        var text = Slicer.Find(database, 2, TestContext.Current.CancellationToken)!.Text;
        Assert.Contains("\n# line 192\n           <...>-1       [000] .....     0.919377: pgtable_write: level=3 pa=0x4083dc80 old=0x0 new=0xe8000043b70703 how=bbmtest\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_no_finding_has_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var database = Replayed(
            Path.Combine(RepositoryPaths.Root, "traces", "captures", "violations-6.12-4k-n1-2cpu.kernel.ftrace.gz"), folder["all.db"]);
        Assert.Throws<ArgumentException>(() => Slicer.Find(database, 1000, TestContext.Current.CancellationToken));
    }

    private static TraceDatabase Replayed(string trace, string path)
    {
        TraceImporter.Import([trace], path, new ImportOptions());
        var database = TraceDatabase.Open(path, writable: true);
        Replayer.Replay(database, new ReplayOptions());
        return database;
    }

    private static List<Row> Findings(TraceDatabase database) =>
        [.. database.Connection.Query<Row>("SELECT id, rule, severity, pa FROM finding ORDER BY id")];

    private sealed record Row(long Id, string Rule, string Severity, long Pa);
}
