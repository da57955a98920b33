using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>The CPUs of a trace by the names of their components.</summary>
/// <param name="names">Receives them as tasks.</param>
internal sealed class TarmacCpus(NameTable names)
{
    /// <summary>No model has more; beyond it names are damage.</summary>
    public const int Most = FtraceLineTokenizer.HighestCpu + 1;

    private readonly List<(byte[] Component, TarmacCpu Cpu)> _cpus = [];
    private readonly HashSet<int> _taken = [];
    private int _last;
    private int _free;

    /// <summary>True once there is one.</summary>
    public bool Any => _cpus.Count > 0;

    /// <summary>The CPU of a component's name, empty where lines have none; null past the limit.</summary>
    public TarmacCpu? Find(ReadOnlySpan<byte> component)
    {
        // Most lines are of the CPU of the line before, and a model has a few.
        if (_last < _cpus.Count && component.SequenceEqual(_cpus[_last].Component))
        {
            return _cpus[_last].Cpu;
        }

        for (_last = 0; _last < _cpus.Count; _last++)
        {
            if (component.SequenceEqual(_cpus[_last].Component))
            {
                return _cpus[_last].Cpu;
            }
        }

        if (_cpus.Count == Most)
        {
            return null;
        }

        var number = NumberOf(component);
        var added = new TarmacCpu(number, component.IsEmpty ? 0 : names.InternTask(component, number));
        _cpus.Add((component.ToArray(), added));
        return added;
    }

    // The number that the name ends with, or where another CPU has it the first that is free.
    private int NumberOf(ReadOnlySpan<byte> component)
    {
        var digits = component[(component.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') + 1)..];
        if (TraceNumber.ParseInt(digits, 0, FtraceLineTokenizer.HighestCpu, out var number) == NumberResult.Ok && _taken.Add(number))
        {
            return number;
        }

        while (!_taken.Add(_free))
        {
            _free++;
        }

        return _free;
    }
}
