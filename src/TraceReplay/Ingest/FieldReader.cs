namespace TraceReplay.Ingest;

/// <summary>Walks the <c>key=value</c> words of a payload; words without <c>=</c> are passed over.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>The next field, in the order printed. The value may be empty.</summary>
    public bool Next(out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        var rest = _rest;
        while (true)
        {
            var start = 0;
            while ((uint)start < (uint)rest.Length && IsSpace(rest[start]))
            {
                start++;
            }

            rest = rest[start..];
            if (rest.IsEmpty)
            {
                _rest = rest;
                key = default;
                value = default;
                return false;
            }

            var equals = 0;
            while ((uint)equals < (uint)rest.Length && rest[equals] != (byte)'=' && !IsSpace(rest[equals]))
            {
                equals++;
            }

            if ((uint)equals >= (uint)rest.Length || rest[equals] != (byte)'=')
            {
                rest = rest[equals..];
                continue;
            }

            var end = equals + 1;
            while ((uint)end < (uint)rest.Length && !IsSpace(rest[end]))
            {
                end++;
            }

            key = rest[..equals];
            value = rest[(equals + 1)..end];
            _rest = rest[end..];
            return true;
        }
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (byte)'\t';
}
