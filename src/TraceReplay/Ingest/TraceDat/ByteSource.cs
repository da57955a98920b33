using Microsoft.Win32.SafeHandles;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Bytes that can be read at any offset.</summary>
internal abstract class ByteSource
{
    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Reads from an offset as many bytes as there are, up to the size of the buffer.</summary>
    public abstract int Read(long offset, Span<byte> buffer);

    /// <summary>The offset in the file that a position of this source stands for in messages.</summary>
    public abstract long FileOffset(long position);
}

/// <summary>The file itself.</summary>
internal sealed class FileBytes(SafeFileHandle file) : ByteSource
{
    private long _bytesRead;

    public override long Length { get; } = RandomAccess.GetLength(file);

    /// <summary>Bytes taken from the file; may be read from another thread.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override int Read(long offset, Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length && offset >= 0)
        {
            var read = RandomAccess.Read(file, buffer[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        Interlocked.Add(ref _bytesRead, total);
        return total;
    }

    public override long FileOffset(long position) => position;
}

/// <summary>The content of a compressed section.</summary>
/// <param name="bytes">The decompressed bytes.</param>
/// <param name="offset">Where the section stands in the file.</param>
internal sealed class SectionBytes(ReadOnlyMemory<byte> bytes, long offset) : ByteSource
{
    public override long Length => bytes.Length;

    public override int Read(long position, Span<byte> buffer)
    {
        if (position < 0 || position >= bytes.Length)
        {
            return 0;
        }

        var available = bytes.Span[(int)position..];
        var count = Math.Min(buffer.Length, available.Length);
        available[..count].CopyTo(buffer);
        return count;
    }

    public override long FileOffset(long position) => offset;
}
