using Microsoft.Win32.SafeHandles;

namespace TraceReplay.Ingest.Images;

/// <summary>One file of raw memory, and where it lies.</summary>
/// <param name="Path">The file: descriptors in little-endian byte order.</param>
/// <param name="Address">Physical address of its first byte.</param>
public sealed record MemoryFile(string Path, ulong Address);

/// <summary>Physical memory at the begin of a trace, as far as files hold it. Read where it is asked for, never as a whole.</summary>
internal sealed class MemoryImage : IDisposable
{
    private const ulong DescriptorBytes = 8;
    private const int PhysicalAddressBits = 56;

    private readonly List<Segment> _segments = [];

    private MemoryImage()
    {
    }

    /// <summary>Opens files.</summary>
    /// <exception cref="ImportException">One cannot be opened, is no run of descriptors, or two lie over one another.</exception>
    public static MemoryImage Open(IReadOnlyList<MemoryFile> files)
    {
        var image = new MemoryImage();
        try
        {
            foreach (var file in files)
            {
                image._segments.Add(OpenSegment(file));
            }

            image._segments.Sort((left, right) => left.Start.CompareTo(right.Start));
            foreach (var (below, above) in image._segments.Zip(image._segments.Skip(1)))
            {
                if (above.Start < below.End)
                {
                    throw new ImportException(
                        $"{above.File.Path}: its memory from 0x{above.Start:x} lies over that of {below.File.Path}, 0x{below.Start:x}..0x{below.End - 1:x}; expected images side by side");
                }
            }

            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>The files, by address, and what was taken from each.</summary>
    public IEnumerable<(MemoryFile File, long Bytes, long Tables, long Descriptors)> Files =>
        _segments.Select(segment => (segment.File, (long)(segment.End - segment.Start), segment.Tables, segment.Descriptors));

    /// <summary>Counts a table that was taken.</summary>
    public void Count(ulong tableBase, long descriptors)
    {
        var segment = Find(tableBase)!;
        segment.Tables++;
        segment.Descriptors += descriptors;
    }

    /// <summary>True when a run of bytes lies in the image as a whole.</summary>
    public bool Covers(ulong pa, ulong bytes) => Find(pa) is { } segment && bytes <= segment.End - pa;

    /// <summary>True when any byte of the image lies within a run.</summary>
    public bool Touches(ulong pa, ulong bytes) => _segments.Exists(segment => pa < segment.End && pa + bytes > segment.Start);

    /// <summary>The descriptors of a run that <see cref="Covers"/> holds for.</summary>
    /// <exception cref="ImportException">The file cannot be read, or has become shorter.</exception>
    public ulong[] Read(ulong pa, int descriptors)
    {
        var segment = Find(pa)!;
        var values = new ulong[descriptors];
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan());
        var at = (long)(pa - segment.Start);
        try
        {
            for (var done = 0; done < bytes.Length;)
            {
                var read = RandomAccess.Read(segment.Handle, bytes[done..], at + done);
                done += read > 0 ? read : throw new ImportException($"{segment.File.Path}: became shorter while it was read");
            }
        }
        catch (IOException e)
        {
            throw new ImportException($"{segment.File.Path}: cannot be read ({e.Message})", e);
        }

        if (!BitConverter.IsLittleEndian)
        {
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(values, values);
        }

        return values;
    }

    public void Dispose() => _segments.ForEach(segment => segment.Handle.Dispose());

    private Segment? Find(ulong pa)
    {
        foreach (var segment in _segments)
        {
            if (pa >= segment.Start && pa < segment.End)
            {
                return segment;
            }
        }

        return null;
    }

    private static Segment OpenSegment(MemoryFile file)
    {
        if (file.Address % DescriptorBytes != 0)
        {
            throw new ImportException($"{file.Path}: its address 0x{file.Address:x} is not a multiple of {DescriptorBytes}; expected that of a descriptor");
        }

        // A pipe and a device tell no length; to open a pipe would wait for who writes it.
        var named = new FileInfo(file.Path);
        if (named.Exists && named.Length == 0)
        {
            throw new ImportException($"{file.Path}: 0 bytes; expected raw memory in a regular file");
        }

        using var stream = TraceSource.Open(file.Path, "file of raw memory");
        var length = (ulong)stream.Length;
        if (length % DescriptorBytes != 0)
        {
            throw new ImportException($"{file.Path}: {length} bytes; expected raw memory, a multiple of {DescriptorBytes} bytes");
        }

        if (file.Address >> PhysicalAddressBits != 0 || (file.Address + length - 1) >> PhysicalAddressBits != 0)
        {
            throw new ImportException($"{file.Path}: reaches to 0x{file.Address + length - 1:x}; expected physical addresses of at most {PhysicalAddressBits} bits");
        }

        return new Segment(file, file.Address, file.Address + length, File.OpenHandle(file.Path, options: FileOptions.RandomAccess));
    }

    private sealed record Segment(MemoryFile File, ulong Start, ulong End, SafeFileHandle Handle)
    {
        public long Tables { get; set; }

        public long Descriptors { get; set; }
    }
}
