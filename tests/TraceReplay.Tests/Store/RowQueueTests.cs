using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Tests.Store;

public sealed class RowQueueTests
{
    [Fact]
    public void Work_is_done_in_order_before_the_drain_ends()
    {
        using var queue = new RowQueue();
        var done = new List<int>();
        for (var i = 0; i < 2000; i++)
        {
            var number = i;
            queue.Add(() => done.Add(number));
        }

        queue.Drain();
        Assert.Equal(Enumerable.Range(0, 2000), done);
    }

    [Fact]
    public void A_fault_is_thrown_where_the_work_came_from_and_ends_the_rest()
    {
        using var queue = new RowQueue();
        var after = false;
        queue.Add(() => throw new DatabaseException("no room"));
        queue.Add(() => after = true);
        Assert.Equal("no room", Assert.Throws<DatabaseException>(queue.Drain).Message);
        Assert.Equal("no room", Assert.Throws<DatabaseException>(() => queue.Add(() => after = true)).Message);
        Assert.False(after);
    }

    [Fact]
    public void A_fault_does_not_leave_the_sender_waiting_for_room()
    {
        using var queue = new RowQueue();
        queue.Add(() => throw new DatabaseException("no room"));
        Assert.Throws<DatabaseException>(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                queue.Add(() => { });
            }

            queue.Drain();
        });
    }

    [Fact]
    public async Task Abandoned_work_is_not_done()
    {
        using var queue = new RowQueue();
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var done = 0;
        queue.Add(() =>
        {
            started.Set();
            go.Wait();
            done++;
        });
        queue.Add(() => done++);
        started.Wait(TestContext.Current.CancellationToken);
        var abandoning = Task.Run(queue.Abandon, TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(abandoning.IsCompleted);
        go.Set();
        await abandoning;
        Assert.Equal(1, done);
    }

    [Fact]
    public void A_replay_begins_when_the_thread_of_the_queue_has_left_the_connection()
    {
        using var folder = new TemporaryFolder();
        using var database = TraceDatabase.Create(folder["t.db"]);
        using var transaction = database.Connection.BeginTransaction();
        using var queue = new RowQueue();
        var isLeft = false;
        queue.Add(() =>
        {
            Thread.Sleep(200);
            Volatile.Write(ref isLeft, true);
        });
        using var writer = new ReplayWriter(database.Connection, Policy.Default, queue, keepsHistory: true, keepsFindingStores: true);
        Assert.True(Volatile.Read(ref isLeft));
    }
}
