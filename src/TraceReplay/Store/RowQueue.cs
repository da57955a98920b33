using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace TraceReplay.Store;

/// <summary>
/// Writes rows on a thread of its own, so that reading or replaying goes on beside it. The database may be used by the thread that
/// fills the queue only between <see cref="Drain"/> and the next <see cref="Add"/>.
/// </summary>
internal sealed class RowQueue : IDisposable
{
    // Of 256 rows each, some 4 MB. More would only bridge the making of an index.
    private const int MostWaiting = 64;

    private readonly BlockingCollection<Entry> _entries = new(MostWaiting);
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _fault;

    public RowQueue()
    {
        _thread = new Thread(WorkOff) { IsBackground = true, Name = "row-writer" };
        _thread.Start();
    }

    // A class: for a structure the collection's code would be compiled anew, which takes longer than all its allocations.
    private sealed record Entry(Action Work, bool IsMark);

    /// <summary>Has something done after all that was handed in before. Waits while too much is waiting.</summary>
    /// <exception cref="DatabaseException">Something handed in before failed.</exception>
    public void Add(Action work)
    {
        Volatile.Read(ref _fault)?.Throw();
        _entries.Add(new Entry(work, IsMark: false));
    }

    /// <summary>Waits until all that was handed in is done.</summary>
    /// <exception cref="DatabaseException">Some of it failed.</exception>
    public void Drain()
    {
        WaitForMark();
        Volatile.Read(ref _fault)?.Throw();
    }

    /// <summary>Gives up what is waiting, and waits for what is being done: statements may be finalized afterwards.</summary>
    public void Abandon()
    {
        Interlocked.CompareExchange(ref _fault, ExceptionDispatchInfo.Capture(new OperationCanceledException()), null);
        WaitForMark();
    }

    /// <summary>Ends the thread; what is waiting is not done.</summary>
    public void Dispose()
    {
        Abandon();
        _entries.CompleteAdding();
        _thread.Join();
        _entries.Dispose();
    }

    private void WaitForMark()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _entries.Add(new Entry(reached.SetResult, IsMark: true));
        reached.Task.Wait();
    }

    private void WorkOff()
    {
        foreach (var entry in _entries.GetConsumingEnumerable())
        {
            // After a failure the rest is only taken out, so that nobody waits for room.
            if (entry.IsMark || Volatile.Read(ref _fault) is null)
            {
                Do(entry.Work);
            }
        }
    }

    private void Do(Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // It is thrown again on the thread that handed the work in.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _fault, ExceptionDispatchInfo.Capture(e), null);
        }
    }
}
