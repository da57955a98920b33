using System.Runtime.ExceptionServices;
using TraceReplay.Events;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest.Merging;

/// <summary>
/// One input of a merge. A reader sends events as it finds them, and a merge asks for them: the reader has a thread of its own, which
/// runs only while the merge waits for the next batch. So the readers share names and problems as if they were read one after another.
/// </summary>
internal sealed class MergeInput : IDisposable
{
    private readonly Func<ReadSession, SourceSummary> _read;
    private readonly ReadSession _session;
    private readonly EventBatch _batch;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly SemaphoreSlim _ready = new(0);
    private Thread? _thread;
    private bool _isDone;
    private bool _isStopped;
    private ExceptionDispatchInfo? _fault;

    /// <param name="id">1-based number of the input.</param>
    /// <param name="path">Its path as given.</param>
    /// <param name="session">What its reader shares with the others; events go to the sink of this input.</param>
    /// <param name="read">Reads it to its end.</param>
    public MergeInput(int id, string path, ReadSession session, Func<ReadSession, SourceSummary> read)
    {
        (Id, Path, _session, _read) = (id, path, session, read);
        _batch = new EventBatch(HandOver);
        session.Sink = _batch;
    }

    public int Id { get; }

    public string Path { get; }

    /// <summary>Form of its times, once there is an event.</summary>
    public TraceClock Clock => _session.Clock ?? TraceClock.Time;

    /// <summary>CPUs that a header of it names so far, 0 for none.</summary>
    public int HeaderCpuCount => _session.HeaderCpuCount;

    /// <summary>What was read, once it has ended.</summary>
    public SourceSummary? Source { get; private set; }

    /// <summary>Symbols that it carries, once it has ended.</summary>
    public SymbolTable Symbols => _session.Symbols;

    /// <summary>The next event's header, after <see cref="HasNext"/>.</summary>
    public EventHeader Next => _batch.Next;

    /// <summary>True while events are left; reads on where that is not known.</summary>
    /// <exception cref="ImportException">The input cannot be read, or its times run backwards.</exception>
    public bool HasNext()
    {
        if (_batch.HasNext)
        {
            return true;
        }

        if (!_isDone)
        {
            ReadOn();
        }

        return _batch.HasNext;
    }

    /// <summary>Sends the next event under another header.</summary>
    public void SendNext(IEventSink sink, in EventHeader header) => _batch.SendNext(sink, header);

    public void Dispose()
    {
        if (_thread is { IsAlive: true })
        {
            _isStopped = true;
            _wanted.Release();
            _thread.Join();
        }

        _wanted.Dispose();
        _ready.Dispose();
    }

    private void ReadOn()
    {
        _batch.Clear();
        _session.Problems.TraceId = Id;
        var changes = _session.Problems.Count(ImportProblems.ClockChanged);
        if (_thread is null)
        {
            _thread = new Thread(Read) { IsBackground = true, Name = $"merge-{Id}" };
            _thread.Start();
        }
        else
        {
            _wanted.Release();
        }

        _ready.Wait();
        _fault?.Throw();
        if (_session.Problems.Count(ImportProblems.ClockChanged) > changes)
        {
            throw new ImportException($"{Path}: some of its times are seconds and some are bare counts; expected one clock in an input that is merged by time");
        }

        if (_batch.Backwards is { } back)
        {
            var unit = Clock == TraceClock.Counter ? "ticks" : "ns";
            throw new ImportException(
                $"{Path}: line {back.Event.Line}: its time is {back.Above - back.Event.Time} {unit} before that of an event above; "
                + "expected times in their order in an input that is merged by time");
        }
    }

    private void Read()
    {
        try
        {
            Source = _read(_session);
        }
        catch (OperationCanceledException) when (_isStopped)
        {
            return;
        }
        catch (Exception e)
        {
            _fault = ExceptionDispatchInfo.Capture(e);
        }

        _isDone = true;
        _ready.Release();
    }

    private void HandOver()
    {
        _ready.Release();
        _wanted.Wait();
        if (_isStopped)
        {
            throw new OperationCanceledException();
        }
    }
}
