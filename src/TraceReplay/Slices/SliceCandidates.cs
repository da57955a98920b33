using TraceReplay.Events;

namespace TraceReplay.Slices;

/// <summary>How much of a trace is looked at for a slice.</summary>
internal enum SliceReach
{
    /// <summary>The state at the break as content, and what happened from there on to the tables concerned.</summary>
    State = 0,

    /// <summary>All that happened to the tables concerned, and every register write, TLBI and barrier.</summary>
    Tables = 1,

    /// <summary>Everything.</summary>
    All = 2,
}

/// <summary>Gathers the events that a finding may rest on.</summary>
/// <param name="reach">How much to take.</param>
/// <param name="isConcerned">True for an address in a table, or a page, that the finding may rest on.</param>
/// <param name="from">First event of which it matters that it happened; of earlier ones only what they left behind.</param>
/// <param name="pageBytes">Bytes of a page.</param>
/// <param name="takesLocks">True where the finding rests on locks.</param>
internal sealed class SliceCandidates(
    SliceReach reach, Func<ulong, bool> isConcerned, long from, ulong pageBytes, bool takesLocks) : EventKeeper
{
    private readonly List<SliceEvent> _events = [];
    private readonly SortedDictionary<ulong, SliceEvent> _contents = [];
    private readonly SortedDictionary<ulong, SliceEvent> _tables = [];
    private readonly Dictionary<(int Cpu, int Register), SliceEvent> _registers = [];
    private readonly Dictionary<(int Cpu, ulong Lock), SliceEvent> _locks = [];

    /// <summary>What was gathered, in the order of the trace.</summary>
    public List<SliceEvent> Events =>
        [.. _contents.Values.Concat(_tables.Values).Concat(_registers.Values).Concat(_locks.Values).Concat(_events).OrderBy(e => e.Header.Seq)];

    public override void On(in PageTableWrite e)
    {
        if (!Concerns(e.Pa))
        {
            return;
        }

        if (IsState(e.Header))
        {
            Content(e.Pa, new DescriptorValueKnown(e.Header, DescriptorSource.Initial, e.Pa, e.New, null, e.Level), "a store, given as content");
            return;
        }

        _events.Add(Of(e));
    }

    public override void On(in DescriptorValueKnown e)
    {
        if (e.Source == DescriptorSource.Final || !Concerns(e.Pa))
        {
            return;
        }

        if (IsState(e.Header))
        {
            Content(e.Pa, e with { Source = DescriptorSource.Initial, Old = null }, e.Source switch
            {
                DescriptorSource.Initial => "",
                DescriptorSource.Image => "from the image of memory",
                _ => "an update by hardware, given as content",
            });
            return;
        }

        _events.Add(Of(e));
    }

    public override void On(in TableKnown e)
    {
        if (!Concerns(e.Base))
        {
            return;
        }

        if (IsState(e.Header))
        {
            _tables[e.Base] = Of(e);
            return;
        }

        _events.Add(Of(e));
    }

    public override void On(in TableGone e)
    {
        if (!Concerns(e.Base))
        {
            return;
        }

        if (IsState(e.Header))
        {
            Forget(e.Base, e.IsFree ? pageBytes : 0);
            return;
        }

        _events.Add(Of(e));
    }

    public override void On(in SystemRegisterWrite e)
    {
        if (IsState(e.Header))
        {
            _registers[(e.Header.Cpu, e.Register)] = Of(e);
            return;
        }

        _events.Add(Of(e));
    }

    public override void On(in LockOperation e)
    {
        if (takesLocks && IsState(e.Header))
        {
            _locks[(e.Header.Cpu, e.Address)] = Of(e);
        }
        else if (takesLocks)
        {
            _events.Add(Of(e));
        }
    }

    public override void On(in LockHint e)
    {
        if (takesLocks)
        {
            _events.Add(Of(e));
        }
    }

    public override void On(in PageAllocation e)
    {
        var start = e.FrameNumber * pageBytes;
        var bytes = pageBytes << e.Order;
        if (reach != SliceReach.All && !AnyConcerned(start, bytes))
        {
            return;
        }

        if (IsState(e.Header))
        {
            Forget(start, bytes);
            return;
        }

        _events.Add(Of(e));
    }

    protected override void Happened(SliceEvent e)
    {
        if (!IsState(e.Header))
        {
            _events.Add(e);
        }
    }

    protected override void Told(SliceEvent e) => _events.Add(e);

    private bool Concerns(ulong address) => reach == SliceReach.All || isConcerned(address);

    private bool IsState(in EventHeader header) => reach == SliceReach.State && header.Seq < from;

    private void Content(ulong pa, DescriptorValueKnown content, string note) => _contents[pa] = Of(content) with { Note = note };

    private bool AnyConcerned(ulong start, ulong bytes)
    {
        for (var page = start; page - start < bytes; page += pageBytes)
        {
            if (isConcerned(page))
            {
                return true;
            }
        }

        return false;
    }

    private void Forget(ulong start, ulong bytes)
    {
        foreach (var map in new[] { _contents, _tables })
        {
            foreach (var address in map.Keys.Where(address => address - start < bytes).ToList())
            {
                map.Remove(address);
            }
        }
    }
}
