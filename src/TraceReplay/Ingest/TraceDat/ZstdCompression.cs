using System.Runtime.InteropServices;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Zstandard, by the system's libzstd: every Linux distribution has it, and trace-cmd itself uses it.</summary>
internal sealed unsafe class ZstdCompression : SectionCompression
{
    private static readonly string[] Libraries = ["libzstd.so.1", "libzstd.1.dylib", "libzstd.dll", "libzstd"];

    private readonly delegate* unmanaged<void*, nuint, void*, nuint, nuint> _decompress;
    private readonly delegate* unmanaged<nuint, uint> _isError;

    private ZstdCompression(nint library)
    {
        _decompress = (delegate* unmanaged<void*, nuint, void*, nuint, nuint>)NativeLibrary.GetExport(library, "ZSTD_decompress");
        _isError = (delegate* unmanaged<nuint, uint>)NativeLibrary.GetExport(library, "ZSTD_isError");
    }

    /// <summary>Loads the library.</summary>
    /// <param name="offset">Where the file asks for it, for the message.</param>
    /// <exception cref="TraceDatException">It is not installed.</exception>
    public static ZstdCompression Load(long offset) => Load(Libraries, offset);

    /// <summary>Loads the first of these libraries that there is.</summary>
    internal static ZstdCompression Load(IEnumerable<string> libraries, long offset)
    {
        foreach (var name in libraries)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return new ZstdCompression(library);
            }
        }

        throw new TraceDatException(offset, "compressed with zstd, and libzstd is not installed; "
            + "install it (Debian and Ubuntu: libzstd1, Fedora: libzstd), or run 'trace-cmd convert --compression none' where it is");
    }

    public override int Decompress(ReadOnlyMemory<byte> compressed, Span<byte> target)
    {
        fixed (byte* from = compressed.Span)
        fixed (byte* to = target)
        {
            var written = _decompress(to, (nuint)target.Length, from, (nuint)compressed.Length);
            return _isError(written) == 0 ? (int)written : throw new InvalidDataException("not zstd");
        }
    }
}
