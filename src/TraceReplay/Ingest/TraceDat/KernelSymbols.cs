using System.Globalization;
using System.Text;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Prints addresses by the symbols of the traced kernel.</summary>
internal static class SymbolText
{
    /// <summary>Writes an address as <c>function</c>, or <c>function+0x1c</c>; in hex where it is in none.</summary>
    public static void Write(this SymbolTable symbols, ulong address, bool withOffset, PayloadBuffer output)
    {
        if (!symbols.Find(address, out var name, out var offset))
        {
            output.Append("0x"u8);
            output.AppendHex(address);
            return;
        }

        output.Append(name);
        if (withOffset)
        {
            output.Append("+0x"u8);
            output.AppendHex(offset);
        }
    }
}

/// <summary>
/// The strings of <c>printk_formats</c>, which records of <c>trace_printk</c> and of tracepoints name by their address:
/// <c>0xffffffc008001234 : "pa=%llx\n"</c>.
/// </summary>
internal sealed class PrintkFormats
{
    private readonly Dictionary<ulong, byte[]> _texts = [];

    /// <summary>No strings.</summary>
    public static PrintkFormats None { get; } = new();

    /// <summary>Reads the list; lines that are no string are passed over.</summary>
    public static PrintkFormats Parse(ReadOnlySpan<byte> text)
    {
        var formats = new PrintkFormats();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = Encoding.UTF8.GetString(text[range]);
            var (open, close) = (line.IndexOf('"', StringComparison.Ordinal), line.LastIndexOf('"'));
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || open < colon || close <= open)
            {
                continue;
            }

            var digits = line.AsSpan(0, colon).Trim();
            digits = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
            if (ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address))
            {
                formats._texts[address] = Encoding.UTF8.GetBytes(CText.Unescape(line.AsSpan(open + 1, close - open - 1)));
            }
        }

        return formats;
    }

    /// <summary>The string at an address, or null.</summary>
    public byte[]? Find(ulong address) => _texts.GetValueOrDefault(address);
}
