using System.Globalization;

namespace TraceReplay.Events;

/// <summary>What every event carries: where it stood in the trace, when and where it ran.</summary>
/// <param name="Seq">Global sequence number, 1-based; the order of lines in the source, or of times where several are merged.</param>
/// <param name="Line">1-based line of the decompressed source, below 2^48.</param>
/// <param name="Time">Nanoseconds, or ticks when the trace clock is a counter.</param>
/// <param name="Cpu">Logical CPU number.</param>
/// <param name="Task">Id of the task (command name and pid) in <see cref="NameTable"/>, 0 when not known.</param>
public readonly record struct EventHeader(long Seq, long Line, long Time, int Cpu, int Task)
{
    // Headers are kept by the million: the input shares the word of the line.
    private const int InputShift = 48;
    private const long LineMask = (1L << InputShift) - 1;

    private readonly long _place = Line;

    /// <summary>1-based line of the decompressed source.</summary>
    public long Line
    {
        get => _place & LineMask;
        init => _place = (_place & ~LineMask) | value;
    }

    /// <summary>1-based number of the input where several are merged by time; 0 where the sources are pieces of one capture.</summary>
    public int Input
    {
        get => (int)(_place >> InputShift);
        init => _place = ((long)value << InputShift) | (_place & LineMask);
    }

    /// <summary>The line, and the input where there are several, for texts: <c>line 7 of input 2</c>.</summary>
    public string PlaceText => Input == 0
        ? string.Create(CultureInfo.InvariantCulture, $"line {Line}")
        : string.Create(CultureInfo.InvariantCulture, $"line {Line} of input {Input}");

    /// <summary>Line and input as one number.</summary>
    internal long Place => _place;

    /// <summary>A header of a <see cref="Place"/>.</summary>
    internal static EventHeader At(long seq, long place, long time, int cpu, int task) => new(seq, place, time, cpu, task);
}
