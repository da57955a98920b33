using System.Numerics;
using System.Runtime.CompilerServices;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>
/// A compact copy of the events of a trace, for replay: a replay beside the reading of the trace takes them from here, and where they are
/// not stored otherwise may need them again once facts about the whole trace are known. Some 25 bytes an event, read at 30 million events a
/// second.
/// </summary>
/// <remarks>
/// A number is a byte that tells its length, and its low bytes; those of headers are differences from the event before. Read by the
/// process that wrote it, so the order of bytes is that of the machine, which .NET runs on little-endian ones.
/// </remarks>
/// <param name="folder">
/// Where a file is made, if there is need for one; null where the replay beside is the only one to read them here: it leaves none behind.
/// </param>
internal sealed class EventSpool(string? folder) : IEventSink, IDisposable
{
    /// <summary>Stands for the length of a number that is absent.</summary>
    public const byte NullLength = 0xff;

    // Kind, header and eight fields of nine bytes, and the mark behind the last event of a block.
    private const int LargestEvent = 1 + (13 * 9) + 1;

    private const int BlocksToBegin = 8;

    private readonly SpoolBlocks _blocks = new(folder);
    private byte[] _block = new byte[SpoolBlocks.BlockBytes];
    private int _at;
    private EventHeader _last;
    private EventHeader _before;
    private bool _isComplete;

    /// <summary>
    /// Called once, on the thread that adds events, when there are enough of them to tell facts about the trace: some 80,000. A replay
    /// beside can begin then.
    /// </summary>
    public Action? HasBegun { get; set; }

    /// <summary>Announces that another thread calls <see cref="ReplayBeside"/>.</summary>
    public void BeginReadingBeside() => _blocks.ReadBeside();

    /// <summary>Sends the events to a sink while they are added on another thread, until that one completes them.</summary>
    public void ReplayBeside(IEventSink sink, CancellationToken cancellation)
    {
        try
        {
            var decoder = new SpoolDecoder();
            for (var i = 0; _blocks.Await(i) is { } block; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                decoder.Decode(block.Bytes, block.Before, sink);
            }
        }
        finally
        {
            // Whatever stops it, the one who adds events is not held up.
            _blocks.EndReading();
        }
    }

    /// <summary>Nothing can be added afterwards.</summary>
    public void Complete()
    {
        if (!_isComplete)
        {
            _block[_at] = (byte)SpooledKind.EndOfBlock;
            _blocks.Complete(_block, _before);
            _isComplete = true;
        }
    }

    /// <summary>Ends a replay beside that waits for events which will not come.</summary>
    public void Abandon() => _blocks.Abandon();

    /// <summary>Sends all events to a sink; once they are complete, as often as needed.</summary>
    public void Replay(IEventSink sink, CancellationToken cancellation)
    {
        Complete();
        var buffer = new byte[SpoolBlocks.BlockBytes];
        var decoder = new SpoolDecoder();
        for (var i = 0; i < _blocks.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.Decode(_blocks.Read(i, buffer), _blocks.Before(i), sink);
        }
    }

    /// <summary>Sends the events of some sequence numbers to a sink; blocks without any are passed over.</summary>
    /// <param name="sequences">Ascending.</param>
    /// <param name="sink">Receives the events.</param>
    public void ReplaySelected(IEnumerable<long> sequences, IEventSink sink)
    {
        Complete();
        using var selected = new SelectedEvents(sequences, sink);
        var buffer = new byte[SpoolBlocks.BlockBytes];
        var decoder = new SpoolDecoder();
        for (var i = 0; i < _blocks.Count && selected.Wanted != long.MaxValue; i++)
        {
            if (i + 1 == _blocks.Count || selected.Wanted <= _blocks.Before(i + 1).Seq)
            {
                decoder.Decode(_blocks.Read(i, buffer), _blocks.Before(i), selected);
            }
        }
    }

    public void Dispose() => _blocks.Dispose();

    public void On(in PageTableWrite e)
    {
        Begin(SpooledKind.PageTableWrite, e.Header);
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
        Begin(SpooledKind.Tlbi, e.Header);
        Put((ulong)e.Operation);
        Put(e.Operand);
        Put(e.Pc);
    }

    public void On(in BarrierInstruction e)
    {
        Begin(SpooledKind.Barrier, e.Header);
        Put((ulong)e.Kind);
        Put(e.Pc);
    }

    public void On(in SystemRegisterWrite e)
    {
        Begin(SpooledKind.SystemRegisterWrite, e.Header);
        Put((ulong)e.Register);
        Put(e.Value);
        Put(e.Pc);
    }

    public void On(in TableKnown e)
    {
        Begin(SpooledKind.TableKnown, e.Header);
        Put(e.Base);
        Put((ulong)e.Level);
        Put((ulong?)e.Entries);
        Put((ulong?)e.Root);
        Put(e.Parent);
        Put((ulong?)e.GranuleBytes);
        Put(e.IsFromImage ? 1UL : 0);
    }

    public void On(in DescriptorValueKnown e)
    {
        Begin(SpooledKind.DescriptorKnown, e.Header);
        Put((ulong)e.Source);
        Put(e.Pa);
        Put(e.Value);
        Put(e.Old);
        Put((ulong?)e.Level);
    }

    public void On(in TableGone e)
    {
        Begin(SpooledKind.TableGone, e.Header);
        Put(e.IsFree ? 1UL : 0);
        Put(e.Base);
        Put((ulong?)e.Level);
        Put((ulong)e.Why);
    }

    public void On(in MachineFact e)
    {
        Begin(SpooledKind.MachineFact, e.Header);
        Put((ulong)e.Key);
        Put((ulong)e.Value);
    }

    public void On(in PageAllocation e)
    {
        Begin(SpooledKind.PageAllocation, e.Header);
        Put(e.IsFree ? 1UL : 0);
        Put(e.FrameNumber);
        Put((ulong)e.Order);
    }

    public void On(in ContextSwitch e)
    {
        Begin(SpooledKind.ContextSwitch, e.Header);
        Put((ulong)e.PreviousPid);
        Put((ulong)e.NextPid);
    }

    public void On(in LockOperation e)
    {
        Begin(SpooledKind.LockOperation, e.Header);
        Put((ulong)e.Action);
        Put(e.Address);
    }

    public void On(in LockHint e)
    {
        Begin(SpooledKind.LockHint, e.Header);
        Put((ulong)e.Kind);
        Put(e.Location);
        Put(e.Value);
    }

    public void On(in Marker e)
    {
        Begin(SpooledKind.Marker, e.Header);
        Put((ulong)e.Text);
    }

    public void On(in LostEvents e)
    {
        Begin(SpooledKind.LostEvents, e.Header);
        Put((ulong?)e.Count);
    }

    public void On(in TlbEntry e)
    {
        Begin(SpooledKind.TlbEntry, e.Header);
        Put(e.IsEviction ? 1UL : 0);
        Put(e.IsWalkCache ? 1UL : 0);
        Put(e.Va);
        Put(e.SizeBytes);
        Put(e.Pa);
        Put((ulong)e.ExceptionLevel);
        Put((ulong?)e.Vmid);
        Put((ulong?)e.Asid);
    }

    private void Begin(SpooledKind kind, in EventHeader header)
    {
        if (_at > SpoolBlocks.BlockBytes - LargestEvent)
        {
            _block[_at] = (byte)SpooledKind.EndOfBlock;
            _block = _blocks.Exchange(_block, _before);
            _before = _last;
            _at = 0;
            if (_blocks.Count == BlocksToBegin)
            {
                HasBegun?.Invoke();
            }
        }

        // Nearly always the next line, by the same task.
        var isNext = header.Seq == _last.Seq + 1 && header.Place == _last.Place + 1 && header.Cpu == _last.Cpu && header.Task == _last.Task;
        _block[_at++] = (byte)(isNext ? (int)kind : (int)kind | SpoolDecoder.WholeHeader);
        Put((ulong)(header.Time - _last.Time));
        if (!isNext)
        {
            Put((ulong)(header.Seq - _last.Seq));
            Put((ulong)(header.Place - _last.Place));
            Put((ulong)header.Cpu);
            Put((ulong)header.Task);
        }

        _last = header;
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
}
