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
    private readonly List<MergedShift> _shifts = [];
    private readonly (long First, long Last, long Count)[] _sequences;
    private long _seq = 1;

    public MergedReading(IReadOnlyList<MergeInput> inputs, MergeOptions options)
    {
        (_inputs, _options) = (inputs, options);
        _sequences = new (long, long, long)[inputs.Count];
    }

    /// <summary>Sends all events.</summary>
    /// <param name="sinks">Where those of each input go.</param>
    /// <param name="onRun">Told before the first event of each run.</param>
    /// <exception cref="ImportException">An input cannot be read or merged.</exception>
    public void Run(IReadOnlyList<IEventSink> sinks, Action<TraceRun> onRun)
    {
        var times = new long[_inputs.Count];
        foreach (var input in _inputs)
        {
            if (!input.HasNext())
            {
                throw new ImportException($"{input.Path}: nothing to merge: no event of the vocabulary in {input.Source!.Text.LineCount} line(s)");
            }

            _shifts.Add(ShiftOf(input));
            times[input.Id - 1] = TimeOf(input);
        }

        for (var last = -1; Earliest(times) is var first && times[first] != long.MaxValue; last = first)
        {
            var input = _inputs[first];
            if (first != last)
            {
                onRun(new TraceRun(_seq, input.Id, input.Next.Line));
            }

            Send(input, times[first], sinks[first]);
            times[first] = input.HasNext() ? TimeOf(input) : long.MaxValue;
        }
    }

    /// <summary>What was read from an input, after <see cref="Run"/>.</summary>
    public SourceSummary Source(MergeInput input)
    {
        var (first, last, count) = _sequences[input.Id - 1];
        var shift = _shifts[input.Id - 1];
        var source = input.Source!;
        var headerCpus = source.Text.HeaderCpuCount;
        return source with
        {
            FirstSeq = first,
            LastSeq = last,
            EventCount = count,
            Shift = shift,
            Text = source.Text with { HeaderCpuCount = headerCpus == 0 ? 0 : headerCpus + shift.CpuOffset },
        };
    }

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

    private MergedShift ShiftOf(MergeInput input)
    {
        if (input.Clock != _inputs[0].Clock)
        {
            throw new ImportException($"{input.Path}: its times are {Form(input)}, and those of {_inputs[0].Path} are {Form(_inputs[0])}; expected inputs of one clock");
        }

        try
        {
            return new MergedShift(
                _options.Offsets.TryGetValue(input.Path, out var offset) ? offset.Of(input.Clock) : 0,
                _options.CpuOffsets.GetValueOrDefault(input.Path));
        }
        catch (FormatException e)
        {
            throw new ImportException($"{input.Path}: {e.Message}", e);
        }
    }

    private static string Form(MergeInput input) => input.Clock == TraceClock.Counter ? "bare counts" : "seconds";

    private long TimeOf(MergeInput input)
    {
        var offset = _shifts[input.Id - 1].ClockOffset;
        var time = unchecked(input.Next.Time + offset);
        return time >= 0 && time < long.MaxValue
            ? time
            : throw new ImportException(
                $"{input.Path}: line {input.Next.Line}: its time and the offset {offset} lie outside 0..2^63; expected an offset that is added to the other inputs");
    }

    private void Send(MergeInput input, long time, IEventSink sink)
    {
        var header = input.Next;
        var cpu = header.Cpu + _shifts[input.Id - 1].CpuOffset;
        if (cpu is < 0 or > FtraceLineTokenizer.HighestCpu)
        {
            throw new ImportException($"{input.Path}: line {header.Line}: its CPU {header.Cpu} becomes {cpu}; expected a CPU offset that gives 0..{FtraceLineTokenizer.HighestCpu}");
        }

        ref var sequence = ref _sequences[input.Id - 1];
        sequence = (sequence.Count == 0 ? _seq : sequence.First, _seq, sequence.Count + 1);
        input.SendNext(sink, header with { Seq = _seq, Time = time, Cpu = cpu, Input = input.Id });
        _seq++;
    }
}
