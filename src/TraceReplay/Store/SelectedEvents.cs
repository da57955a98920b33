using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>Passes on the events of given sequence numbers.</summary>
internal sealed class SelectedEvents : IEventSink, IDisposable
{
    private readonly IEnumerator<long> _sequences;
    private readonly IEventSink _next;

    /// <param name="sequences">Ascending, as the events are.</param>
    /// <param name="next">Receives them.</param>
    public SelectedEvents(IEnumerable<long> sequences, IEventSink next)
    {
        _sequences = sequences.GetEnumerator();
        _next = next;
        Advance();
    }

    /// <summary>The next sequence number that is asked for; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Wanted { get; private set; }

    public void Dispose() => _sequences.Dispose();

    public void On(in PageTableWrite e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in TlbiInstruction e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in BarrierInstruction e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in SystemRegisterWrite e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in TableKnown e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in DescriptorValueKnown e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in TableGone e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in MachineFact e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in PageAllocation e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in ContextSwitch e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in LockOperation e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in LockHint e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in Marker e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in LostEvents e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    public void On(in TlbEntry e)
    {
        if (IsSelected(e.Header))
        {
            _next.On(e);
        }
    }

    private bool IsSelected(in EventHeader header)
    {
        while (Wanted < header.Seq)
        {
            Advance();
        }

        return Wanted == header.Seq;
    }

    private void Advance() => Wanted = _sequences.MoveNext() ? _sequences.Current : long.MaxValue;
}
