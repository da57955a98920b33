using System.Numerics;
using System.Runtime.CompilerServices;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>
/// A compact copy of the events of a trace, for replay. Replay needs facts about the whole trace before the first event, and cannot read
/// the database while its rows are written to it. Some 25 bytes an event, read at 30 million events a second: one block in memory, more
/// in a file without a name.
/// </summary>
/// <remarks>
/// A number is a byte that tells its length, and its low bytes; those of headers are differences from the event before. Read by the
/// process that wrote it, so the order of bytes is that of the machine, which .NET runs on little-endian ones.
/// </remarks>
internal sealed class EventSpool(string folder) : IEventSink, IDisposable
{
    private const int BlockBytes = 1 << 20;

    // Kind, header and eight fields of nine bytes, and the mark behind the last event of a block.
    private const int LargestEvent = 1 + (13 * 9) + 1;

    private const byte NullLength = 0xff;

    private enum Kind : byte
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
        TlbEntry,
    }

    private readonly byte[] _block = new byte[BlockBytes];
    private FileStream? _file;
    private int _at;
    private EventHeader _last;
    private bool _isComplete;

    /// <summary>Sends all events to a sink. Nothing can be added afterwards, but they can be sent again.</summary>
    public void Replay(IEventSink sink, CancellationToken cancellation)
    {
        if (!_isComplete)
        {
            EndBlock();
            _isComplete = true;
        }

        _last = default;
        if (_file is null)
        {
            ReplayBlock(sink);
            return;
        }

        _file.Position = 0;
        while (_file.ReadAtLeast(_block, BlockBytes, throwOnEndOfStream: false) == BlockBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            ReplayBlock(sink);
        }
    }

    public void Dispose() => _file?.Dispose();

    public void On(in PageTableWrite e)
    {
        Begin(Kind.PageTableWrite, e.Header);
        Put(e.Pa);
        Put(e.New);
        Put(e.Old);
        Put((ulong?)e.Level);
        Put(e.Alias);
        Put((ulong)e.SizeBytes);
        Put((ulong)e.How);
        Put(e.Pc);
    }

    public void On(in TlbiInstruction e)
    {
        Begin(Kind.Tlbi, e.Header);
        Put((ulong)e.Operation);
        Put(e.Operand);
        Put(e.Pc);
    }

    public void On(in BarrierInstruction e)
    {
        Begin(Kind.Barrier, e.Header);
        Put((ulong)e.Kind);
        Put(e.Pc);
    }

    public void On(in SystemRegisterWrite e)
    {
        Begin(Kind.SystemRegisterWrite, e.Header);
        Put((ulong)e.Register);
        Put(e.Value);
        Put(e.Pc);
    }

    public void On(in TableKnown e)
    {
        Begin(Kind.TableKnown, e.Header);
        Put(e.Base);
        Put((ulong)e.Level);
        Put((ulong?)e.Entries);
        Put((ulong?)e.Root);
        Put(e.Parent);
        Put((ulong?)e.GranuleBytes);
    }

    public void On(in DescriptorValueKnown e)
    {
        Begin(Kind.DescriptorKnown, e.Header);
        Put((ulong)e.Source);
        Put(e.Pa);
        Put(e.Value);
        Put(e.Old);
        Put((ulong?)e.Level);
    }

    public void On(in TableGone e)
    {
        Begin(Kind.TableGone, e.Header);
        Put(e.IsFree ? 1UL : 0);
        Put(e.Base);
        Put((ulong?)e.Level);
        Put((ulong)e.Why);
    }

    public void On(in MachineFact e)
    {
        Begin(Kind.MachineFact, e.Header);
        Put((ulong)e.Key);
        Put((ulong)e.Value);
    }

    public void On(in PageAllocation e)
    {
        Begin(Kind.PageAllocation, e.Header);
        Put(e.IsFree ? 1UL : 0);
        Put(e.FrameNumber);
        Put((ulong)e.Order);
    }

    public void On(in ContextSwitch e)
    {
        Begin(Kind.ContextSwitch, e.Header);
        Put((ulong)e.PreviousPid);
        Put((ulong)e.NextPid);
    }

    public void On(in Marker e)
    {
        Begin(Kind.Marker, e.Header);
        Put((ulong)e.Text);
    }

    public void On(in LostEvents e)
    {
        Begin(Kind.LostEvents, e.Header);
        Put((ulong?)e.Count);
    }

    public void On(in TlbEntry e)
    {
        Begin(Kind.TlbEntry, e.Header);
        Put(e.IsEviction ? 1UL : 0);
        Put(e.IsWalkCache ? 1UL : 0);
        Put(e.Va);
        Put(e.SizeBytes);
        Put(e.Pa);
        Put((ulong)e.ExceptionLevel);
        Put((ulong?)e.Vmid);
        Put((ulong?)e.Asid);
    }

    private void Begin(Kind kind, in EventHeader header)
    {
        if (_at > BlockBytes - LargestEvent)
        {
            _file ??= CreateFile();
            EndBlock();
        }

        _block[_at++] = (byte)kind;
        Put((ulong)(header.Seq - _last.Seq));
        Put((ulong)(header.Line - _last.Line));
        Put((ulong)(header.Time - _last.Time));
        Put((ulong)header.Cpu);
        Put((ulong)header.Task);
        _last = header;
    }

    private void EndBlock()
    {
        _block[_at] = (byte)Kind.EndOfBlock;
        _file?.Write(_block);
        _at = 0;
    }

    // In the folder of the database, which has room for twice as much; a folder for temporary files is often memory.
    private FileStream CreateFile()
    {
        var path = Path.Combine(folder, $".tracereplay-{Path.GetRandomFileName()}");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, bufferSize: 0, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            // Without a name it is gone however the process ends.
            File.Delete(path);
        }

        return file;
    }

    private void Put(ulong? value)
    {
        if (value is { } known)
        {
            Put(known);
        }
        else
        {
            _block[_at++] = NullLength;
        }
    }

    // Always writes eight bytes, and keeps those that count: no loop and no branch.
    private void Put(ulong value)
    {
        var length = 8 - (BitOperations.LeadingZeroCount(value) >> 3);
        _block[_at] = (byte)length;
        Unsafe.WriteUnaligned(ref _block[_at + 1], value);
        _at += 1 + length;
    }

    private ulong? GetOrNull()
    {
        if (_block[_at] != NullLength)
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

    private void ReplayBlock(IEventSink sink)
    {
        _at = 0;
        while (ReplayEvent(sink))
        {
        }
    }

    private bool ReplayEvent(IEventSink sink)
    {
        switch ((Kind)_block[_at++])
        {
            case Kind.PageTableWrite:
                sink.On(new PageTableWrite(GetHeader(), Get(), Get(), GetOrNull(), GetIntOrNull(), GetOrNull(), GetInt(), GetInt(), GetOrNull()));
                return true;
            case Kind.Tlbi:
                sink.On(new TlbiInstruction(GetHeader(), GetInt(), Get(), GetOrNull()));
                return true;
            case Kind.Barrier:
                sink.On(new BarrierInstruction(GetHeader(), GetInt(), GetOrNull()));
                return true;
            case Kind.SystemRegisterWrite:
                sink.On(new SystemRegisterWrite(GetHeader(), GetInt(), Get(), GetOrNull()));
                return true;
            case Kind.TableKnown:
                sink.On(new TableKnown(GetHeader(), Get(), GetInt(), GetIntOrNull(), GetIntOrNull(), GetOrNull(), GetIntOrNull()));
                return true;
            case Kind.DescriptorKnown:
                sink.On(new DescriptorValueKnown(GetHeader(), (DescriptorSource)GetInt(), Get(), Get(), GetOrNull(), GetIntOrNull()));
                return true;
            case Kind.TableGone:
                sink.On(new TableGone(GetHeader(), Get() != 0, Get(), GetIntOrNull(), GetInt()));
                return true;
            case Kind.MachineFact:
                sink.On(new MachineFact(GetHeader(), GetInt(), GetInt()));
                return true;
            case Kind.PageAllocation:
                sink.On(new PageAllocation(GetHeader(), Get() != 0, Get(), GetInt()));
                return true;
            case Kind.ContextSwitch:
                sink.On(new ContextSwitch(GetHeader(), GetInt(), GetInt()));
                return true;
            case Kind.Marker:
                sink.On(new Marker(GetHeader(), GetInt()));
                return true;
            case Kind.LostEvents:
                sink.On(new LostEvents(GetHeader(), (long?)GetOrNull()));
                return true;
            case Kind.TlbEntry:
                sink.On(new TlbEntry(
                    GetHeader(), Get() != 0, Get() != 0, Get(), Get(), GetOrNull(), GetInt(), (ushort?)GetOrNull(), (ushort?)GetOrNull()));
                return true;
            default:
                return false;
        }
    }
}
