namespace TraceReplay.Ingest.TraceDat;

/// <summary>The pages of the ring buffer of one CPU, one after the other; a bounded number of them is in memory.</summary>
internal abstract class PageSource
{
    /// <summary>Moves to the next page; false at the end.</summary>
    /// <exception cref="TraceDatException">Pages are missing here; the next call goes on behind them.</exception>
    public abstract bool Next();

    /// <summary>The page; shorter than it should be where the file ends. Valid until the next move.</summary>
    public abstract ReadOnlySpan<byte> Page { get; }

    /// <summary>Where the page, or what it was made of, stands in the file.</summary>
    public abstract long FileOffset { get; }

    /// <summary>The source for the data of a CPU.</summary>
    public static PageSource Open(TraceDatFile file, TraceDatBuffer buffer, CpuData data) => buffer.IsCompressed
        ? new PiecePages(file, buffer, data)
        : new PlainPages(file.Bytes, buffer, data);

    // Pages as they were, read in blocks.
    private sealed class PlainPages(FileBytes bytes, TraceDatBuffer buffer, CpuData data) : PageSource
    {
        private const int BlockBytes = 64 * 1024;

        private readonly byte[] _block = new byte[Math.Min(data.Bytes, Math.Max(buffer.PageBytes, BlockBytes / buffer.PageBytes * buffer.PageBytes))];
        private long _nextBlock = data.Offset;
        private int _start;
        private int _length;
        private int _end;
        private bool _isCut;

        public override ReadOnlySpan<byte> Page => _block.AsSpan(_start, _length);

        public override long FileOffset => _nextBlock - _end + _start;

        public override bool Next()
        {
            _start += _length;
            if (_start >= _end && !Fill())
            {
                return false;
            }

            _length = Math.Min(buffer.PageBytes, _end - _start);
            return true;
        }

        private bool Fill()
        {
            var wanted = (int)Math.Min(_block.Length, data.Bytes - (_nextBlock - data.Offset));
            (_start, _length, _end) = (0, 0, 0);
            if (wanted <= 0 || _isCut)
            {
                return false;
            }

            _end = bytes.Read(_nextBlock, _block.AsSpan(0, wanted));
            _nextBlock += _end;
            if (_end == 0)
            {
                _isCut = true;
                throw new TraceDatException(_nextBlock, "the file ends in the pages of the ring buffer");
            }

            return true;
        }
    }

    // Pieces of several pages, compressed one by one, with their number before them.
    private sealed class PiecePages(TraceDatFile file, TraceDatBuffer buffer, CpuData data) : PageSource
    {
        private readonly ByteCursor _cursor = new(file.Bytes, data.Offset, file.Order);
        private byte[] _piece = [];
        private uint? _left;
        private long _offset = data.Offset;
        private int _start;
        private int _length;
        private int _end;

        public override ReadOnlySpan<byte> Page => _piece.AsSpan(_start, _length);

        public override long FileOffset => _offset;

        public override bool Next()
        {
            _start += _length;
            _length = 0;
            while (_start >= _end)
            {
                if (!ReadPiece())
                {
                    return false;
                }
            }

            _length = Math.Min(buffer.PageBytes, _end - _start);
            return true;
        }

        private bool ReadPiece()
        {
            (_start, _end) = (0, 0);
            var left = _left ?? 0;
            if (_left is null)
            {
                _left = 0;
                left = _cursor.U32("the number of pieces");
            }

            if (left == 0)
            {
                return false;
            }

            // Nothing more is read when the sizes cannot be.
            _left = 0;
            _offset = _cursor.FileOffset;
            var compressedSize = _cursor.U32("the size of a piece");
            var size = _cursor.U32("the size of a piece");
            var compression = SectionCompression.Check(file.Compression, compressedSize, size, _offset);
            var compressed = _cursor.Block(compressedSize, "a compressed piece");
            _left = left - 1;
            if (_piece.Length < size)
            {
                _piece = new byte[size];
            }

            try
            {
                _end = compression.Decompress(compressed, _piece.AsSpan(0, (int)size));
                return true;
            }
            catch (InvalidDataException)
            {
                throw new TraceDatException(_offset, "a compressed piece is damaged");
            }
        }
    }
}
