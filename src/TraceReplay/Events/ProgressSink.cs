namespace TraceReplay.Events;

/// <summary>Passes events on and reports how many there were, now and then.</summary>
public sealed class ProgressSink(IEventSink next, IProgress<long> progress) : IEventSink
{
    private const long Interval = 1 << 16;

    private long _events;

    public void On(in PageTableWrite e)
    {
        Count();
        next.On(e);
    }

    public void On(in TlbiInstruction e)
    {
        Count();
        next.On(e);
    }

    public void On(in BarrierInstruction e)
    {
        Count();
        next.On(e);
    }

    public void On(in SystemRegisterWrite e)
    {
        Count();
        next.On(e);
    }

    public void On(in TableKnown e)
    {
        Count();
        next.On(e);
    }

    public void On(in DescriptorValueKnown e)
    {
        Count();
        next.On(e);
    }

    public void On(in TableGone e)
    {
        Count();
        next.On(e);
    }

    public void On(in MachineFact e)
    {
        Count();
        next.On(e);
    }

    public void On(in PageAllocation e)
    {
        Count();
        next.On(e);
    }

    public void On(in ContextSwitch e)
    {
        Count();
        next.On(e);
    }

    public void On(in LockOperation e)
    {
        Count();
        next.On(e);
    }

    public void On(in LockHint e)
    {
        Count();
        next.On(e);
    }

    public void On(in Marker e)
    {
        Count();
        next.On(e);
    }

    public void On(in LostEvents e)
    {
        Count();
        next.On(e);
    }

    public void On(in TlbEntry e)
    {
        Count();
        next.On(e);
    }

    private void Count()
    {
        if (++_events % Interval == 0)
        {
            progress.Report(_events);
        }
    }
}
