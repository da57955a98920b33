using TraceReplay.Symbols;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>What texts of records refer to besides the record: the strings and symbols of the kernel that was traced.</summary>
internal sealed class KernelStrings
{
    /// <summary>Bytes of a <c>long</c>.</summary>
    public int LongSize { get; set; } = 8;

    /// <summary>Functions and their addresses.</summary>
    public SymbolTable Symbols { get; set; } = SymbolTable.None;

    /// <summary>Strings that records name by their address.</summary>
    public PrintkFormats Formats { get; set; } = PrintkFormats.None;
}

/// <summary>One record of the ring buffer.</summary>
/// <param name="bytes">Its data, from <c>common_type</c> on.</param>
/// <param name="order">Byte order of the numbers.</param>
/// <param name="strings">What it refers to.</param>
internal readonly ref struct RecordView(ReadOnlySpan<byte> bytes, ByteOrder order, KernelStrings strings)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public ByteOrder Order { get; } = order;

    public KernelStrings Strings { get; } = strings;

    /// <summary>The bytes before the first zero.</summary>
    public static ReadOnlySpan<byte> Terminated(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }
}
