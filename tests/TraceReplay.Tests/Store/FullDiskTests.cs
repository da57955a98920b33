using Dapper;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Store;

namespace TraceReplay.Tests.Store;

public sealed class FullDiskTests
{
    [Fact]
    public void Replay_that_finds_no_room_tells_the_path_and_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write("t", "a-1 [000] 1: pgtable_write: pa=0x8 new=0x3\na-1 [000] 2: barrier: isb\n"u8);
        TraceImporter.Import([trace], folder["t.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        using (var database = TraceDatabase.Open(folder["t.db"], writable: true))
        {
            // SQLite answers as on a full disk when it may add no page.
            var pages = database.Connection.ExecuteScalar<long>("PRAGMA page_count");
            database.Connection.ExecuteScalar<long>($"PRAGMA max_page_count = {pages}");
            var e = Assert.Throws<DatabaseException>(() => Replayer.Replay(database, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken));
            Assert.Equal($"{folder["t.db"]}: not replayed (the disk is full); what an earlier replay found is as it was", e.Message);
        }

        using var again = TraceDatabase.Open(folder["t.db"], writable: true);
        Assert.Equal("ok", again.Connection.ExecuteScalar<string>("PRAGMA integrity_check"));
        Assert.Equal(0, again.Connection.ExecuteScalar<long>("SELECT count(*) FROM replay"));
        Assert.Equal(2, Replayer.Replay(again, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken).Events);
    }
}
