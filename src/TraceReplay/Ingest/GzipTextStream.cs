using System.IO.Compression;

namespace TraceReplay.Ingest;

/// <summary>Decompresses, and tells damage by <see cref="DamagedSourceException"/> after all that could be decompressed.</summary>
internal sealed class GzipTextStream : ReadOnlyStream
{
    private readonly SentinelStream _compressed;
    private readonly GZipStream _gzip;
    private bool _isAtEnd;

    public GzipTextStream(Stream compressed)
    {
        _compressed = new SentinelStream(compressed);
        _gzip = new GZipStream(_compressed, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_isAtEnd || buffer.IsEmpty)
        {
            return 0;
        }

        try
        {
            var read = _gzip.Read(buffer);
            if (!_compressed.IsPastEnd)
            {
                if (read > 0)
                {
                    return read;
                }

                _isAtEnd = true;
                if (_compressed.IsRestPadding())
                {
                    return 0;
                }

                throw new DamagedSourceException(ImportProblems.CorruptGzip, "bytes that are not gzip follow the compressed data; they were not read");
            }

            _isAtEnd = true;
            if (EndsWell(buffer[..read]))
            {
                return 0;
            }
        }
        catch (InvalidDataException) when (!_compressed.IsPastEnd)
        {
            _isAtEnd = true;
            throw new DamagedSourceException(ImportProblems.CorruptGzip, "the compressed data is damaged from here on");
        }
        catch (InvalidDataException)
        {
            // The member that was added does not fit where the input stopped.
        }

        _isAtEnd = true;
        throw new DamagedSourceException(ImportProblems.TruncatedGzip, "the compressed data stops here, before its end");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gzip.Dispose();
        }

        base.Dispose(disposing);
    }

    // What is decoded past the end of a whole input is the text of the added member and nothing else.
    private bool EndsWell(ReadOnlySpan<byte> decoded)
    {
        Span<byte> text = stackalloc byte[SentinelStream.Text.Length + 1];
        var length = Math.Min(decoded.Length, text.Length);
        decoded[..length].CopyTo(text);
        while (length < text.Length)
        {
            var read = _gzip.Read(text[length..]);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return text[..length].SequenceEqual(SentinelStream.Text);
    }
}
