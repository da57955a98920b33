namespace TraceReplay.Events;

/// <summary>Receives events in sequence order: the only link between reading, storing and replaying.</summary>
/// <remarks>One overload per kind, so that a new kind breaks every sink at compile time.</remarks>
public interface IEventSink
{
    void On(in PageTableWrite e);

    void On(in TlbiInstruction e);

    void On(in BarrierInstruction e);

    void On(in SystemRegisterWrite e);

    void On(in TableKnown e);

    void On(in DescriptorValueKnown e);

    void On(in TableGone e);

    void On(in MachineFact e);

    void On(in PageAllocation e);

    void On(in ContextSwitch e);

    void On(in LockOperation e);

    void On(in LockHint e);

    void On(in Marker e);

    void On(in LostEvents e);

    void On(in TlbEntry e);
}
