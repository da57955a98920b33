using System.Runtime.CompilerServices;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>What a record of a spool is.</summary>
internal enum SpooledKind : byte
{
    EndOfBlock = 0,
    PageTableWrite,
    Tlbi,
    Barrier,
    SystemRegisterWrite,
    TableKnown,
    DescriptorKnown,
    TableGone,
    MachineFact,
    PageAllocation,
    ContextSwitch,
    Marker,
    LostEvents,
}

/// <summary>Reads the events of the blocks that an <see cref="EventSpool"/> filled, one block after the other.</summary>
internal sealed class SpoolDecoder
{
    private byte[] _block = [];
    private int _at;
    private EventHeader _last;

    /// <summary>Sends the events of a block to a sink.</summary>
    /// <param name="block">Ends with a mark.</param>
    /// <param name="before">Header of the event before its first one.</param>
    /// <param name="sink">Receives the events.</param>
    public void Decode(byte[] block, in EventHeader before, IEventSink sink)
    {
        _block = block;
        _at = 0;
        _last = before;
        while (ReplayEvent(sink))
        {
        }
    }

    private ulong? GetOrNull()
    {
        if (_block[_at] != EventSpool.NullLength)
        {
            return Get();
        }

        _at++;
        return null;
    }

    private int? GetIntOrNull() => (int?)(long?)GetOrNull();

    private ulong Get()
    {
        var length = _block[_at];
        var value = Unsafe.ReadUnaligned<ulong>(ref _block[_at + 1]);
        _at += 1 + length;
        return length == 8 ? value : value & ((1UL << (8 * length)) - 1);
    }

    private int GetInt() => (int)Get();

    private EventHeader GetHeader() =>
        _last = new(_last.Seq + (long)Get(), _last.Line + (long)Get(), _last.Time + (long)Get(), GetInt(), GetInt());

    private bool ReplayEvent(IEventSink sink)
    {
        switch ((SpooledKind)_block[_at++])
        {
            case SpooledKind.PageTableWrite:
                sink.On(new PageTableWrite(GetHeader(), Get(), Get(), GetOrNull(), GetIntOrNull(), GetOrNull(), GetInt(), GetInt(), GetOrNull()));
                return true;
            case SpooledKind.Tlbi:
                sink.On(new TlbiInstruction(GetHeader(), GetInt(), Get(), GetOrNull()));
                return true;
            case SpooledKind.Barrier:
                sink.On(new BarrierInstruction(GetHeader(), GetInt(), GetOrNull()));
                return true;
            case SpooledKind.SystemRegisterWrite:
                sink.On(new SystemRegisterWrite(GetHeader(), GetInt(), Get(), GetOrNull()));
                return true;
            case SpooledKind.TableKnown:
                sink.On(new TableKnown(GetHeader(), Get(), GetInt(), GetIntOrNull(), GetIntOrNull(), GetOrNull(), GetIntOrNull()));
                return true;
            case SpooledKind.DescriptorKnown:
                sink.On(new DescriptorValueKnown(GetHeader(), (DescriptorSource)GetInt(), Get(), Get(), GetOrNull(), GetIntOrNull()));
                return true;
            case SpooledKind.TableGone:
                sink.On(new TableGone(GetHeader(), Get() != 0, Get(), GetIntOrNull(), GetInt()));
                return true;
            case SpooledKind.MachineFact:
                sink.On(new MachineFact(GetHeader(), GetInt(), GetInt()));
                return true;
            case SpooledKind.PageAllocation:
                sink.On(new PageAllocation(GetHeader(), Get() != 0, Get(), GetInt()));
                return true;
            case SpooledKind.ContextSwitch:
                sink.On(new ContextSwitch(GetHeader(), GetInt(), GetInt()));
                return true;
            case SpooledKind.Marker:
                sink.On(new Marker(GetHeader(), GetInt()));
                return true;
            case SpooledKind.LostEvents:
                sink.On(new LostEvents(GetHeader(), (long?)GetOrNull()));
                return true;
            default:
                return false;
        }
    }
}
