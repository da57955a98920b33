using TraceReplay.Events;

namespace TraceReplay.Tests.Ingest.Merging;

/// <summary>Keeps the headers of events in their order.</summary>
internal sealed class HeaderSink
{
    private readonly RecordingSink _sink = new();

    public IEventSink Sink => _sink;

    public IEnumerable<EventHeader> Headers => _sink.Events.Select(e => e switch
    {
        PageTableWrite { Header: var header } => header,
        TlbiInstruction { Header: var header } => header,
        BarrierInstruction { Header: var header } => header,
        Marker { Header: var header } => header,
        _ => throw new InvalidOperationException($"no event of this test: {e}"),
    });
}
