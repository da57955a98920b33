using System.Globalization;
using System.IO.Compression;

namespace TraceReplay.Checks;

/// <summary>
/// Reads what <c>/sys/kernel/debug/kernel_page_tables</c> prints on arm64:
/// <c>0xffff800080000000-0xffff800080010000          64K PTE       RW NX SHD AF NG         UXN    MEM/NORMAL</c>.
/// </summary>
public static class KernelPageTables
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    // A blank stands for each that is not set; Normal memory with tags is Normal memory.
    private static readonly string[] Known =
    [
        "USR", "RW", "ro", "NX", "x", "SHD", "AF", "NG", "CON", "UXN", "GP",
        "DEVICE/nGnRnE", "DEVICE/nGnRE", "DEVICE/GRE", "MEM/NORMAL-NC", "MEM/NORMAL",
    ];

    /// <summary>Reads a file, plain or gzip, in the order of the addresses.</summary>
    /// <exception cref="FormatException">It is no such file; the message names the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<MappedRange> Read(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[2];
        var isGzip = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual(GzipMagic);
        file.Position = 0;
        using var stream = isGzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var text = new StreamReader(stream);
        try
        {
            return Parse(text);
        }
        catch (InvalidDataException e)
        {
            throw new FormatException("damaged gzip data; expected the text of kernel_page_tables", e);
        }
    }

    /// <summary>Reads the text.</summary>
    /// <exception cref="FormatException">It is no such text; the message names the line.</exception>
    public static IReadOnlyList<MappedRange> Parse(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<MappedRange> ranges = [];
        var number = 0;
        while (text.ReadLine() is { } line)
        {
            number++;
            if (line.Length > 0 && !line.StartsWith("---[", StringComparison.Ordinal))
            {
                ranges.Add(ParseLine(line, number));
            }
        }

        return ranges.Count > 0
            ? [.. ranges.OrderBy(range => range.First)]
            : throw new FormatException("no range; expected the text of kernel_page_tables");
    }

    private static MappedRange ParseLine(string line, int number)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var bounds = words[0].Split('-');
        if (words.Length < 3 || bounds.Length != 2 || !Address(bounds[0], out var start) || !Address(bounds[1], out var end) || end - 1 < start
            || MappedRange.LevelOf(words[2]) is not { } level)
        {
            throw new FormatException(
                $"line {number}: expected '0xSTART-0xEND SIZE LEVEL [ATTRIBUTES]' as in kernel_page_tables, found '{(line.Length > 80 ? line[..80] : line)}'");
        }

        var attributes = words[3..].Select(word => word == "MEM/NORMAL-TAGGED" ? "MEM/NORMAL" : word).ToArray();

        // F: not valid, though not zero.
        var isMapped = attributes.Length > 0 && !attributes.Contains("F");
        return new MappedRange(
            start, end - 1, isMapped ? level : null, isMapped ? string.Join(' ', Known.Where(known => attributes.Contains(known))) : "", number);
    }

    private static bool Address(string text, out ulong value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
