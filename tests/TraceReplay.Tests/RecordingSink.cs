using TraceReplay.Events;

namespace TraceReplay.Tests;

/// <summary>Keeps every event, as it came.</summary>
internal sealed class RecordingSink : IEventSink
{
    public List<object> Events { get; } = [];

    public void On(in PageTableWrite e) => Events.Add(e);

    public void On(in TlbiInstruction e) => Events.Add(e);

    public void On(in BarrierInstruction e) => Events.Add(e);

    public void On(in SystemRegisterWrite e) => Events.Add(e);

    public void On(in TableKnown e) => Events.Add(e);

    public void On(in DescriptorValueKnown e) => Events.Add(e);

    public void On(in TableGone e) => Events.Add(e);

    public void On(in MachineFact e) => Events.Add(e);

    public void On(in PageAllocation e) => Events.Add(e);

    public void On(in ContextSwitch e) => Events.Add(e);

    public void On(in LockOperation e) => Events.Add(e);

    public void On(in LockHint e) => Events.Add(e);

    public void On(in Marker e) => Events.Add(e);

    public void On(in LostEvents e) => Events.Add(e);

    public void On(in TlbEntry e) => Events.Add(e);
}
