using System.IO.Compression;

namespace TraceReplay.Ingest;

/// <summary>
/// Compressed bytes followed by one more, small, gzip member. <see cref="GZipStream"/> ends in the same way whether its
/// input is whole or cut off; but only after a whole input does it decode the member that follows.
/// </summary>
internal sealed class SentinelStream(Stream compressed) : ReadOnlyStream
{
    private int _handedOut;

    /// <summary>What the added member decodes to.</summary>
    public static ReadOnlySpan<byte> Text => "tracereplay-end-of-input"u8;

    private static byte[] Member { get; } = MakeMember();

    /// <summary>True once the input has ended and what follows it is being decoded.</summary>
    public bool IsPastEnd { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        if (!IsPastEnd)
        {
            var read = compressed.Read(buffer);
            if (read > 0 || buffer.IsEmpty)
            {
                return read;
            }

            IsPastEnd = true;
        }

        var count = Math.Min(buffer.Length, Member.Length - _handedOut);
        Member.AsSpan(_handedOut, count).CopyTo(buffer);
        _handedOut += count;
        return count;
    }

    private static byte[] MakeMember()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(Text);
        }

        return bytes.ToArray();
    }
}
