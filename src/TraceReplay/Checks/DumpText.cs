using System.Globalization;
using System.IO.Compression;

namespace TraceReplay.Checks;

/// <summary>One line of a dump: <c>0xffff800080000000-0xffff800080010000          64K PTE       RW NX SHD AF</c>.</summary>
/// <param name="First">First address.</param>
/// <param name="Last">Last address, inclusive.</param>
/// <param name="Level">Name or number of the level.</param>
/// <param name="Attributes">The words behind it.</param>
/// <param name="Number">1-based line.</param>
internal sealed record DumpLine(ulong First, ulong Last, string Level, string[] Attributes, int Number)
{
    /// <summary>True where something is mapped: not <c>F</c>, which is not valid though not zero.</summary>
    public bool IsMapped => Attributes.Length > 0 && !Attributes.Contains("F");
}

/// <summary>The text that arm64's ptdump prints, of stage 1 and of stage 2.</summary>
internal static class DumpText
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    /// <summary>The lines of a file, plain or gzip.</summary>
    /// <exception cref="FormatException">It is no such file; the message names the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static List<DumpLine> Read(string path)
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
            throw new FormatException("damaged gzip data; expected the text of kernel_page_tables or stage2_page_tables", e);
        }
    }

    /// <summary>The lines of a text; those that name an area are left out.</summary>
    /// <exception cref="FormatException">It is no such text; the message names the line.</exception>
    public static List<DumpLine> Parse(TextReader text)
    {
        List<DumpLine> lines = [];
        var number = 0;
        while (text.ReadLine() is { } line)
        {
            number++;
            if (line.Trim().Length > 0 && !line.StartsWith("---[", StringComparison.Ordinal))
            {
                lines.Add(ParseLine(line, number));
            }
        }

        return lines.Count > 0
            ? [.. lines.OrderBy(range => range.First)]
            : throw new FormatException("no range; expected the text of kernel_page_tables or stage2_page_tables");
    }

    private static DumpLine ParseLine(string line, int number)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var bounds = words[0].Split('-');
        if (words.Length < 3 || bounds.Length != 2 || !Address(bounds[0], out var start) || !Address(bounds[1], out var end) || end - 1 < start
            || !MappedRange.IsLevel(words[2]))
        {
            throw new FormatException(
                $"line {number}: expected '0xSTART-0xEND SIZE LEVEL [ATTRIBUTES]' as in kernel_page_tables, found '{(line.Length > 80 ? line[..80] : line)}'");
        }

        return new DumpLine(start, end - 1, words[2], words[3..], number);
    }

    private static bool Address(string text, out ulong value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
