using TraceReplay.Events;

namespace TraceReplay.Ingest.Merging;

/// <summary>Some thousand events of one input in their order: filled by its reader, then sent on one by one.</summary>
/// <param name="full">Called by the reader when the batch is full; returns when it may be filled again.</param>
internal sealed class EventBatch(Action full) : IEventSink
{
    private const int Events = 4096;

    private readonly List<(Action<EventBatch, IEventSink, EventHeader> Send, EventHeader Header)> _order = [];
    private readonly Store<PageTableWrite> _pageTableWrites = new();
    private readonly Store<TlbiInstruction> _tlbis = new();
    private readonly Store<BarrierInstruction> _barriers = new();
    private readonly Store<SystemRegisterWrite> _registerWrites = new();
    private readonly Store<TableKnown> _tables = new();
    private readonly Store<DescriptorValueKnown> _descriptors = new();
    private readonly Store<TableGone> _goneTables = new();
    private readonly Store<MachineFact> _facts = new();
    private readonly Store<PageAllocation> _allocations = new();
    private readonly Store<ContextSwitch> _switches = new();
    private readonly Store<LockOperation> _locks = new();
    private readonly Store<LockHint> _lockHints = new();
    private readonly Store<Marker> _markers = new();
    private readonly Store<LostEvents> _lost = new();
    private readonly Store<TlbEntry> _tlbEntries = new();
    private int _next;
    private int _lostAtEnd;
    private long? _lastTime;

    /// <summary>1-based number of the input that the events are of which come now.</summary>
    public int Input { get; set; }

    /// <summary>True while events are left.</summary>
    public bool HasNext => _next < _order.Count;

    /// <summary>The next event's header, with its input. What tells of lost events has the time of the event that follows it.</summary>
    public EventHeader Next => _order[_next].Header;

    /// <summary>The first event whose time is before that of one above, and the time above; null when there is none.</summary>
    public (EventHeader Event, long Above)? Backwards { get; private set; }

    /// <summary>Sends the next event under another header.</summary>
    public void SendNext(IEventSink sink, in EventHeader header)
    {
        _order[_next].Send(this, sink, header);
        _next++;
    }

    /// <summary>Makes room: all events were sent.</summary>
    public void Clear()
    {
        _order.Clear();
        _next = 0;
        _lostAtEnd = 0;
    }

    public void On(in PageTableWrite e)
    {
        _pageTableWrites.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._pageTableWrites.Take() with { Header = header }));
    }

    public void On(in TlbiInstruction e)
    {
        _tlbis.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._tlbis.Take() with { Header = header }));
    }

    public void On(in BarrierInstruction e)
    {
        _barriers.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._barriers.Take() with { Header = header }));
    }

    public void On(in SystemRegisterWrite e)
    {
        _registerWrites.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._registerWrites.Take() with { Header = header }));
    }

    public void On(in TableKnown e)
    {
        _tables.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._tables.Take() with { Header = header }));
    }

    public void On(in DescriptorValueKnown e)
    {
        _descriptors.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._descriptors.Take() with { Header = header }));
    }

    public void On(in TableGone e)
    {
        _goneTables.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._goneTables.Take() with { Header = header }));
    }

    public void On(in MachineFact e)
    {
        _facts.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._facts.Take() with { Header = header }));
    }

    public void On(in PageAllocation e)
    {
        _allocations.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._allocations.Take() with { Header = header }));
    }

    public void On(in ContextSwitch e)
    {
        _switches.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._switches.Take() with { Header = header }));
    }

    public void On(in LockOperation e)
    {
        _locks.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._locks.Take() with { Header = header }));
    }

    public void On(in LockHint e)
    {
        _lockHints.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._lockHints.Take() with { Header = header }));
    }

    public void On(in Marker e)
    {
        _markers.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._markers.Take() with { Header = header }));
    }

    public void On(in TlbEntry e)
    {
        _tlbEntries.Add(e);
        Add(e.Header, static (batch, sink, header) => sink.On(batch._tlbEntries.Take() with { Header = header }));
    }

    // The line that tells of lost events stands before the next event: that is where the gap ends, and events of other inputs until
    // then lie in it. Its time is known only when that event comes.
    public void On(in LostEvents e)
    {
        _lost.Add(e);
        _lostAtEnd++;
        _order.Add((
            static (batch, sink, header) => sink.On(batch._lost.Take() with { Header = header }),
            e.Header with { Time = _lastTime ?? e.Header.Time, Input = Input }));
    }

    private void Add(in EventHeader header, Action<EventBatch, IEventSink, EventHeader> send)
    {
        if (header.Time < _lastTime)
        {
            Backwards ??= (header with { Input = Input }, _lastTime.Value);
        }

        for (; _lostAtEnd > 0; _lostAtEnd--)
        {
            var at = _order.Count - _lostAtEnd;
            _order[at] = (_order[at].Send, _order[at].Header with { Time = header.Time });
        }

        _lastTime = header.Time;
        _order.Add((send, header with { Input = Input }));
        if (_order.Count >= Events)
        {
            full();
        }
    }

    private sealed class Store<T>
    {
        private readonly Queue<T> _events = new();

        public void Add(in T e) => _events.Enqueue(e);

        public T Take() => _events.Dequeue();
    }
}
