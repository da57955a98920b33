using Dapper;
using TraceReplay.Replay;
using TraceReplay.Store;

namespace TraceReplay.Tests.Store;

/// <summary>The stores of findings, as they are written and found again.</summary>
public sealed class FindingStoreRowsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TraceDatabase _database;
    private readonly RowInserter _stores;
    private readonly RowInserter _runs;

    public FindingStoreRowsTests()
    {
        _database = TraceDatabase.Create(_folder["t.db"]);
        _stores = new(_database.Connection.Handle!, "finding_store", "finding_id, seq, pa, va, old, new, stale_seq", 7);
        _runs = new(_database.Connection.Handle!, "finding_run", "finding_id, first_id, last_id", 3);
    }

    public void Dispose()
    {
        _stores.Dispose();
        _runs.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    // Findings that take turns, stores that several verdicts are about, and at the end some in another order.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 40)]
    [InlineData(4, 400)]
    public void A_finding_has_each_of_its_stores_once(int seed, int findings)
    {
        var random = new Random(seed);
        List<(int Finding, FoldedStore Store)> folded = [];
        for (var seq = 1L; seq < 5_000; seq++)
        {
            var finding = random.Next(2) == 0 ? (int)(seq % findings) + 1 : random.Next(findings) + 1;
            for (var verdicts = random.Next(1, 4); verdicts > 0; verdicts--)
            {
                folded.Add((finding, Store(seq, random)));
            }
        }

        for (var i = 0; i < 300; i++)
        {
            folded.Add(i % 2 == 0 ? folded[random.Next(folded.Count)] : (random.Next(findings) + 1, Store(random.Next(1, 5_000), random)));
        }

        var rows = new FindingStoreRows(_stores, _runs, keepsAll: true);
        foreach (var (finding, store) in folded)
        {
            rows.Add(finding, store);
        }

        Write(rows);
        rows.Finish(_database.Connection);

        // The first one of each.
        var expected = folded.GroupBy(row => (row.Finding, row.Store.Seq, (long)row.Store.Pa))
            .Select(same => (same.Key.Finding, same.Key.Seq, same.Key.Item3, (long)same.First().Store.Va!.Value)).Order();
        Assert.Equal(
            expected, _database.Connection.Query<(int, long, long, long)>("SELECT finding_id, seq, pa, va FROM finding_store ORDER BY finding_id, seq, pa"));
        Assert.Equal(
            _database.Connection.Query<(long, long)>("SELECT finding_id, id FROM finding_store ORDER BY finding_id, id"),
            _database.Connection.Query<(long, long)>("SELECT finding_id, id FROM _finding_store ORDER BY finding_id, id"));

        // However they take turns, few rows of others are read to find those of one.
        Assert.InRange(
            _database.Connection.ExecuteScalar<double>("SELECT sum(last_id - first_id + 1) * 1.0 / (SELECT count(*) FROM finding_store) FROM finding_run"), 1, 8);
    }

    [Fact]
    public void What_was_written_before_is_forgotten()
    {
        var rows = new FindingStoreRows(_stores, _runs, keepsAll: true);
        rows.Add(1, new FoldedStore(7, 0x1000, null, null, null, null));
        rows.Add(1, new FoldedStore(8, 0x1000, null, null, null, null));
        rows.Add(2, new FoldedStore(9, 0x1000, null, null, null, null));
        _stores.Flush();
        _database.Connection.Execute("DELETE FROM finding_store");
        rows.Clear();
        rows.Add(1, new FoldedStore(8, 0x1000, null, null, null, null));
        Write(rows);
        rows.Finish(_database.Connection);
        Assert.Equal([(1, 1, 1)], _database.Connection.Query<(int, int, int)>("SELECT * FROM finding_run"));
        Assert.Equal([(1, 8)], _database.Connection.Query<(int, int)>("SELECT id, seq FROM _finding_store WHERE finding_id = 1"));
    }

    // Without a database of its own an analysis tells the pages of a finding, and no more.
    [Fact]
    public void Only_stores_to_another_page_are_kept_where_no_others_are_asked_for()
    {
        var rows = new FindingStoreRows(_stores, _runs, keepsAll: false);
        foreach (var (seq, pa) in new[] { (1, 0x0ff8ul), (2, 0x1000ul), (3, 0x1ff8ul), (4, 0x1000ul), (5, 0x0ul) })
        {
            rows.Add(1, new FoldedStore(seq, pa, null, null, null, null));
        }

        rows.Add(2, new FoldedStore(6, 0x0, null, null, null, null));
        Write(rows);
        rows.Finish(_database.Connection);
        Assert.Equal([(1, 1), (1, 2), (1, 5), (2, 6)], _database.Connection.Query<(int, int)>("SELECT finding_id, seq FROM finding_store ORDER BY id"));
    }

    private void Write(FindingStoreRows rows)
    {
        rows.Flush();
        _stores.Flush();
        _runs.Flush();
    }

    private static FoldedStore Store(long seq, Random random) =>
        new(seq, 0x40000000 + ((ulong)random.Next(3) << 3), (ulong)random.Next(1_000_000), 1, 2, null);
}
