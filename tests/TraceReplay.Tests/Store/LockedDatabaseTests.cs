using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Store;

/// <summary>A database that another program has locked is waited for as long as the connection says, and then told.</summary>
public sealed class LockedDatabaseTests : IDisposable
{
    private const int Busy = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly TraceDatabase _database;
    private readonly SqliteConnection _other;

    public LockedDatabaseTests()
    {
        var capture = CaptureFile.Find("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");
        TraceImporter.Import([capture], _folder["t.db"], new ImportOptions { Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        _database = TraceDatabase.Open(_folder["t.db"], writable: true);
        _database.Connection.DefaultTimeout = 1;
        _other = new SqliteConnection($"Data Source={_folder["t.db"]};Pooling=False");
        _other.Open();
    }

    public void Dispose()
    {
        _other.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("BEGIN IMMEDIATE")]
    [InlineData("BEGIN; SELECT count(*) FROM finding")]
    public void A_replay_tells_and_changes_nothing(string locking)
    {
        var before = Findings();
        Other(locking);
        var fault = Assert.Throws<DatabaseException>(() => Replay());
        Assert.Contains("not replayed", fault.Message, StringComparison.Ordinal);
        Assert.Equal(Busy, Assert.IsType<SqliteException>(fault.InnerException).SqliteErrorCode);
        Other("ROLLBACK");
        Assert.Equal(before, Findings());
        Assert.Equal(before, Replay());
    }

    [Fact]
    public void A_reader_tells()
    {
        Other("BEGIN EXCLUSIVE");
        Assert.Equal(Busy, Assert.Throws<SqliteException>(() => new EventReader(_database)).SqliteErrorCode);
        Assert.Equal(Busy, Assert.Throws<SqliteException>(() => Findings()).SqliteErrorCode);
        Other("ROLLBACK");
        Assert.NotEqual(0, Findings());
    }

    private long Findings() => _database.Connection.ExecuteScalar<long>("SELECT count(*) FROM finding");

    private long Replay()
    {
        Replayer.Replay(_database, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
        return Findings();
    }

    private void Other(string sql) => _other.Execute(sql);
}
