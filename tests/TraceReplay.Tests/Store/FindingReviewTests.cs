using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Report;
using TraceReplay.Rules;
using TraceReplay.Store;
using TraceReplay.Tests.Report;
using ReplayOptions = TraceReplay.Replay.ReplayOptions;

namespace TraceReplay.Tests.Store;

/// <summary>Waivers and baselines on the sample database, whose seven findings are known.</summary>
public sealed class FindingReviewTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TraceDatabase _database;

    public FindingReviewTests() => _database = SampleDatabase.Create(_folder["sample.db"]);

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(""" "rule": "bbm-cont-change" """, "3 4")]
    [InlineData(""" "rule": "bbm-*" """, "2 3 4")]
    [InlineData(""" "rule": "bbm-????-change" """, "3 4")]
    [InlineData(""" "rule": "*", "pc": "0xffff800080000040" """, "3 4")]
    [InlineData(""" "rule": "*", "pc": "0xffff800080000030..0xffff800080000040" """, "2 3 4")]
    [InlineData(""" "rule": "*", "pc": "0..0xffffffffffffffff" """, "2 3 4 6")]
    [InlineData(""" "rule": "*", "pc": "0x7fff000000000000..0xffff800080000030" """, "2")]
    [InlineData(""" "rule": "*", "symbol": "set_*" """, "1 2 3 4")]
    [InlineData(""" "rule": "*", "symbol": "set_[p]te" """, "")]
    [InlineData(""" "rule": "*", "task": "init" """, "2 3 4 5 7")]
    [InlineData(""" "rule": "*", "task": "<idle>" """, "6")]
    [InlineData(""" "rule": "*", "va": "0x10000..0x11fff" """, "3 4")]
    [InlineData(""" "rule": "*", "pa": "0x40003080..0x40003087" """, "3")]
    // Two stores of it are at 0x5000 and 0x6000, and the second by another task.
    [InlineData(""" "rule": "brk-*", "va": "0x5000..0x5fff" """, "")]
    [InlineData(""" "rule": "brk-*", "va": "0x5000..0x6fff" """, "1")]
    [InlineData(""" "rule": "brk-*", "task": "kworker/*" """, "")]
    [InlineData(""" "rule": "bbm-*", "task": "init", "va": "0x200000", "pc": "0xffff800080000040" """, "")]
    public void A_waiver_accepts_what_it_fits_in_every_respect(string patterns, string expected)
    {
        Apply($$"""[ { {{patterns}}, "reason": "why" } ]""");
        Assert.Equal(expected, string.Join(' ', _database.Connection.Query<long>("SELECT id FROM finding WHERE waiver_id = 1 ORDER BY id")));
    }

    // A table in two places is stored to at two addresses: a finding has its store once, at the first.
    [Fact]
    public void A_store_to_a_table_in_two_places_is_one_of_its_finding()
    {
        var trace = _folder.Write(
            "two.ftrace",
            """
            a-1 [000] 1: sysreg_write: reg=TCR_EL1 val=0x00000010b5103510
            a-1 [000] 2: pgtable_write: level=0 pa=0x40000000 old=0x0 new=0x40001003
            a-1 [000] 3: pgtable_write: level=1 pa=0x40001000 old=0x0 new=0x40002003
            a-1 [000] 4: pgtable_write: level=2 pa=0x40002000 old=0x0 new=0x40003003
            a-1 [000] 5: pgtable_write: level=2 pa=0x40002008 old=0x0 new=0x40003003
            a-1 [000] 6: pgtable_write: level=3 pa=0x40003028 old=0x0 new=0xe8000048000f43
            a-1 [000] 7: sysreg_write: reg=TTBR0_EL1 val=0x0001000040000000
            a-1 [000] 8: barrier: isb
            a-1 [000] 9: pgtable_write: level=3 pa=0x40003028 old=0xe8000048000f43 new=0xe8000049000f43
            a-1 [000] 10: barrier: dsb ish

            """u8);
        var waivers = WaiverFile.Parse("""[ { "rule": "bbm-oa-change", "va": "0x5000..0x6fff", "reason": "why" } ]""");
        var options = new ImportOptions { Replay = new ReplayOptions(), Review = FindingReview.None with { Waivers = waivers } };
        TraceImporter.Import([trace], _folder["two.db"], options, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(_folder["two.db"], writable: false);
        Assert.Equal(
            [(0x40003028, 0x5000)],
            database.Connection.Query<(long, long)>("SELECT s.pa, s.va FROM _finding_store AS s JOIN finding AS f ON f.id = s.finding_id WHERE f.rule = 'bbm-oa-change'"));
        Assert.Equal(1, database.Connection.ExecuteScalar<long>("SELECT matched FROM waiver"));
    }

    [Fact]
    public void A_waived_finding_is_marked_and_not_counted()
    {
        Apply(
            """
            [
              { "rule": "brk-tlbi-asid", "reason": "not our hardware", "expires": "2026-05-04" },
              { "rule": "table-copy-stale", "reason": "too late", "expires": "2026-05-03" },
              { "rule": "brk-*", "reason": "again" },
              { "rule": "asid-reuse-no-flush", "va": "0x1000", "reason": "long gone" }
            ]
            """);

        Assert.Equal("1 error, 2 warnings, 1 note (1 more error that Linux tolerates; 1 more of unknown confidence; 1 waived)", Verdict.Read(_database).ToString());
        Assert.Equal(
            """
            id,line,state,findings,matched,rule,pc,symbol,task,va,pa,expires,reason
            1,2,used,1,1,brk-tlbi-asid,,,,,,2026-05-04,not our hardware
            2,3,expired,0,1,table-copy-stale,,,,,,2026-05-03,too late
            3,4,used,0,1,brk-*,,,,,,,again
            4,5,unused,0,0,asid-reuse-no-flush,,,,0x0000000000001000..0x0000000000001000,,,long gone

            """,
            Csv("waivers"));
        Assert.DoesNotContain("\nbrk-tlbi-asid", Csv("findings_by_site"), StringComparison.Ordinal);
        Assert.Contains("\nbrk-tlbi-asid", Csv("findings_by_site", ("show_waived", 1L)), StringComparison.Ordinal);
        Assert.Contains(",1,sample.trace,not our hardware,0\n", Csv("findings"), StringComparison.Ordinal);
        using var text = new StringWriter();
        FindingReport.Write(_database, text);
        Assert.DoesNotContain("brk-tlbi-asid", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("bbm-cont-change", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_has_nothing_new_over_itself()
    {
        Compare("");
        // Of the one of unknown confidence nothing was reported, so it is not known.
        Assert.Equal([1L, 2, 3, 4, 6, 7], Known());
        Assert.Equal("0 errors, 0 warnings, 0 notes (1 more of unknown confidence; 6 known from the baseline)", Verdict.Read(_database).ToString());
        Assert.Equal("rule,severity,tag,site,level,difference,findings,stores,first_line,summary\n", Csv("baseline_gone"));
        Assert.Equal(1, Csv("findings").Count(c => c == '\n'));
        Assert.Equal(7, Csv("findings", ("show_known", 1L)).Count(c => c == '\n'));
        Assert.Equal(1, Csv("sites").Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("UPDATE finding SET line = line + 7, seq = seq + 7, time_ns = 0, cpu = 9, pa = pa + 65536, va = NULL, count = 99", "1 2 3 4 6 7")]
    [InlineData("DELETE FROM finding_store; DELETE FROM finding WHERE id = 4", "1 2 3 6 7")]
    [InlineData("UPDATE finding SET rule = 'bbm-cont-change' WHERE id = 6", "1 2 3 4 7")]
    [InlineData("UPDATE finding SET pc = pc + 4 WHERE id = 3", "1 2 4 6 7")]
    [InlineData("UPDATE task SET comm = 'kworker/1:1' WHERE id = 2", "2 3 4 6 7")]
    [InlineData("UPDATE finding SET level = 2 WHERE id = 3", "1 2 4 6 7")]
    [InlineData("UPDATE finding SET difference = 'permissions' WHERE id = 3", "1 2 4 6 7")]
    [InlineData("UPDATE finding SET severity = 'warning' WHERE id = 6", "1 2 3 4 7")]
    [InlineData("UPDATE finding SET severity = 'error' WHERE id = 3", "1 2 3 4 6 7")]
    [InlineData("UPDATE finding SET tag = 'linux-tolerated' WHERE id = 6", "1 2 3 4 7")]
    [InlineData("UPDATE finding SET tag = '' WHERE id = 2", "1 2 3 4 6 7")]
    [InlineData("UPDATE finding SET confidence = 'unknown' WHERE id = 6", "1 2 3 4 7")]
    [InlineData("UPDATE finding SET confidence = 'possible' WHERE id = 6", "1 2 3 4 6 7")]
    [InlineData("INSERT INTO waiver VALUES (1, 1, '*', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, 0, 1); UPDATE finding SET waiver_id = 1 WHERE id = 6", "1 2 3 4 7")]
    public void A_finding_is_known_by_rule_site_level_and_difference(string changeOfBaseline, string expected)
    {
        Compare(changeOfBaseline);
        Assert.Equal(expected, string.Join(' ', Known()));
    }

    [Fact]
    public void What_the_baseline_alone_has_is_gone()
    {
        Compare("UPDATE finding SET rule = 'brk-no-tlbi', summary = 'was fixed' WHERE id IN (3, 4); UPDATE finding SET difference = '' WHERE id IN (3, 4)");
        Assert.Equal([1L, 2, 6, 7], Known());
        Assert.Equal(
            "rule,severity,tag,site,level,difference,findings,stores,first_line,summary\n"
            + "brk-no-tlbi,warning,,0xffff800080000040,3,,2,17,31,was fixed\n",
            Csv("baseline_gone"));
        using var text = new StringWriter { NewLine = "\n" };
        InfoReport.WriteReview(_database, text);
        Assert.Equal($"baseline: {_folder["baseline.db"]}: 2 findings are gone: see baseline_gone\n", text.ToString());
    }

    [Fact]
    public void A_database_that_was_not_replayed_is_no_baseline()
    {
        using (var imported = SampleDatabase.Create(_folder["imported.db"]))
        {
            imported.Connection.Execute("DELETE FROM replay");
        }

        var e = Assert.Throws<DatabaseException>(() => Baseline.Read(_folder["imported.db"]));
        Assert.Contains("not replayed", e.Message, StringComparison.Ordinal);
    }

    private void Apply(string waivers) =>
        new FindingReview { Waivers = WaiverFile.Parse(waivers), Today = new DateOnly(2026, 5, 4) }.Apply(_database.Connection);

    private void Compare(string changeOfBaseline)
    {
        using (var baseline = SampleDatabase.Create(_folder["baseline.db"]))
        {
            baseline.Connection.Execute("PRAGMA foreign_keys = OFF");
            baseline.Connection.Execute(changeOfBaseline.Length == 0 ? "SELECT 1" : changeOfBaseline);
        }

        new FindingReview { Today = DateOnly.MinValue, Baseline = Baseline.Read(_folder["baseline.db"]) }.Apply(_database.Connection);
    }

    private IEnumerable<long> Known() => _database.Connection.Query<long>("SELECT id FROM finding WHERE is_known = 1 ORDER BY id");

    private string Csv(string query, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        using var result = QueryResult.Run(_database, query, arguments);
        using var text = new StringWriter { NewLine = "\n" };
        CsvReport.Write(result, text);
        return text.ToString();
    }
}
