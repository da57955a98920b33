using System.Globalization;

namespace TraceReplay.Symbols;

/// <summary>The symbols of a kernel, sorted by address.</summary>
public sealed class SymbolTable
{
    // No function of a kernel is longer; what lies further behind the last symbol of a module is in none.
    private const ulong LongestFunction = 1 << 20;

    private readonly ulong[] _addresses;
    private readonly Entry[] _entries;

    private SymbolTable(ulong[] addresses, Entry[] entries) => (_addresses, _entries) = (addresses, entries);

    /// <summary>No symbols.</summary>
    public static SymbolTable None { get; } = new([], []);

    /// <summary>How many there are.</summary>
    public int Count => _addresses.Length;

    /// <summary>
    /// Reads <c>/proc/kallsyms</c> or a <c>System.map</c>: lines such as <c>ffff800080010000 T _stext	[module]</c>. Lines that are no
    /// symbol are passed over.
    /// </summary>
    public static SymbolTable Parse(ReadOnlySpan<byte> text)
    {
        var list = new Builder();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range].TrimEnd("\r\0"u8);
            var blank = line.IndexOf((byte)' ');
            if (blank <= 0 || line.Length < blank + 4
                || !ulong.TryParse(line[..blank], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address))
            {
                continue;
            }

            var name = line[(blank + 3)..];
            var end = name.IndexOfAny((byte)'\t', (byte)' ');
            var module = end < 0 ? default : name[end..].Trim("\t []"u8);
            list.Add(address, end < 0 ? name : name[..end], line[blank + 1] is (byte)'t' or (byte)'T' or (byte)'w' or (byte)'W', module);
        }

        return list.Build();
    }

    /// <summary>The symbol at or before an address, and the distance from it; false before the first.</summary>
    public bool Find(ulong address, out ReadOnlySpan<byte> name, out ulong offset)
    {
        var at = IndexOf(address);
        name = at < 0 ? default : _entries[at].Name;
        offset = at < 0 ? 0 : address - _addresses[at];
        return at >= 0;
    }

    /// <summary>The function that holds an address; null where there is none.</summary>
    /// <param name="address">An address as the table has them.</param>
    /// <param name="withModules">False to leave out modules, which a kernel places on its own.</param>
    public FunctionPlace? Function(ulong address, bool withModules)
    {
        var at = IndexOf(address);
        if (at < 0 || !_entries[at].IsFunction || address - _addresses[at] >= LongestFunction
            || (!withModules && _entries[at].Module.Length > 0))
        {
            return null;
        }

        return new FunctionPlace(_entries[at].Text, _entries[at].Module, address - _addresses[at]);
    }

    /// <summary>The functions outside modules that a test picks by name: their first address, and the address of the next symbol.</summary>
    public IEnumerable<(ulong Start, ulong End)> Functions(Func<string, bool> picks)
    {
        ArgumentNullException.ThrowIfNull(picks);
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_entries[i].IsFunction && _entries[i].Module.Length == 0 && picks(_entries[i].Text))
            {
                var end = i + 1 < _addresses.Length ? _addresses[i + 1] : _addresses[i] + LongestFunction;
                yield return (_addresses[i], Math.Min(end, _addresses[i] + LongestFunction));
            }
        }
    }

    private int IndexOf(ulong address)
    {
        var at = Array.BinarySearch(_addresses, address);
        return at < 0 ? ~at - 1 : at;
    }

    /// <summary>Takes symbols in any order.</summary>
    internal sealed class Builder
    {
        private readonly List<(ulong Address, int Order, Entry Entry)> _list = [];

        public void Add(ulong address, ReadOnlySpan<byte> name, bool isFunction, ReadOnlySpan<byte> module)
        {
            // Mapping symbols of Arm's ABI mark code and data; they name nothing. Linux prefixes those of early code like the rest of it.
            var plain = name.StartsWith("__pi_"u8) ? name[5..] : name;
            if (address != 0 && !plain.IsEmpty && plain[0] != (byte)'$')
            {
                _list.Add((address, _list.Count, new Entry(name.ToArray(), isFunction, module.IsEmpty ? "" : Utf8(module))));
            }
        }

        public SymbolTable Build()
        {
            // Of several names for one address the first function listed is taken, or without one the first.
            var sorted = _list.OrderBy(symbol => symbol.Address).ThenBy(symbol => symbol.Entry.IsFunction ? 0 : 1).ThenBy(symbol => symbol.Order)
                .DistinctBy(symbol => symbol.Address).ToList();
            return new SymbolTable([.. sorted.Select(symbol => symbol.Address)], [.. sorted.Select(symbol => symbol.Entry)]);
        }
    }

    private static string Utf8(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private sealed record Entry(byte[] Name, bool IsFunction, string Module)
    {
        public string Text => Utf8(Name);
    }
}

/// <summary>An address inside a function.</summary>
/// <param name="Function">Name of the function.</param>
/// <param name="Module">Name of its module, empty for the kernel itself.</param>
/// <param name="Offset">Bytes from its start.</param>
public sealed record FunctionPlace(string Function, string Module, ulong Offset);
