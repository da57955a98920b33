using System.IO.Compression;

namespace TraceReplay.Ingest;

/// <summary>
/// Compressed bytes followed by one more, small, gzip member. <see cref="GZipStream"/> ends in the same way whether its
/// input is whole or cut off; but only after a whole input does it decode the member that follows.
/// </summary>
/// <remarks>
/// Zeros after the last member are padding, anything else is not. Where a member ends only the decoder knows, which takes its
/// input in blocks; so zeros at the end of a block are handed out one by one, and it stops at the first that is padding.
/// </remarks>
internal sealed class SentinelStream(Stream compressed) : ReadOnlyStream
{
    private int _handedOut;

    // Zeros taken from the input and not handed out yet; those before them in the block have been.
    private int _zerosLeft;
    private bool _lastWasLoneZero;

    /// <summary>What the added member decodes to.</summary>
    public static ReadOnlySpan<byte> Text => "tracereplay-end-of-input"u8;

    private static byte[] Member { get; } = MakeMember();

    /// <summary>True once the input has ended and what follows it is being decoded.</summary>
    public bool IsPastEnd { get; private set; }

    /// <summary>
    /// After the decoder stopped before the end of its input: true when all that it left is zeros. Takes the rest of the input.
    /// </summary>
    public bool IsRestPadding()
    {
        if (!_lastWasLoneZero)
        {
            return false;
        }

        var block = new byte[4096];
        int read;
        while ((read = compressed.Read(block)) > 0)
        {
            if (block.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    public override int Read(Span<byte> buffer)
    {
        if (!IsPastEnd)
        {
            var read = ReadInput(buffer);
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

    private int ReadInput(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (_zerosLeft == 0)
        {
            var read = compressed.Read(buffer);
            var length = buffer[..read].TrimEnd((byte)0).Length;
            _zerosLeft = read - length;
            if (length > 0 || read == 0)
            {
                _lastWasLoneZero = false;
                return length;
            }
        }

        _zerosLeft--;
        _lastWasLoneZero = true;
        buffer[0] = 0;
        return 1;
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
