namespace TraceReplay.Events;

/// <summary>Sends every event to two sinks, in that order.</summary>
public sealed class TeeSink(IEventSink first, IEventSink second) : IEventSink
{
    public void On(in PageTableWrite e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in TlbiInstruction e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in BarrierInstruction e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in SystemRegisterWrite e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in TableKnown e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in DescriptorValueKnown e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in TableGone e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in MachineFact e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in PageAllocation e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in ContextSwitch e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in LockOperation e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in LockHint e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in Marker e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in LostEvents e)
    {
        first.On(in e);
        second.On(in e);
    }

    public void On(in TlbEntry e)
    {
        first.On(in e);
        second.On(in e);
    }
}
