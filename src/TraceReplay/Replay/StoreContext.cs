using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>Who did something, where in the trace.</summary>
/// <param name="Header">Place, time, CPU and task.</param>
/// <param name="Pc">Program counter.</param>
/// <param name="How">Name id of what did it, 0 when not told.</param>
public readonly record struct StoreContext(EventHeader Header, ulong? Pc, int How);
