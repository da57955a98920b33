using TraceReplay.Events;

namespace TraceReplay.Ingest.Merging;

/// <summary>Some events of one input that follow one another.</summary>
/// <param name="FirstSeq">Sequence number of the first; the last is the one before the next run.</param>
/// <param name="TraceId">1-based number of the input.</param>
/// <param name="FirstLine">Line of the first.</param>
internal readonly record struct TraceRun(long FirstSeq, int TraceId, long FirstLine);

/// <summary>
/// Merges inputs by time: of the next events of all, the earliest is sent on; of equal ones that of the input named first. Each keeps
/// its own order, and only a batch of each is held.
/// </summary>
internal sealed class MergedReading
{
    private readonly IReadOnlyList<MergeInput> _inputs;
    private readonly MergeOptions _options;
    private readonly MergeSource[] _sources;
    private readonly MergedShift[] _shifts;
    private readonly (long First, long Last, long Count)[] _sequences;
    private long _seq = 1;

    /// <param name="inputs">The inputs.</param>
    /// <param name="options">How they are merged.</param>
    public MergedReading(IReadOnlyList<MergeInput> inputs, MergeOptions options)
    {
        (_inputs, _options) = (inputs, options);
        _sources = [.. inputs.SelectMany(input => input.Sources).OrderBy(source => source.Id)];
        _shifts = new MergedShift[_sources.Length];
        _sequences = new (long, long, long)[_sources.Length];

        // Of one without any event.
        Array.Fill(_sequences, (1, 0, 0));
    }

    /// <summary>Sends all events.</summary>
    /// <param name="sinks">Where those of each trace go.</param>
    /// <param name="onRun">Told before the first event of each run.</param>
    /// <exception cref="ImportException">An input cannot be read or merged.</exception>
    public void Run(IReadOnlyList<IEventSink> sinks, Action<TraceRun> onRun)
    {
        var times = new long[_inputs.Count];
        for (var i = 0; i < _inputs.Count; i++)
        {
            var input = _inputs[i];
            if (!input.HasNext())
            {
                var source = input.Sources[0];
                throw new ImportException(
                    $"{source.Path}: nothing to merge: no event of the vocabulary in {input.Sources.Sum(each => each.Summary!.Text.LineCount)} line(s)");
            }

            if (input.Clock != _inputs[0].Clock)
            {
                throw OtherClock(input.Sources[0].Path, input.Clock, _inputs[0].Sources[0].Path, _inputs[0].Clock);
            }

            foreach (var source in input.Sources)
            {
                _shifts[source.Id - 1] = _options.ShiftOf(source.Path, input.Clock);
            }

            times[i] = TimeOf(input);
        }

        for (var last = 0; Earliest(times) is var first && times[first] != long.MaxValue;)
        {
            var input = _inputs[first];
            var trace = input.Next.Input;
            if (trace != last)
            {
                onRun(new TraceRun(_seq, trace, input.Next.Line));
                last = trace;
            }

            Send(input, times[first], sinks[trace - 1]);
            times[first] = input.HasNext() ? TimeOf(input) : long.MaxValue;
        }
    }

    /// <summary>What was read from a trace, after <see cref="Run"/>.</summary>
    public SourceSummary Source(MergeSource source)
    {
        var (first, last, count) = _sequences[source.Id - 1];
        var shift = _shifts[source.Id - 1];
        var summary = source.Summary!;
        var headerCpus = summary.Text.HeaderCpuCount;
        return summary with
        {
            FirstSeq = first,
            LastSeq = last,
            EventCount = count,
            Shift = shift,
            Text = summary.Text with { HeaderCpuCount = headerCpus == 0 ? 0 : headerCpus + shift.CpuOffset },
        };
    }

    /// <summary>Refuses an input whose clock is not that of one before.</summary>
    internal static ImportException OtherClock(string path, TraceClock clock, string firstPath, TraceClock first) =>
        new($"{path}: its times are {Form(clock)}, and those of {firstPath} are {Form(first)}; expected inputs of one clock");

    private static int Earliest(long[] times)
    {
        var first = 0;
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] < times[first])
            {
                first = i;
            }
        }

        return first;
    }

    private static string Form(TraceClock clock) => clock == TraceClock.Counter ? "bare counts" : "seconds";

    private long TimeOf(MergeInput input)
    {
        var header = input.Next;
        var offset = _shifts[header.Input - 1].ClockOffset;
        var time = input.IsShifted ? header.Time : unchecked(header.Time + offset);
        return time >= 0 && time < long.MaxValue
            ? time
            : throw new ImportException(
                $"{PathOf(header)}: line {header.Line}: its time and the offset {offset} lie outside 0..2^63; expected an offset that is added to the other inputs");
    }

    private void Send(MergeInput input, long time, IEventSink sink)
    {
        var header = input.Next;
        var cpu = header.Cpu + _shifts[header.Input - 1].CpuOffset;
        if (cpu is < 0 or > FtraceLineTokenizer.HighestCpu)
        {
            throw new ImportException($"{PathOf(header)}: line {header.Line}: its CPU {header.Cpu} becomes {cpu}; expected a CPU offset that gives 0..{FtraceLineTokenizer.HighestCpu}");
        }

        ref var sequence = ref _sequences[header.Input - 1];
        sequence = (sequence.Count == 0 ? _seq : sequence.First, _seq, sequence.Count + 1);
        input.SendNext(sink, header with { Seq = _seq, Time = time, Cpu = cpu });
        _seq++;
    }

    private string PathOf(in EventHeader header) => _sources[header.Input - 1].Path;
}
