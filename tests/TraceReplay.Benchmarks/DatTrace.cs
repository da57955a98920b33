using System.Buffers.Binary;
using System.IO.Compression;

namespace TraceReplay.Benchmarks;

/// <summary>Makes a trace.dat larger: a file of version 6, little-endian, whose pages come again with later times.</summary>
internal static class DatTrace
{
    private const int PageBytes = 4096;
    private const int CpuEntryBytes = 2 * sizeof(ulong);

    // Between the last time of one copy and the first of the next.
    private const ulong Gap = 10_000_000;

    private static ReadOnlySpan<byte> RecordsMark => "flyrecord\0"u8;

    /// <summary>Repeats the records of each CPU.</summary>
    /// <param name="source">The file, plain or gzip.</param>
    /// <param name="cpus">CPUs that it has.</param>
    /// <param name="times">Copies.</param>
    /// <param name="path">The file to write.</param>
    public static void Repeat(string source, int cpus, int times, string path)
    {
        var bytes = Read(source);
        var table = bytes.AsSpan().IndexOf(RecordsMark) + RecordsMark.Length;
        var data = Enumerable.Range(0, cpus).Select(cpu =>
        {
            var at = table + (cpu * CpuEntryBytes);
            var (offset, size) = (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + sizeof(ulong))));
            return bytes.AsMemory((int)offset, (int)size);
        }).ToList();
        var starts = data.SelectMany(cpu => Enumerable.Range(0, cpu.Length / PageBytes).Select(page => BinaryPrimitives.ReadUInt64LittleEndian(cpu.Span[(page * PageBytes)..]))).ToList();
        var span = starts.Max() - starts.Min() + Gap;

        using var file = File.Create(path);
        file.Write(bytes.AsSpan(0, table));
        var position = (ulong)(((table + (cpus * CpuEntryBytes) + PageBytes - 1) / PageBytes) * PageBytes);
        var begin = (long)position;
        Span<byte> entry = stackalloc byte[CpuEntryBytes];
        foreach (var cpu in data)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(entry, position);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[sizeof(ulong)..], (ulong)cpu.Length * (ulong)times);
            file.Write(entry);
            position += (ulong)cpu.Length * (ulong)times;
        }

        file.Position = begin;
        foreach (var cpu in data)
        {
            for (var copy = 0; copy < times; copy++)
            {
                var pages = cpu.ToArray();
                for (var page = 0; page < pages.Length; page += PageBytes)
                {
                    var time = BinaryPrimitives.ReadUInt64LittleEndian(pages.AsSpan(page));
                    BinaryPrimitives.WriteUInt64LittleEndian(pages.AsSpan(page), time + ((ulong)copy * span));
                }

                file.Write(pages);
            }
        }
    }

    private static byte[] Read(string source)
    {
        using var file = File.OpenRead(source);
        using var stream = source.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
