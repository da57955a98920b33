using TraceReplay.Events;

namespace TraceReplay.Slices;

/// <summary>Makes a <see cref="SliceEvent"/> of every event that may matter.</summary>
internal abstract class EventKeeper : IEventSink
{
    public abstract void On(in PageTableWrite e);

    public abstract void On(in DescriptorValueKnown e);

    public abstract void On(in TableKnown e);

    public abstract void On(in TableGone e);

    public abstract void On(in SystemRegisterWrite e);

    public abstract void On(in PageAllocation e);

    public abstract void On(in LockOperation e);

    public abstract void On(in LockHint e);

    public void On(in TlbiInstruction e)
    {
        var kept = e;
        Happened(new SliceEvent(e.Header, (sink, header) => sink.On(kept with { Header = header })));
    }

    public void On(in BarrierInstruction e)
    {
        var kept = e;
        Happened(new SliceEvent(e.Header, (sink, header) => sink.On(kept with { Header = header })));
    }

    public void On(in ContextSwitch e)
    {
        var kept = e;
        Happened(new SliceEvent(e.Header, (sink, header) => sink.On(kept with { Header = header })));
    }

    public void On(in TlbEntry e)
    {
        var kept = e;
        Happened(new SliceEvent(e.Header, (sink, header) => sink.On(kept with { Header = header })));
    }

    public void On(in MachineFact e)
    {
        var kept = e;
        Told(new SliceEvent(e.Header, (sink, header) => sink.On(kept with { Header = header })));
    }

    // Markers decide nothing, and a gap would only put the finding in doubt.
    public void On(in Marker e)
    {
    }

    public void On(in LostEvents e)
    {
    }

    /// <summary>Something done at this moment.</summary>
    protected abstract void Happened(SliceEvent e);

    /// <summary>A fact that holds from here on.</summary>
    protected abstract void Told(SliceEvent e);

    protected static SliceEvent Of(PageTableWrite e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(DescriptorValueKnown e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(TableKnown e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(TableGone e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(SystemRegisterWrite e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(LockOperation e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(LockHint e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));

    protected static SliceEvent Of(PageAllocation e) => new(e.Header, (sink, header) => sink.On(e with { Header = header }));
}
