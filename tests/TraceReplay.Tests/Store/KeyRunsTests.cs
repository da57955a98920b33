using Dapper;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Store;

/// <summary>The runs that lead to the rows about a page or of a finding, and the views that follow them.</summary>
public sealed class KeyRunsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Each_store_is_in_one_run_of_its_page(int seed)
    {
        var random = new Random(seed);
        List<(long Seq, ulong Pa)> stores = [];
        var seq = 0L;
        ulong page = 0;
        while (seq < 600_000)
        {
            // Bursts in a page, another page between now and then, and long times without any store.
            page = random.Next(40) == 0 ? 0x40000000 + ((ulong)random.Next(60) << 12) : page;
            seq += random.Next(10_000) == 0 ? random.Next(1, 140_000) : random.Next(1, 8);
            stores.Add((seq, (random.Next(5) == 0 ? 0xfffffffff000 : page) + ((ulong)random.Next(512) << 3)));
        }

        // At the edges of the address space, which a damaged line may name.
        stores.Add((seq + 1, ulong.MaxValue & ~7ul));
        stores.Add((seq + 2, 0));
        using var database = Write(stores);
        Assert.Equal(
            stores.Select(store => ((long)store.Pa >> 12, store.Seq)).Order(),
            database.Connection.Query<(long, long)>("SELECT page, seq FROM page_store ORDER BY page, first_seq, seq"));
        var lengths = database.Connection.Query<long>("SELECT last_seq - first_seq FROM store_run").ToList();
        Assert.All(lengths, length => Assert.InRange(length, 0, 8191));
        Assert.True(lengths.Max() > 8000);
        Assert.True(lengths.Count < stores.Count / 10);

        // The mask passes over runs, never over a store.
        foreach (var pa in stores.Select(store => store.Pa).Distinct().Where(_ => random.Next(50) == 0).Append(ulong.MaxValue & ~7ul).Append(0ul))
        {
            Assert.Equal(
                stores.Where(store => store.Pa == pa).Select(store => store.Seq),
                database.Connection.Query<long>(
                    "SELECT seq FROM page_store WHERE page = @pa >> 12 AND entries >> (@pa >> 6 & 63) & 1 AND pa = @pa ORDER BY first_seq, seq", new { pa = (long)pa }));
        }
    }

    [Theory]
    [InlineData(256, 1)]
    [InlineData(257, 2)]
    public void A_gap_parts_two_runs(int gap, int runs)
    {
        using var database = Write([(1, 0x40000000), (1 + gap, 0x40000ff8)]);
        Assert.Equal(runs, database.Connection.QuerySingle<int>("SELECT count(*) FROM store_run"));
        Assert.Equal(runs == 1 ? [(1L << 63) | 1] : [1, 1L << 63], database.Connection.Query<long>("SELECT entries FROM store_run ORDER BY first_seq"));
    }

    // Of a busy page, those without a store to the descriptor are passed over.
    [Fact]
    public void A_moment_of_one_descriptor_is_found_without_reading_the_stores_to_other_parts_of_its_page()
    {
        List<(long, ulong)> stores = [(1, 0x40000000)];
        for (var seq = 2; seq < 200_000; seq++)
        {
            stores.Add((seq, 0x40000800));
        }

        using var database = Write(stores);
        Assert.Equal(8192, database.Connection.QuerySingle<int>(
            "SELECT sum(last_seq - first_seq + 1) FROM store_run WHERE page = 0x40000 AND entries >> (0x40000000 >> 6 & 63) & 1"));
        Assert.Equal(1, database.Connection.QuerySingle<int>(
            """
            SELECT seq FROM page_store WHERE page = 0x40000 AND entries >> (0x40000000 >> 6 & 63) & 1 AND pa = 0x40000000
            ORDER BY first_seq DESC, seq DESC LIMIT 1
            """));
    }

    // What is held does not grow with the pages of the trace.
    [Fact]
    public void Runs_that_have_ended_are_written_while_events_come()
    {
        const int stores = 200_000;
        using var database = TraceDatabase.Create(_folder["t.db"]);
        using var writer = new EventWriter(database.Connection);
        for (var seq = 1; seq <= stores; seq++)
        {
            Send(writer, seq, (ulong)seq << 12);
        }

        Assert.InRange(database.Connection.QuerySingle<int>("SELECT count(*) FROM store_run"), stores - 70_000, stores);
        writer.Flush();
        Assert.Equal(stores, database.Connection.QuerySingle<int>("SELECT count(*) FROM store_run"));
    }

    [Theory]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz")]
    [InlineData("boot-6.1-4k-a72-2cpu.ftrace.gz")]
    public void Each_row_about_a_descriptor_is_found_by_its_page_once(string capture)
    {
        TraceImporter.Import(
            [CaptureFile.Find(capture)], _folder["t.db"], new ImportOptions { Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(_folder["t.db"], writable: false);
        foreach (var (table, key, view) in new[] { ("pgtable_write", "seq", "page_store"), ("descriptor_known", "seq", "page_known"), ("stale_record", "id", "page_stale_record") })
        {
            var rows = database.Connection.Query<(long, long)>($"SELECT {key}, pa FROM {table} ORDER BY {key}").AsList();
            Assert.NotEmpty(rows);
            Assert.Equal(rows, database.Connection.Query<(long, long)>($"SELECT {key}, pa FROM {view} WHERE entries >> (pa >> 6 & 63) & 1 ORDER BY {key}"));

            // The last one before a moment is in the last run that begins before it.
            var random = new Random(rows.Count);
            for (var i = 0; i < 100; i++)
            {
                var moment = new { key = rows[random.Next(rows.Count)].Item1, pa = rows[random.Next(rows.Count)].Item2 };
                var first = key == "seq" ? "first_seq" : "first_id";
                Assert.Equal(
                    database.Connection.ExecuteScalar<long?>($"SELECT max({key}) FROM {table} WHERE pa = @pa AND {key} <= @key", moment),
                    database.Connection.ExecuteScalar<long?>(
                        $"""
                        SELECT {key} FROM {view} WHERE page = @pa >> 12 AND entries >> (@pa >> 6 & 63) & 1 AND pa = @pa AND {first} <= @key AND {key} <= @key
                        ORDER BY {first} DESC, {key} DESC LIMIT 1
                        """,
                        moment));
            }
        }
    }

    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.emulator.ftrace.gz")]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    public void Each_store_of_a_finding_is_found_by_its_number_once(string capture)
    {
        TraceImporter.Import(
            [CaptureFile.Find(capture)], _folder["t.db"], new ImportOptions { Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        using var database = TraceDatabase.Open(_folder["t.db"], writable: false);
        var rows = database.Connection.Query<(long, long)>("SELECT finding_id, id FROM finding_store ORDER BY finding_id, id").AsList();
        Assert.NotEmpty(rows);
        Assert.Equal(rows, database.Connection.Query<(long, long)>("SELECT finding_id, id FROM _finding_store ORDER BY finding_id, id"));
        Assert.Equal(
            database.Connection.Query<long>("SELECT id FROM finding ORDER BY id"),
            database.Connection.Query<long>("SELECT DISTINCT finding_id FROM finding_store ORDER BY finding_id"));
    }

    private static void Send(EventWriter writer, long seq, ulong pa) =>
        writer.On(new PageTableWrite(new EventHeader(seq, seq, seq, 0, 0), pa, 0, null, null, null, 8, 0, null));

    private TraceDatabase Write(List<(long Seq, ulong Pa)> stores)
    {
        var database = TraceDatabase.Create(_folder["t.db"]);
        using var transaction = database.Connection.BeginTransaction();
        using var writer = new EventWriter(database.Connection);
        foreach (var (seq, pa) in stores)
        {
            Send(writer, seq, pa);
        }

        writer.Flush();
        database.CreateIndexes("090_index");
        transaction.Commit();
        return database;
    }
}
