using System.IO.Compression;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>The algorithm of a file's compressed sections.</summary>
internal abstract class SectionCompression
{
    // Larger pieces are damage: trace-cmd compresses ten pages of the ring buffer at once. So are those that shrank more than
    // any does, but for small ones that are all zeros.
    private const uint LargestPiece = 64 << 20;
    private const uint SmallPiece = 1 << 20;
    private const uint BestRatio = 4096;

    /// <summary>The algorithm of this name; null for <c>none</c>.</summary>
    /// <param name="name">As in the file's header.</param>
    /// <param name="offset">Where it stands, for messages.</param>
    /// <exception cref="TraceDatException">It is not known, or not available here.</exception>
    public static SectionCompression? Find(string name, long offset) => name switch
    {
        "none" => null,
        "zlib" => new ZlibCompression(),
        "zstd" => ZstdCompression.Load(offset),
        _ => throw new TraceDatException(offset, $"compression '{ImportProblems.Printable(name)}'; expected none, zlib or zstd"),
    };

    /// <summary>Checks the sizes of a piece before memory is taken for it.</summary>
    /// <param name="compression">That of the file.</param>
    /// <param name="compressedSize">In bytes.</param>
    /// <param name="size">In bytes, decompressed.</param>
    /// <param name="offset">Where the piece stands, for messages.</param>
    /// <exception cref="TraceDatException">They cannot be, or the file's header names no compression.</exception>
    public static SectionCompression Check(SectionCompression? compression, uint compressedSize, uint size, long offset)
    {
        if (compression is null)
        {
            throw new TraceDatException(offset, "compressed data in a file whose header says that nothing is compressed");
        }

        return size <= Math.Min(LargestPiece, Math.Max(SmallPiece, (ulong)compressedSize * BestRatio))
            ? compression
            : throw new TraceDatException(offset, $"{compressedSize} compressed bytes that hold {size}");
    }

    /// <summary>Decompresses a piece.</summary>
    /// <returns>Number of bytes written.</returns>
    /// <exception cref="InvalidDataException">The piece is damaged.</exception>
    public abstract int Decompress(ReadOnlyMemory<byte> compressed, Span<byte> target);

    private sealed class ZlibCompression : SectionCompression
    {
        public override unsafe int Decompress(ReadOnlyMemory<byte> compressed, Span<byte> target)
        {
            using var pin = compressed.Pin();
            using var input = new UnmanagedMemoryStream((byte*)pin.Pointer, compressed.Length);
            using var zlib = new ZLibStream(input, CompressionMode.Decompress);
            return zlib.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
    }
}
