using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>The CPUs of a trace by the names of their components.</summary>
/// <param name="names">Receives them as tasks.</param>
internal sealed class TarmacCpus(NameTable names)
{
    /// <summary>No model has more; beyond it names are damage.</summary>
    public const int Most = FtraceLineTokenizer.HighestCpu + 1;

    private readonly List<(byte[] Component, (int? Number, int Offset) File, TarmacCpu Cpu)> _cpus = [];

    // Numbers with their files' offsets.
    private readonly HashSet<int> _taken = [];
    private int _last;

    /// <summary>The CPU of a component's name; null past the limit.</summary>
    /// <param name="component">The name, empty where lines have none.</param>
    /// <param name="of">The file of the line, whose number is that of its CPU where lines have none; null where files are not of a CPU each.</param>
    /// <remarks>One name in two files that differ in their offset is that of two CPUs.</remarks>
    public TarmacCpu? Find(ReadOnlySpan<byte> component, TarmacFile? of)
    {
        var file = (Number: component.IsEmpty ? of?.Number : null, Offset: of?.CpuOffset ?? 0);

        // Most lines are of the CPU of the line before, and a model has a few.
        if (_last < _cpus.Count && IsThat(_cpus[_last], component, file))
        {
            return _cpus[_last].Cpu;
        }

        for (_last = 0; _last < _cpus.Count; _last++)
        {
            if (IsThat(_cpus[_last], component, file))
            {
                return _cpus[_last].Cpu;
            }
        }

        if (_cpus.Count == Most)
        {
            return null;
        }

        var number = NumberOf(component, file);
        var added = new TarmacCpu(number, component.IsEmpty ? 0 : names.InternTask(component, number));
        _cpus.Add((component.ToArray(), file, added));
        return added;
    }

    private static bool IsThat(in (byte[] Component, (int?, int) File, TarmacCpu Cpu) known, ReadOnlySpan<byte> component, (int?, int) file) =>
        component.SequenceEqual(known.Component) && file == known.File;

    // The number that the name ends with or the file has, or where another CPU has it the first that is free.
    private int NumberOf(ReadOnlySpan<byte> component, (int? Number, int Offset) file)
    {
        if (file.Number is { } own && _taken.Add(own + file.Offset))
        {
            return own;
        }

        var digits = component[(component.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') + 1)..];
        if (TraceNumber.ParseInt(digits, 0, FtraceLineTokenizer.HighestCpu, out var number) == NumberResult.Ok && _taken.Add(number + file.Offset))
        {
            return number;
        }

        var free = 0;
        while (!_taken.Add(free + file.Offset))
        {
            free++;
        }

        return free;
    }
}
