namespace TraceReplay.Ingest;

/// <summary>The parts of one text line. Spans point into the line.</summary>
internal ref struct FtraceLine
{
    /// <summary>Command name without padding.</summary>
    public ReadOnlySpan<byte> Comm;

    /// <summary>Thread id.</summary>
    public int Pid;

    /// <summary>Logical CPU number.</summary>
    public int Cpu;

    /// <summary>The CPU and the flags are one word, without brackets.</summary>
    public bool IsLatency;

    /// <summary>Where in the line the time begins.</summary>
    public int TimeAt;

    /// <summary>Nanoseconds, or ticks when <see cref="IsCounter"/>.</summary>
    public long Time;

    /// <summary>The timestamp has no fraction.</summary>
    public bool IsCounter;

    /// <summary>Event name; empty when the line has none, as those of the function tracer.</summary>
    public ReadOnlySpan<byte> Event;

    /// <summary>What follows the event's colon, without surrounding blanks.</summary>
    public ReadOnlySpan<byte> Payload;
}

/// <summary>How a line spells its task.</summary>
internal enum TaskStyle
{
    /// <summary><c>comm-pid</c>: ftrace and trace-cmd.</summary>
    Dash = 0,

    /// <summary><c>comm pid</c>, and events as <c>system:event:</c>: perf script.</summary>
    Space = 1,
}
