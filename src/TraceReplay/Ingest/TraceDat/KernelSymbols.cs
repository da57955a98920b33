using System.Globalization;
using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>The functions of a kernel, as <c>/proc/kallsyms</c> lists them: <c>ffffffc008000000 T _text	[module]</c>.</summary>
internal sealed class KernelSymbols
{
    private readonly ulong[] _addresses;
    private readonly byte[][] _names;

    private KernelSymbols(ulong[] addresses, byte[][] names) => (_addresses, _names) = (addresses, names);

    /// <summary>No symbols.</summary>
    public static KernelSymbols None { get; } = new([], []);

    /// <summary>How many there are.</summary>
    public int Count => _addresses.Length;

    /// <summary>Reads the list; lines that are no symbol are passed over.</summary>
    public static KernelSymbols Parse(ReadOnlySpan<byte> text)
    {
        List<ulong> addresses = [];
        List<byte[]> names = [];
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = RecordView.Terminated(text[range]);
            var blank = line.IndexOf((byte)' ');
            if (blank <= 0 || line.Length < blank + 4
                || !ulong.TryParse(line[..blank], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) || address == 0)
            {
                continue;
            }

            var name = line[(blank + 3)..];
            var end = name.IndexOfAny((byte)'\t', (byte)' ');
            name = end < 0 ? name : name[..end];

            // Mapping symbols of Arm's ABI mark code and data; they name nothing.
            if (!name.IsEmpty && name[0] != (byte)'$')
            {
                addresses.Add(address);
                names.Add(name.ToArray());
            }
        }

        var (sortedAddresses, sortedNames) = (addresses.ToArray(), names.ToArray());
        Array.Sort(sortedAddresses, sortedNames);
        return new KernelSymbols(sortedAddresses, sortedNames);
    }

    /// <summary>The function that holds an address, and the distance from its start; false before the first.</summary>
    public bool Find(ulong address, out ReadOnlySpan<byte> name, out ulong offset)
    {
        var at = Array.BinarySearch(_addresses, address);
        at = at < 0 ? ~at - 1 : at;
        name = at < 0 ? default : _names[at];
        offset = at < 0 ? 0 : address - _addresses[at];
        return at >= 0;
    }

    /// <summary>Writes an address as <c>function</c>, or <c>function+0x1c</c>; in hex where it is in none.</summary>
    public void Write(ulong address, bool withOffset, PayloadBuffer output)
    {
        if (!Find(address, out var name, out var offset))
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
