namespace TraceReplay.Ingest.TraceDat;

/// <summary>The data of one CPU in the file.</summary>
/// <param name="Cpu">Its number.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Bytes">How many; compressed ones where the buffer is compressed.</param>
internal sealed record CpuData(int Cpu, long Offset, long Bytes);

/// <summary>One ring buffer: that of the top, or of an instance.</summary>
/// <param name="Name">Of the instance, empty for the top.</param>
/// <param name="PageBytes">Size of a page of the ring buffer.</param>
/// <param name="IsCompressed">Its data is made of compressed pieces.</param>
/// <param name="Cpus">What each CPU wrote.</param>
internal sealed record TraceDatBuffer(string Name, int PageBytes, bool IsCompressed, IReadOnlyList<CpuData> Cpus)
{
    /// <summary>Name of the clock that stamped the records; null for that of the file.</summary>
    public string? Clock { get; init; }
}
