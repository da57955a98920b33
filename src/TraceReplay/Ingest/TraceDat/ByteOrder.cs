using System.Buffers.Binary;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Reads numbers as the machine that was traced stored them.</summary>
/// <param name="IsBig">Big endian.</param>
internal readonly record struct ByteOrder(bool IsBig)
{
    public ushort U16(ReadOnlySpan<byte> bytes) => IsBig ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    public uint U32(ReadOnlySpan<byte> bytes) => IsBig ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    public ulong U64(ReadOnlySpan<byte> bytes) => IsBig ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    /// <summary>A number of 1, 2, 4 or 8 bytes; 0 for any other size.</summary>
    public ulong Unsigned(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        8 => U64(bytes),
        4 => U32(bytes),
        2 => U16(bytes),
        1 => bytes[0],
        _ => 0,
    };

    /// <summary>A two's complement number of 1, 2, 4 or 8 bytes; 0 for any other size.</summary>
    public long Signed(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        8 => (long)U64(bytes),
        4 => (int)U32(bytes),
        2 => (short)U16(bytes),
        1 => (sbyte)bytes[0],
        _ => 0,
    };
}
