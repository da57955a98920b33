namespace TraceReplay.Ingest;

/// <summary>Cuts a stream into lines in one reused buffer, whose size bounds the longest line.</summary>
internal sealed class LineReader : ILinePosition
{
    /// <summary>Longer lines are skipped: ftrace prints at most a few pages.</summary>
    public const int MaxLineBytes = 1 << 20;

    private readonly Stream _stream;
    private readonly byte[] _buffer;
    private int _start;
    private int _end;
    private bool _isAtEnd;
    private int _lineStart;
    private int _lineLength;

    /// <param name="stream">The decompressed text.</param>
    /// <param name="bufferBytes">Size of the buffer, at least 2; lines must fit in it with their line feed.</param>
    public LineReader(Stream stream, int bufferBytes = (2 * MaxLineBytes) + 2)
    {
        _stream = stream;
        _buffer = new byte[bufferBytes];
    }

    /// <summary>1-based number of the line last read.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes taken from the stream.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The line last read is too long; <see cref="Line"/> is its start.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Set when the stream's readable part ended early; the unfinished last line is then not delivered.</summary>
    public DamagedSourceException? Damage { get; private set; }

    /// <summary>The line last read, without its line feed and a carriage return before it. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_lineStart, _lineLength);

    /// <summary>Moves to the next line; false at the end of the stream.</summary>
    public bool Next()
    {
        IsTooLong = false;
        var searched = 0;
        while (true)
        {
            var feed = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                Deliver(searched + feed);
                _start += searched + feed + 1;
                return true;
            }

            searched = _end - _start;
            if (searched > MaxLineBytes || (_start == 0 && _end == _buffer.Length))
            {
                Deliver(searched);
                IsTooLong = true;
                SkipRestOfLine();
                return true;
            }

            if (!Fill())
            {
                if (searched == 0 || Damage is not null)
                {
                    return false;
                }

                Deliver(searched);
                _start = _end;
                return true;
            }
        }
    }

    private void Deliver(int length)
    {
        Number++;
        _lineStart = _start;
        _lineLength = length > 0 && _buffer[_start + length - 1] == (byte)'\r' ? length - 1 : length;
        IsTooLong = length > MaxLineBytes;
    }

    // Keeps the start of the line, which is quoted in the problem, and reads the rest of the line into the buffer after it.
    private void SkipRestOfLine()
    {
        var keep = Math.Min(_lineLength, Math.Min(ImportProblems.ExcerptBytes, _buffer.Length / 2));
        _buffer.AsSpan(_lineStart, keep).CopyTo(_buffer);
        (_lineStart, _lineLength) = (0, keep);
        while (true)
        {
            (_start, _end) = (keep, keep);
            if (!ReadInto(_buffer.AsSpan(keep)))
            {
                return;
            }

            var feed = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                _start += feed + 1;
                return;
            }
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        return ReadInto(_buffer.AsSpan(_end));
    }

    private bool ReadInto(Span<byte> free)
    {
        if (_isAtEnd)
        {
            return false;
        }

        try
        {
            var read = _stream.Read(free);
            _isAtEnd = read == 0;
            _end += read;
            BytesRead += read;
            return read > 0;
        }
        catch (DamagedSourceException e)
        {
            Damage = e;
            _isAtEnd = true;
            return false;
        }
    }
}
