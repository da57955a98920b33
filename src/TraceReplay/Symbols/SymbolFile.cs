using System.IO.Compression;

namespace TraceReplay.Symbols;

/// <summary>Reads a file of symbols: <c>/proc/kallsyms</c>, <c>System.map</c> or a <c>vmlinux</c>, plain or gzip.</summary>
public static class SymbolFile
{
    // A hundred times the symbols of a distribution's kernel; a vmlinux with debug information is about half of it.
    private const long LargestBytes = 1L << 30;

    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It holds no symbols; the message says what was expected.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SymbolTable Read(string path)
    {
        var bytes = ReadBytes(path);
        var isElf = bytes.StartsWith("\u007fELF"u8);
        var table = isElf ? ElfSymbols.Read(bytes) : SymbolTable.Parse(bytes);
        if (table.Count > 0)
        {
            return table;
        }

        throw new FormatException(isElf
            ? "an ELF file without a symbol table; expected a vmlinux that is not stripped"
            : bytes.StartsWith("0000000000000000 "u8)
                ? "every address is 0; expected a copy made by root: others are not shown them (kernel.kptr_restrict)"
                : "no symbols; expected /proc/kallsyms, a System.map or a vmlinux");
    }

    private static ReadOnlySpan<byte> ReadBytes(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[2];
        var isGzip = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual(GzipMagic);
        file.Position = 0;
        using var stream = isGzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        try
        {
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                if (memory.Length + read > LargestBytes)
                {
                    throw new FormatException("larger than 1 GiB; expected /proc/kallsyms, a System.map, or a vmlinux without debug information");
                }

                memory.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new FormatException("damaged gzip data; expected /proc/kallsyms, a System.map or a vmlinux", e);
        }

        return memory.GetBuffer().AsSpan(0, (int)memory.Length);
    }
}
