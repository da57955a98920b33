using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace TraceReplay.Ingest;

/// <summary>Reads its source on a thread of its own, a few blocks ahead: decompression and parsing then overlap.</summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BlockBytes = 512 * 1024;
    private const int Blocks = 4;

    // A thread that waits for a terminal or a pipe cannot be stopped; it is left behind.
    private const int StopMilliseconds = 200;

    private readonly Stream _source;
    private readonly CancellationToken _cancellation;
    private readonly BlockingCollection<Block> _free = [];
    private readonly BlockingCollection<Block> _full = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    // Set by the reading thread before it completes _full, read after that.
    private ExceptionDispatchInfo? _fault;

    private Block? _block;
    private int _position;

    public ReadAheadStream(Stream source, CancellationToken cancellation)
    {
        _source = source;
        _cancellation = cancellation;
        for (var i = 0; i < Blocks; i++)
        {
            _free.Add(new Block(), CancellationToken.None);
        }

        _thread = new Thread(ReadAll) { IsBackground = true, Name = "read-ahead" };
        _thread.Start();
    }

    public override int Read(Span<byte> buffer)
    {
        if ((_block is null || _position == _block.Length) && !NextBlock())
        {
            _fault?.Throw();
            return 0;
        }

        var count = Math.Min(buffer.Length, _block!.Length - _position);
        _block.Bytes.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
            if (_thread.Join(StopMilliseconds))
            {
                _free.Dispose();
                _full.Dispose();
                _stop.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private bool NextBlock()
    {
        if (_block is { } done)
        {
            _block = null;
            _position = 0;
            _free.Add(done);
        }

        return _full.TryTake(out _block, Timeout.Infinite, _cancellation);
    }

    private void ReadAll()
    {
        try
        {
            while (true)
            {
                var block = _free.Take(_stop.Token);
                block.Length = _source.Read(block.Bytes, 0, BlockBytes);
                if (block.Length == 0)
                {
                    break;
                }

                _full.Add(block);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed before the end.
        }
        catch (Exception e)
        {
            _fault = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _full.CompleteAdding();
        }
    }

    private sealed class Block
    {
        public byte[] Bytes { get; } = new byte[BlockBytes];

        /// <summary>Bytes that were read into it.</summary>
        public int Length { get; set; }
    }
}
