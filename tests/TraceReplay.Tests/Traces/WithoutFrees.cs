using TraceReplay.Events;

namespace TraceReplay.Tests.Traces;

/// <summary>Passes on all events but <c>pgtable_free</c>, which no ordinary kernel traces.</summary>
internal sealed class WithoutFrees(IEventSink next) : IEventSink
{
    public void On(in PageTableWrite e) => next.On(e);

    public void On(in TlbiInstruction e) => next.On(e);

    public void On(in BarrierInstruction e) => next.On(e);

    public void On(in SystemRegisterWrite e) => next.On(e);

    public void On(in TableKnown e) => next.On(e);

    public void On(in DescriptorValueKnown e) => next.On(e);

    public void On(in TableGone e)
    {
        if (!e.IsFree)
        {
            next.On(e);
        }
    }

    public void On(in MachineFact e) => next.On(e);

    public void On(in PageAllocation e) => next.On(e);

    public void On(in ContextSwitch e) => next.On(e);

    public void On(in LockOperation e) => next.On(e);

    public void On(in LockHint e) => next.On(e);

    public void On(in Marker e) => next.On(e);

    public void On(in TlbEntry e) => next.On(e);

    public void On(in LostEvents e) => next.On(e);
}
