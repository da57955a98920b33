using System.Runtime.ExceptionServices;
using TraceReplay.Events;
using TraceReplay.Ingest.Tarmac;

namespace TraceReplay.Ingest.Merging;

/// <summary>
/// One input of a merge: one trace, or several whose lines are read in the order of their times. A reader sends events as it finds them, and
/// a merge asks for them: the reader has a thread of its own, which runs only while the merge waits for the next batch. So the readers share
/// names and problems as if they were read one after another.
/// </summary>
internal sealed class MergeInput : IDisposable
{
    private readonly Action _read;
    private readonly EventBatch _batch;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly SemaphoreSlim _ready = new(0);
    private Thread? _thread;
    private bool _isDone;
    private bool _isStopped;
    private ExceptionDispatchInfo? _fault;

    private MergeInput(IReadOnlyList<MergeSource> sources, bool isShifted, Action<MergeInput> read)
    {
        (Sources, IsShifted, _read) = (sources, isShifted, () => read(this));
        _batch = new EventBatch(HandOver);
        foreach (var source in sources)
        {
            source.Session.Sink = _batch;
        }

        _batch.Input = sources[0].Id;
    }

    /// <summary>Its traces, in their order.</summary>
    public IReadOnlyList<MergeSource> Sources { get; }

    /// <summary>True where its times have their offsets already.</summary>
    public bool IsShifted { get; }

    /// <summary>Form of its times, once there is an event.</summary>
    public TraceClock Clock => Sources.Select(source => source.Clock).FirstOrDefault(clock => clock is not null) ?? TraceClock.Time;

    /// <summary>An input that is one trace.</summary>
    /// <param name="source">The trace.</param>
    /// <param name="read">Reads it to its end; events go to the sink of its session.</param>
    public static MergeInput Of(MergeSource source, Func<ReadSession, SourceSummary> read) =>
        new([source], isShifted: false, _ => source.Summary = read(source.Session));

    /// <summary>An input of several files of one Tarmac trace.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="options">What is added to their times.</param>
    /// <param name="read">Reads one of them to its end.</param>
    public static MergeInput OfTarmac(IReadOnlyList<MergeSource> sources, MergeOptions options, Func<MergeSource, SourceSummary> read) =>
        new(sources, isShifted: true, input =>
        {
            using var group = new TarmacGroup(
                [.. sources.Select((source, i) => (
                    (Func<ReadSession, SourceSummary>)(_ => read(source)),
                    source.Session,
                    new TarmacFile(
                        i,
                        options.CpuOffsets.GetValueOrDefault(source.Path),
                        clock => options.ShiftOf(source.Path, clock).ClockOffset,
                        () => input.Enter(source))))]);
            var summaries = group.Run();
            for (var i = 0; i < sources.Count; i++)
            {
                sources[i].Summary = summaries[i];
            }
        });

    /// <summary>The next event's header, with the number of its trace, after <see cref="HasNext"/>.</summary>
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
        var problems = Sources[0].Session.Problems;
        problems.TraceId = _batch.Input;
        var changes = problems.Count(ImportProblems.ClockChanged);
        if (_thread is null)
        {
            _thread = new Thread(Read) { IsBackground = true, Name = $"merge-{Sources[0].Id}" };
            _thread.Start();
        }
        else
        {
            _wanted.Release();
        }

        _ready.Wait();
        _fault?.Throw();
        CheckClocks();
        if (problems.Count(ImportProblems.ClockChanged) > changes)
        {
            throw new ImportException($"{PathOf(_batch.Input)}: some of its times are seconds and some are bare counts; expected one clock in an input that is merged by time");
        }

        if (_batch.Backwards is { } back)
        {
            var unit = Clock == TraceClock.Counter ? "ticks" : "ns";
            throw new ImportException(
                $"{PathOf(back.Event.Input)}: line {back.Event.Line}: its time is {back.Above - back.Event.Time} {unit} before that of an event above; "
                + "expected times in their order in an input that is merged by time");
        }
    }

    private void CheckClocks()
    {
        var first = Sources.FirstOrDefault(source => source.Clock is not null);
        if (Sources.FirstOrDefault(source => source.Clock is not null && source.Clock != first?.Clock) is { } other)
        {
            throw MergedReading.OtherClock(other.Path, other.Clock!.Value, first!.Path, first.Clock!.Value);
        }
    }

    private void Read()
    {
        try
        {
            _read();
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

    private string PathOf(int id) => Sources.First(source => source.Id == id).Path;

    // What comes next is of this one.
    private void Enter(MergeSource source)
    {
        _batch.Input = source.Id;
        source.Session.Problems.TraceId = source.Id;
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
