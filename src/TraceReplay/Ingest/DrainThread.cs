using System.Runtime.ExceptionServices;

namespace TraceReplay.Ingest;

/// <summary>Reads a stream to its end on a thread of its own, for what the stream does with the bytes that pass.</summary>
internal sealed class DrainThread : IDisposable
{
    private const int BlockBytes = 128 * 1024;

    private readonly Stream _source;
    private readonly Thread _thread;
    private volatile bool _isStopped;
    private ExceptionDispatchInfo? _fault;

    public DrainThread(Stream source)
    {
        _source = source;
        _thread = new Thread(ReadAll) { IsBackground = true, Name = "drain" };
        _thread.Start();
    }

    /// <summary>Waits for the end.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public void Finish()
    {
        _thread.Join();
        _fault?.Throw();
    }

    /// <summary>Stops the reading where it is.</summary>
    public void Dispose()
    {
        _isStopped = true;
        _thread.Join();
    }

    private void ReadAll()
    {
        try
        {
            var block = new byte[BlockBytes];
            while (!_isStopped && _source.Read(block, 0, block.Length) > 0)
            {
            }
        }
        catch (Exception e)
        {
            _fault = ExceptionDispatchInfo.Capture(e);
        }
    }
}
