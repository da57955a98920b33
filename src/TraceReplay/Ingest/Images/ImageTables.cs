using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Images;

/// <summary>
/// Adds to a trace what an image of memory tells of its tables. Behind the register write that names a root, the tables that are reached
/// from it over descriptors of the image become <c>pgtable_table</c> and <c>pgtable_entry</c> events, as if the tracer had printed them.
/// </summary>
/// <remarks>
/// Taken is what stood at the begin of the trace and is there still: not what the trace has stored or told since, nor a page that it shows
/// to have become another. Events get new sequence numbers.
/// </remarks>
internal sealed class ImageTables(MemoryImage image, NameTable names, IEventSink next) : IEventSink
{
    // Bits 50:48 are RES0 in a valid descriptor without 52-bit addresses: a page that has them set there holds something else.
    private const ulong HighAddressBits = 0x0007_0000_0000_0000;

    private readonly UntoldMemory _memory = new(image);
    private readonly RootRegisters _registers = new();
    private readonly List<TableRoot> _pending = [];
    private readonly HashSet<ulong> _taken = [];
    private EventHeader _pendingHeader;
    private long _lastSeq;

    /// <summary>Events added so far.</summary>
    public long Added { get; private set; }

    /// <summary>Adds what waits for the next event: the trace itself may tell the tree of a root right after its load.</summary>
    public void Flush()
    {
        foreach (var root in _pending)
        {
            Take(root.Base, root.Shape.Level, root.Shape.Entries, root.Shape.Format, parent: null);
        }

        _pending.Clear();
    }

    public void On(in PageTableWrite e)
    {
        Flush();
        var bytes = e.New == 0 ? Math.Max(8, e.SizeBytes & ~7) : 8;
        for (var offset = 0; offset < bytes; offset += 8)
        {
            _memory.Tell(e.Pa + (ulong)offset, offset == 0 ? e.Old : null);
        }

        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in SystemRegisterWrite e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
        _registers.Write(names.Name(e.Register), e.Value, e.Header.Cpu, _pending);
        _pending.RemoveAll(root => _taken.Contains(root.Base));
        _pendingHeader = e.Header;
    }

    public void On(in TableKnown e)
    {
        var tableBase = e.Base;
        _pending.RemoveAll(root => root.Base == tableBase);
        var entries = e.Entries ?? _registers.Granule.EntriesPerTable;
        _memory.Forget(tableBase, (ulong)Math.Max(1, entries) * 8);
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in DescriptorValueKnown e)
    {
        if (e.Source == DescriptorSource.Final)
        {
            Flush();
        }
        else
        {
            _memory.Tell(e.Pa, e.Old);
        }

        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in TableGone e)
    {
        Flush();
        if (e.IsFree)
        {
            _memory.Forget(e.Base, (ulong)_registers.Granule.EntriesPerTable * 8);
        }

        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in MachineFact e)
    {
        Flush();
        _registers.SetFact(names.Name(e.Key), names.Name(e.Value));
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in PageAllocation e)
    {
        Flush();
        var shift = _registers.Granule.PageShift;
        _memory.Forget(e.FrameNumber << shift, 1ul << (e.Order + shift));
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in TlbiInstruction e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in BarrierInstruction e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in ContextSwitch e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in LockOperation e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in LockHint e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in Marker e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in TlbEntry e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    public void On(in LostEvents e)
    {
        Flush();
        next.On(e with { Header = Numbered(e.Header) });
    }

    private EventHeader Numbered(in EventHeader header)
    {
        _lastSeq = header.Seq;
        return header with { Seq = header.Seq + Added };
    }

    private EventHeader AddedHeader()
    {
        Added++;
        return _pendingHeader with { Seq = _lastSeq + Added };
    }

    private void Take(ulong tableBase, int level, int entries, DescriptorFormat format, ulong? parent)
    {
        if (!_memory.Holds(tableBase, (ulong)entries * 8) || _taken.Contains(tableBase))
        {
            return;
        }

        var values = image.Read(tableBase, entries);
        if (!IsTable(values, format))
        {
            return;
        }

        _taken.Add(tableBase);
        var added = Added;
        next.On(new TableKnown(AddedHeader(), tableBase, level, entries, null, parent, (int)format.Granule.Bytes, IsFromImage: true));
        for (var i = 0; i < entries; i++)
        {
            var pa = tableBase + ((ulong)i * 8);
            if (values[i] != 0 && _memory.IsUntold(pa))
            {
                next.On(new DescriptorValueKnown(AddedHeader(), DescriptorSource.Image, pa, values[i], null, level));
            }
        }

        image.Count(tableBase, Added - added - 1);
        for (var i = 0; i < entries && level < 3; i++)
        {
            var pa = tableBase + ((ulong)i * 8);
            if (_memory.IsUntold(pa) && format.Kind(values[i], level) == DescriptorKind.Table)
            {
                Take(format.NextTable(values[i]), level + 1, format.Granule.EntriesPerTable, format, pa);
            }
        }
    }

    private static bool IsTable(ulong[] values, DescriptorFormat format) =>
        format.Ds || format.Lpa || !Array.Exists(values, value => (value & DescriptorBits.Valid) != 0 && (value & HighAddressBits) != 0);
}
