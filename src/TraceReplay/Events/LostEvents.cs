namespace TraceReplay.Events;

/// <summary>Events of one CPU are missing before this point (<c>CPU:n [LOST m EVENTS]</c>).</summary>
/// <param name="Header">Place of the line; <see cref="EventHeader.Cpu"/> is the CPU that lost events, the time that of the last event read.</param>
/// <param name="Count">How many were lost, or null when the line does not say.</param>
public readonly record struct LostEvents(EventHeader Header, long? Count);
