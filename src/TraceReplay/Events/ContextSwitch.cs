namespace TraceReplay.Events;

/// <summary>A <c>sched_switch</c>: the tracepoint fires before <c>__switch_to</c>, whose DSB ISH follows it.</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="PreviousPid">Task that leaves the CPU.</param>
/// <param name="NextPid">Task that gets the CPU.</param>
public readonly record struct ContextSwitch(EventHeader Header, int PreviousPid, int NextPid);
