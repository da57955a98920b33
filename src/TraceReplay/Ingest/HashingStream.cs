using System.Security.Cryptography;

namespace TraceReplay.Ingest;

/// <summary>Counts and hashes the bytes that pass through.</summary>
internal sealed class HashingStream(Stream inner) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytes;

    /// <summary>Bytes that have passed; may be read from another thread.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>SHA-256 of the bytes that have passed, lower-case hex.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _hash.AppendData(buffer[..read]);
        Interlocked.Add(ref _bytes, read);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
