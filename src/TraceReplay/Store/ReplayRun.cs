using System.Runtime.ExceptionServices;
using TraceReplay.Events;
using TraceReplay.Replay;

namespace TraceReplay.Store;

/// <summary>Where a replay writes what it derives.</summary>
/// <param name="Database">The database; the caller holds a transaction.</param>
/// <param name="Queue">Where rows are written; null to write them on the thread that replays.</param>
/// <param name="KeepsHistory">False to leave out what only the queries about the state over time read.</param>
/// <param name="KeepsFindingStores">False to keep of the stores of a finding only enough to tell the pages of tables that they are in.</param>
internal sealed record ReplayTarget(TraceDatabase Database, RowQueue? Queue, bool KeepsHistory, bool KeepsFindingStores);

/// <summary>
/// One replay of spooled events into a database. It may begin beside the reading of the trace, with the facts that the first events tell;
/// where the whole trace tells others, and the replay relied on them, it is done again.
/// </summary>
internal sealed class ReplayRun : IDisposable
{
    private readonly NameTable _names;
    private readonly ReplayOptions _options;
    private readonly IProgress<long>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly ReplayWriter _writer;
    private readonly Action<IEventSink>? _readAgain;
    private EventSpool _events;
    private Thread? _thread;
    private ReplayEngine? _engine;
    private ExceptionDispatchInfo? _fault;

    /// <param name="target">Emptied of what an earlier replay wrote.</param>
    /// <param name="events">The events.</param>
    /// <param name="names">The names that they refer to.</param>
    /// <param name="options">How to replay.</param>
    /// <param name="progress">Told the number of events replayed, now and then, on the thread that replays.</param>
    /// <param name="cancellation">Stops the replay.</param>
    /// <param name="readAgain">
    /// Sends all events to a sink a second time, where the copy is of those alone that a replay beside has still to come to; null where it
    /// is of all.
    /// </param>
    public ReplayRun(
        ReplayTarget target, EventSpool events, NameTable names, ReplayOptions options, IProgress<long>? progress, CancellationToken cancellation,
        Action<IEventSink>? readAgain = null)
    {
        (_events, _names, _options, _progress, _cancellation, _readAgain) = (events, names, options, progress, cancellation, readAgain);
        _writer = new ReplayWriter(target.Database.Connection, options.Policy, target.Queue, target.KeepsHistory, target.KeepsFindingStores);
    }

    /// <summary>True when a replay beside the reading has come to the last event.</summary>
    public bool IsThrough => _thread is { IsAlive: false };

    /// <summary>Begins the replay on a thread of its own, while events are still spooled.</summary>
    /// <param name="facts">Facts about the trace so far.</param>
    public void BeginBeside(TraceFacts facts)
    {
        _events.BeginReadingBeside();
        _engine = new ReplayEngine(facts, _names, _options, _writer);
        _thread = new Thread(RunBeside) { IsBackground = true, Name = "replay" };
        _thread.Start();
    }

    /// <summary>Replays all events, or waits until that is done, and writes the last rows.</summary>
    /// <param name="facts">Facts about the whole trace.</param>
    public ReplaySummary Finish(TraceFacts facts)
    {
        _events.Complete();
        Join();
        if (_engine?.Finish() is not { } summary || !_engine.HoldsFor(facts))
        {
            var isAgain = _engine is not null;
            if (isAgain)
            {
                _writer.Clear();
            }

            if (isAgain && _readAgain is not null)
            {
                _events = new EventSpool(null);

                // It waits for the first event, which comes once the reader has begun the transaction that its rows are written in.
                BeginBeside(facts);
                _readAgain(_events);
                _events.Complete();
                Join();
            }
            else
            {
                _engine = new ReplayEngine(facts, _names, _options, _writer);
                _events.Replay(Watched(_engine), _cancellation);
            }

            summary = _engine!.Finish();
        }

        _writer.Finish(summary);
        return summary;
    }

    public void Dispose()
    {
        if (_thread is { IsAlive: true })
        {
            _events.Abandon();
            _thread.Join();
        }

        _writer.Dispose();
    }

    private void Join()
    {
        _thread?.Join();
        _fault?.Throw();
    }

    private void RunBeside()
    {
        try
        {
            _events.ReplayBeside(Watched(_engine!), _cancellation);
        }
#pragma warning disable CA1031 // It is thrown again on the thread that finishes the replay.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _fault = ExceptionDispatchInfo.Capture(e);
        }
    }

    private IEventSink Watched(ReplayEngine engine) => _progress is null ? engine : new ProgressSink(engine, _progress);
}
