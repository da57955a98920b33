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
    private readonly BlockingCollection<byte[]> _free = [];
    private readonly BlockingCollection<(byte[] Block, int Length)> _full = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    // Set by the reading thread before it completes _full, read after that.
    private ExceptionDispatchInfo? _fault;

    private byte[] _block = [];
    private int _position;
    private int _length;

    public ReadAheadStream(Stream source, CancellationToken cancellation)
    {
        _source = source;
        _cancellation = cancellation;
        for (var i = 0; i < Blocks; i++)
        {
            _free.Add(new byte[BlockBytes], CancellationToken.None);
        }

        _thread = new Thread(ReadAll) { IsBackground = true, Name = "read-ahead" };
        _thread.Start();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == _length && !NextBlock())
        {
            _fault?.Throw();
            return 0;
        }

        var count = Math.Min(buffer.Length, _length - _position);
        _block.AsSpan(_position, count).CopyTo(buffer);
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
        if (_length > 0)
        {
            _free.Add(_block);
            (_position, _length) = (0, 0);
        }

        if (!_full.TryTake(out var next, Timeout.Infinite, _cancellation))
        {
            return false;
        }

        (_block, _length) = next;
        return true;
    }

    private void ReadAll()
    {
        try
        {
            while (true)
            {
                var block = _free.Take(_stop.Token);
                var read = _source.Read(block, 0, block.Length);
                if (read == 0)
                {
                    break;
                }

                _full.Add((block, read));
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
}
