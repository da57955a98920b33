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
    LockOperation,
    LockHint,
    Marker,
    LostEvents,
    TlbEntry,
}

/// <summary>Reads the events of the blocks that an <see cref="EventSpool"/> filled, one block after the other.</summary>
internal sealed class SpoolDecoder
{
    /// <summary>Set in the kind of an event whose header is not that of the next line by the same task.</summary>
    public const int WholeHeader = 0x80;

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

    private void ReadHeader(bool isWhole)
    {
        var time = _last.Time + (long)Get();
        _last = isWhole
            ? EventHeader.At(_last.Seq + (long)Get(), _last.Place + (long)Get(), time, GetInt(), GetInt())
            : EventHeader.At(_last.Seq + 1, _last.Place + 1, time, _last.Cpu, _last.Task);
    }

    private bool ReplayEvent(IEventSink sink)
    {
        var kind = _block[_at++];
        if (kind == (byte)SpooledKind.EndOfBlock)
        {
            return false;
        }

        ReadHeader((kind & WholeHeader) != 0);
        switch ((SpooledKind)(kind & ~WholeHeader))
        {
            case SpooledKind.PageTableWrite:
                sink.On(new PageTableWrite(_last, Get(), Get(), GetOrNull(), GetIntOrNull(), GetOrNull(), GetInt(), GetInt(), GetOrNull()));
                return true;
            case SpooledKind.Tlbi:
                sink.On(new TlbiInstruction(_last, GetInt(), Get(), GetOrNull()));
                return true;
            case SpooledKind.Barrier:
                sink.On(new BarrierInstruction(_last, GetInt(), GetOrNull()));
                return true;
            case SpooledKind.SystemRegisterWrite:
                sink.On(new SystemRegisterWrite(_last, GetInt(), Get(), GetOrNull()));
                return true;
            case SpooledKind.TableKnown:
                sink.On(new TableKnown(_last, Get(), GetInt(), GetIntOrNull(), GetIntOrNull(), GetOrNull(), GetIntOrNull(), Get() != 0));
                return true;
            case SpooledKind.DescriptorKnown:
                sink.On(new DescriptorValueKnown(_last, (DescriptorSource)GetInt(), Get(), Get(), GetOrNull(), GetIntOrNull()));
                return true;
            case SpooledKind.TableGone:
                sink.On(new TableGone(_last, Get() != 0, Get(), GetIntOrNull(), GetInt()));
                return true;
            case SpooledKind.MachineFact:
                sink.On(new MachineFact(_last, GetInt(), GetInt()));
                return true;
            case SpooledKind.PageAllocation:
                sink.On(new PageAllocation(_last, Get() != 0, Get(), GetInt()));
                return true;
            case SpooledKind.ContextSwitch:
                sink.On(new ContextSwitch(_last, GetInt(), GetInt()));
                return true;
            case SpooledKind.LockOperation:
                sink.On(new LockOperation(_last, (LockAction)GetInt(), Get()));
                return true;
            case SpooledKind.LockHint:
                sink.On(new LockHint(_last, (LockHintKind)GetInt(), Get(), Get()));
                return true;
            case SpooledKind.Marker:
                sink.On(new Marker(_last, GetInt()));
                return true;
            case SpooledKind.LostEvents:
                sink.On(new LostEvents(_last, (long?)GetOrNull()));
                return true;
            case SpooledKind.TlbEntry:
                sink.On(new TlbEntry(
                    _last, Get() != 0, Get() != 0, Get(), Get(), GetOrNull(), GetInt(), (ushort?)GetOrNull(), (ushort?)GetOrNull()));
                return true;
            default:
                return false;
        }
    }
}
