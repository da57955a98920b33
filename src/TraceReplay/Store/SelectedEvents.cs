using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>Passes on the events of given sequence numbers.</summary>
internal sealed class SelectedEvents(HashSet<long> sequences, IEventSink next) : IEventSink
{
    public void On(in PageTableWrite e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in TlbiInstruction e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in BarrierInstruction e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in SystemRegisterWrite e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in TableKnown e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in DescriptorValueKnown e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in TableGone e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in MachineFact e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in PageAllocation e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in ContextSwitch e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in Marker e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in LostEvents e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    public void On(in TlbEntry e)
    {
        if (IsSelected(e.Header))
        {
            next.On(e);
        }
    }

    private bool IsSelected(in EventHeader header) => sequences.Contains(header.Seq);
}
