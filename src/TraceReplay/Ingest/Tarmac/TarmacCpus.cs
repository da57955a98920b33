using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>The CPUs of a trace by the names of their components.</summary>
/// <param name="names">Receives them as tasks.</param>
internal sealed class TarmacCpus(NameTable names)
{
    /// <summary>No model has more; beyond it names are damage.</summary>
    public const int Most = FtraceLineTokenizer.HighestCpu + 1;

    private readonly List<Named> _cpus = [];
    private int _last;

    /// <summary>The CPU of a component's name; null past the limit.</summary>
    /// <param name="component">The name, empty where lines have none.</param>
    /// <param name="of">The file of the line, whose number is that of its CPU where lines have none; null where files are not of a CPU each.</param>
    /// <remarks>One name in files of different offsets is that of two CPUs; two names are that of one where the offsets make their numbers one.</remarks>
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

        var asked = NumberOf(component, file);
        var taken = _cpus.Find(known => known.Cpu.Number == asked);
        var cpu = taken is not null && taken.File.Offset != file.Offset
            ? taken.Cpu
            : Make(component, taken is null && asked is { } free ? free : FirstFree(file.Offset));
        _cpus.Add(new Named(component.ToArray(), file, cpu));
        return cpu;
    }

    private static bool IsThat(Named known, ReadOnlySpan<byte> component, (int?, int) file) =>
        component.SequenceEqual(known.Component) && file == known.File;

    // The number that the name ends with or the file has, and the file's offset.
    private static int? NumberOf(ReadOnlySpan<byte> component, (int? Number, int Offset) file)
    {
        var digits = component[(component.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') + 1)..];
        return TraceNumber.ParseInt(digits, 0, FtraceLineTokenizer.HighestCpu, out var number) == NumberResult.Ok
            ? number + file.Offset
            : file.Number + file.Offset;
    }

    private TarmacCpu Make(ReadOnlySpan<byte> component, int number) =>
        new(number, component.IsEmpty ? 0 : names.InternTask(component, number));

    // For a CPU without a number, or beside another of its file with the same one, as in two clusters.
    private int FirstFree(int offset)
    {
        var free = Math.Max(0, offset);
        while (_cpus.Exists(known => known.Cpu.Number == free))
        {
            free++;
        }

        return free;
    }

    private sealed record Named(byte[] Component, (int? Number, int Offset) File, TarmacCpu Cpu);
}
