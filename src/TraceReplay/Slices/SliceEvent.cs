using TraceReplay.Events;

namespace TraceReplay.Slices;

/// <summary>One event that may be part of a slice.</summary>
/// <param name="Header">Where it stood in the trace; line 0 for one that is not of the trace.</param>
/// <param name="Send">Sends it under another header.</param>
/// <param name="Note">What became of it, empty for an event as it was.</param>
public sealed record SliceEvent(EventHeader Header, Action<IEventSink, EventHeader> Send, string Note = "")
{
    /// <summary>Sends events in order under consecutive sequence and line numbers, as reading them from a text of their own gives.</summary>
    public static void SendAll(IReadOnlyList<SliceEvent> events, IEventSink sink)
    {
        ArgumentNullException.ThrowIfNull(events);
        for (var i = 0; i < events.Count; i++)
        {
            events[i].Send(sink, events[i].Header with { Seq = i + 1, Line = i + 1 });
        }
    }
}
