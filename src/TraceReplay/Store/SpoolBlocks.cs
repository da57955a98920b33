using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>
/// Blocks of spooled events in the order in which they were filled: the last ones in memory, those before in a file without a name. One
/// thread fills them; another may read along.
/// </summary>
/// <param name="folder">Where the file is made, if there is need for one; null to drop the blocks that the reader beside has left behind.</param>
internal sealed class SpoolBlocks(string? folder) : IDisposable
{
    /// <summary>Size of a block: some 10,000 events, and no more than a second-level cache holds.</summary>
    public const int BlockBytes = 1 << 18;

    // 4 MiB. A reader that is further behind holds up the one who fills them.
    private const int MostInMemory = 16;

    private readonly object _lock = new();
    private readonly Queue<byte[]> _inMemory = [];
    private readonly List<EventHeader> _starts = [];
    private FileStream? _file;
    private int _inFile;

    // Blocks that the reader beside has left behind; all where there is none.
    private int _read = int.MaxValue;
    private bool _isComplete;

    /// <summary>Number of blocks that are filled.</summary>
    public int Count => _inFile + _inMemory.Count;

    /// <summary>Header of the event before the first one of a block; once all are complete.</summary>
    public EventHeader Before(int block) => _starts[block];

    /// <summary>Announces a reader on another thread, while all blocks are in memory.</summary>
    public void ReadBeside() => _read = 0;

    /// <summary>Takes a filled block in exchange for one to fill.</summary>
    /// <param name="filled">The block.</param>
    /// <param name="before">Header of the event before its first one.</param>
    /// <exception cref="DatabaseException">The file cannot be written.</exception>
    public byte[] Exchange(byte[] filled, in EventHeader before)
    {
        lock (_lock)
        {
            Add(filled, before);
            if (_inMemory.Count <= MostInMemory)
            {
                return new byte[BlockBytes];
            }

            while (_read <= _inFile)
            {
                Monitor.Wait(_lock);
            }

            // While it is written nobody asks for it: the reader is past it, and there is no other before all is complete.
            var oldest = _inMemory.Dequeue();
            if (folder is not null)
            {
                Guard(() =>
                {
                    _file ??= CreateFile(folder);
                    _file.Write(oldest);
                });
            }

            _inFile++;
            return oldest;
        }
    }

    /// <summary>Takes the last block.</summary>
    public void Complete(byte[] last, in EventHeader before)
    {
        lock (_lock)
        {
            Add(last, before);
            _isComplete = true;
        }
    }

    /// <summary>
    /// A block, which is waited for, and the header of the event before it; null behind the last one. For the reader beside, which gives
    /// back the blocks before.
    /// </summary>
    public (byte[] Bytes, EventHeader Before)? Await(int block)
    {
        lock (_lock)
        {
            _read = block;
            Monitor.PulseAll(_lock);
            while (block >= Count && !_isComplete)
            {
                Monitor.Wait(_lock);
            }

            return block >= Count ? null : (_inMemory.ElementAt(block - _inFile), _starts[block]);
        }
    }

    /// <summary>The reader beside reads no more.</summary>
    public void EndReading()
    {
        lock (_lock)
        {
            _read = int.MaxValue;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>No further block comes: whoever waits for one is let go.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _isComplete = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>A block once all are complete.</summary>
    /// <param name="block">Which, 0-based.</param>
    /// <param name="buffer">Receives one that is in the file.</param>
    /// <exception cref="DatabaseException">The file cannot be read.</exception>
    public byte[] Read(int block, byte[] buffer)
    {
        if (block >= _inFile)
        {
            return _inMemory.ElementAt(block - _inFile);
        }

        Guard(() =>
        {
            var file = _file ?? throw new InvalidOperationException("the blocks that the reader beside left behind were dropped");
            file.Position = (long)block * BlockBytes;
            file.ReadExactly(buffer);
        });
        return buffer;
    }

    public void Dispose() => _file?.Dispose();

    private void Add(byte[] filled, in EventHeader before)
    {
        _inMemory.Enqueue(filled);
        _starts.Add(before);
        Monitor.PulseAll(_lock);
    }

    // The one who adds events reads them from a trace, whose failures are of the same types: they are told apart here.
    private void Guard(Action use)
    {
        try
        {
            use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseException($"temporary file in {folder}: {e.Message}", e);
        }
    }

    // In the folder of the database, which has room for twice as much; a folder for temporary files is often memory.
    private static FileStream CreateFile(string folder)
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
}
