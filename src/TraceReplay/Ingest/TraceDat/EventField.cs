using System.Globalization;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Where the bytes of a field are.</summary>
internal enum FieldPlace
{
    /// <summary>At the field's offset.</summary>
    Fixed = 0,

    /// <summary>Where the field says (<c>__data_loc</c>): offset in the record and length, 16 bits each.</summary>
    Dynamic = 1,

    /// <summary>As <see cref="Dynamic"/>, the offset being that from the end of the field (<c>__rel_loc</c>).</summary>
    DynamicRelative = 2,
}

/// <summary>One field of an event, as its format file describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Of the first byte, in the record.</param>
/// <param name="Size">In bytes; 0 for an array that takes the rest of the record.</param>
/// <param name="IsSigned">Two's complement.</param>
/// <param name="IsArray">More than one element.</param>
/// <param name="IsText">An array of characters.</param>
/// <param name="Place">Where the elements are.</param>
internal sealed record EventField(string Name, int Offset, int Size, bool IsSigned, bool IsArray, bool IsText, FieldPlace Place)
{
    private const int LargestRecord = 1 << 20;

    /// <summary>
    /// Reads a line such as <c>field:char how[12];	offset:36;	size:12;	signed:0;</c>; null when it is not one.
    /// </summary>
    public static EventField? Parse(string line)
    {
        var parts = line.Trim().Split(';', StringSplitOptions.TrimEntries);
        if (parts.Length < 3 || !parts[0].StartsWith("field:", StringComparison.Ordinal))
        {
            return null;
        }

        var declaration = parts[0]["field:".Length..].Trim();
        var offset = Number(parts, "offset:");
        var size = Number(parts, "size:");
        if (offset is not (>= 0 and < LargestRecord) || size is not (>= 0 and < LargestRecord))
        {
            return null;
        }

        var place = declaration.Contains("__data_loc ", StringComparison.Ordinal) ? FieldPlace.Dynamic
            : declaration.Contains("__rel_loc ", StringComparison.Ordinal) ? FieldPlace.DynamicRelative
            : FieldPlace.Fixed;
        var isArray = declaration.EndsWith(']') || place != FieldPlace.Fixed;
        if (declaration.EndsWith(']') && declaration.LastIndexOf('[') is var bracket and > 0)
        {
            declaration = declaration[..bracket].TrimEnd();
        }

        var start = declaration.LastIndexOfAny([' ', '*']) + 1;
        var type = declaration[..start];
        return new EventField(declaration[start..], offset.Value, size.Value, Number(parts, "signed:") == 1, isArray,
            isArray && type.Contains("char", StringComparison.Ordinal) && !type.Contains('*'), place);
    }

    /// <summary>The bytes of the elements; fewer than described when the record is shorter.</summary>
    public ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> record, ByteOrder order)
    {
        if (Place != FieldPlace.Fixed)
        {
            return DynamicBytes(record, order);
        }

        if (Offset >= record.Length)
        {
            return default;
        }

        var rest = record[Offset..];
        return Size == 0 || Size > rest.Length ? rest : rest[..Size];
    }

    /// <summary>The value of a field that is a number; 0 when the record is too short.</summary>
    public long Number(ReadOnlySpan<byte> record, ByteOrder order)
    {
        if ((uint)(Offset + Size) > (uint)record.Length)
        {
            return 0;
        }

        var bytes = record.Slice(Offset, Size);
        return IsSigned ? order.Signed(bytes) : (long)order.Unsigned(bytes);
    }

    private ReadOnlySpan<byte> DynamicBytes(ReadOnlySpan<byte> record, ByteOrder order)
    {
        if (Offset + 4 > record.Length)
        {
            return default;
        }

        var word = order.U32(record[Offset..]);
        var start = (int)(word & 0xffff) + (Place == FieldPlace.DynamicRelative ? Offset + Size : 0);
        var length = (int)(word >> 16);
        return start >= record.Length ? default : record.Slice(start, Math.Min(length, record.Length - start));
    }

    private static int? Number(string[] parts, string key)
    {
        foreach (var part in parts)
        {
            if (part.StartsWith(key, StringComparison.Ordinal))
            {
                return int.TryParse(part.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
            }
        }

        return null;
    }
}
