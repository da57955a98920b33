using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Reads numbers, strings and blocks one after the other.</summary>
/// <param name="source">Where from.</param>
/// <param name="position">First byte.</param>
/// <param name="order">Byte order of the numbers.</param>
internal sealed class ByteCursor(ByteSource source, long position, ByteOrder order)
{
    /// <summary>Larger blocks of metadata are damage: the symbols of a large kernel take a quarter of it.</summary>
    public const int LargestBlock = 64 << 20;

    private const int LongestString = 4096;

    /// <summary>Of the next byte, in the source.</summary>
    public long Position { get; set; } = position;

    /// <summary>Offset in the file of the next byte, for messages.</summary>
    public long FileOffset => source.FileOffset(Position);

    public ByteOrder Order => order;

    /// <summary>True when there is nothing left.</summary>
    public bool IsAtEnd => Position >= source.Length;

    /// <exception cref="TraceDatException">The file ends before.</exception>
    public byte U8(string what)
    {
        Span<byte> bytes = stackalloc byte[1];
        Fill(bytes, what);
        return bytes[0];
    }

    /// <exception cref="TraceDatException">The file ends before.</exception>
    public ushort U16(string what)
    {
        Span<byte> bytes = stackalloc byte[2];
        Fill(bytes, what);
        return order.U16(bytes);
    }

    /// <exception cref="TraceDatException">The file ends before.</exception>
    public uint U32(string what)
    {
        Span<byte> bytes = stackalloc byte[4];
        Fill(bytes, what);
        return order.U32(bytes);
    }

    /// <exception cref="TraceDatException">The file ends before.</exception>
    public ulong U64(string what)
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes, what);
        return order.U64(bytes);
    }

    /// <summary>A block of a size that the file tells.</summary>
    /// <exception cref="TraceDatException">The file ends before, or the size is no size.</exception>
    public byte[] Block(ulong size, string what)
    {
        if (size > LargestBlock)
        {
            throw new TraceDatException(FileOffset, $"{what} of {size} bytes: expected at most {LargestBlock}");
        }

        if ((long)size > source.Length - Position)
        {
            throw Ends(what);
        }

        var bytes = new byte[size];
        Fill(bytes, what);
        return bytes;
    }

    /// <summary>A text that ends with a zero byte.</summary>
    /// <exception cref="TraceDatException">The file ends before, or the text is too long to be one.</exception>
    public string Text(string what)
    {
        Span<byte> bytes = stackalloc byte[LongestString];
        var count = source.Read(Position, bytes);
        var end = bytes[..count].IndexOf((byte)0);
        if (end < 0)
        {
            throw count < LongestString ? Ends(what) : new TraceDatException(FileOffset, $"{what} of more than {LongestString} bytes");
        }

        Position += end + 1;
        return Encoding.UTF8.GetString(bytes[..end]);
    }

    /// <summary>Passes over bytes that are the same in every file.</summary>
    /// <exception cref="TraceDatException">Others stand there.</exception>
    public void Expect(ReadOnlySpan<byte> expected, string what)
    {
        var offset = FileOffset;
        var found = Block((ulong)expected.Length, what);
        if (!expected.SequenceEqual(found))
        {
            throw new TraceDatException(offset, $"expected {what}, found '{ImportProblems.Quote(found)}'");
        }
    }

    private void Fill(Span<byte> bytes, string what)
    {
        if (source.Read(Position, bytes) < bytes.Length)
        {
            throw Ends(what);
        }

        Position += bytes.Length;
    }

    private TraceDatException Ends(string what) => new(FileOffset, $"the file ends in {what}");
}
