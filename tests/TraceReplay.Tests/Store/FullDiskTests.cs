using System.Globalization;
using System.Text;
using Dapper;
using TraceReplay.Events;
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

    [Fact]
    public void Copy_of_the_events_that_finds_no_room_is_not_a_fault_of_the_trace()
    {
        using var folder = new TemporaryFolder();
        var text = new StringBuilder();
        for (var i = 0; i < 250_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"a-1 [000] {i}: pgtable_write: pa=0x{i * 0x1000L:x}8 old=0xfedcba9876543210 new=0x{i * 0x123456789L:x}\n");
        }

        var trace = folder.Write("t", Encoding.UTF8.GetBytes(text.ToString()));

        // No file can be made in a folder that is none, no more than on a full disk.
        using var spool = new EventSpool(folder["none"]);
        var e = Assert.Throws<DatabaseException>(() => TraceSource.Read(trace, spool, new NameTable(), new ImportProblems()));
        Assert.StartsWith($"temporary file in {folder["none"]}: ", e.Message, StringComparison.Ordinal);
    }
}
