namespace TraceReplay.Ingest;

/// <summary>A stream whose first bytes can be looked at before it is read.</summary>
internal sealed class PeekStream : ReadOnlyStream
{
    private readonly Stream _inner;
    private readonly byte[] _head;
    private readonly int _headLength;
    private int _position;

    public PeekStream(Stream inner, int headBytes)
    {
        _inner = inner;
        _head = new byte[headBytes];
        while (_headLength < headBytes)
        {
            try
            {
                var read = inner.Read(_head.AsSpan(_headLength));
                if (read == 0)
                {
                    break;
                }

                _headLength += read;
            }
            catch (DamagedSourceException e)
            {
                // Told again where it belongs: after the bytes that are good.
                Damage = e;
                break;
            }
        }
    }

    /// <summary>The first bytes: as many as asked for, or all there are.</summary>
    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _headLength);

    /// <summary>Why the head is not longer; thrown again once the head was read.</summary>
    public DamagedSourceException? Damage { get; }

    /// <summary>Passes over bytes of the head.</summary>
    public void Skip(int count) => _position += count;

    public override int Read(Span<byte> buffer)
    {
        if (_position < _headLength)
        {
            var count = Math.Min(buffer.Length, _headLength - _position);
            _head.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        return Damage is null ? _inner.Read(buffer) : throw Damage;
    }
}
