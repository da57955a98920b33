namespace TraceReplay.Events;

/// <summary>What every event carries: where it stood in the trace, when and where it ran.</summary>
/// <param name="Seq">Global sequence number, 1-based; the order of lines in the source.</param>
/// <param name="Line">1-based line of the decompressed source.</param>
/// <param name="Time">Nanoseconds, or ticks when the trace clock is a counter.</param>
/// <param name="Cpu">Logical CPU number.</param>
/// <param name="Task">Id of the task (command name and pid) in <see cref="NameTable"/>, 0 when not known.</param>
public readonly record struct EventHeader(long Seq, long Line, long Time, int Cpu, int Task);
