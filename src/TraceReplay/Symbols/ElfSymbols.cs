using System.Buffers.Binary;

namespace TraceReplay.Symbols;

/// <summary>The symbol table of a 64-bit little-endian ELF file (<c>.symtab</c>).</summary>
internal static class ElfSymbols
{
    private const int HeaderBytes = 64;
    private const int SectionHeaderBytes = 64;
    private const int SymbolBytes = 24;
    private const uint SymbolTableSection = 2;
    private const int FunctionType = 2;
    private const int NoType = 0;

    // Bits of st_info that hold the type, and the flag of sections with instructions.
    private const int TypeMask = 15;
    private const ulong ExecutableFlag = 4;

    /// <summary>Reads the symbols; none when there is no table.</summary>
    /// <exception cref="FormatException">The file is of another kind, or cut short.</exception>
    public static SymbolTable Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes || file[4] != 2 || file[5] != 1)
        {
            throw new FormatException("an ELF file of another kind; expected a 64-bit little-endian vmlinux");
        }

        var sections = Sections(file);
        var list = new SymbolTable.Builder();
        foreach (var table in sections.Where(section => section.Type == SymbolTableSection))
        {
            if (table.Link >= sections.Count)
            {
                throw CutShort();
            }

            var symbols = Slice(file, table);
            var names = Slice(file, sections[(int)table.Link]);
            for (; symbols.Length >= SymbolBytes; symbols = symbols[SymbolBytes..])
            {
                Add(list, symbols, names, sections);
            }
        }

        return list.Build();
    }

    private static void Add(SymbolTable.Builder list, ReadOnlySpan<byte> symbol, ReadOnlySpan<byte> names, List<Section> sections)
    {
        var at = BinaryPrimitives.ReadUInt32LittleEndian(symbol);
        var type = symbol[4] & TypeMask;
        var section = BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]);
        if (at >= names.Length || section == 0 || section >= sections.Count)
        {
            return;
        }

        var name = names[(int)at..];
        var end = name.IndexOf((byte)0);

        // Functions written in assembly may have no type.
        var isFunction = (type is FunctionType or NoType) && (sections[section].Flags & ExecutableFlag) != 0;
        list.Add(BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]), end < 0 ? name : name[..end], isFunction, default);
    }

    private static List<Section> Sections(ReadOnlySpan<byte> file)
    {
        var start = BinaryPrimitives.ReadUInt64LittleEndian(file[40..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(file[60..]);
        List<Section> sections = [];
        for (var i = 0; i < count; i++)
        {
            var at = start + ((ulong)i * SectionHeaderBytes);
            if (at + SectionHeaderBytes > (ulong)file.Length || at < start)
            {
                throw CutShort();
            }

            var header = file[(int)at..];
            sections.Add(new Section(
                BinaryPrimitives.ReadUInt32LittleEndian(header[4..]), BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[24..]), BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[40..])));
        }

        return sections;
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> file, Section section) =>
        section.Offset <= (ulong)file.Length && section.Bytes <= (ulong)file.Length - section.Offset
            ? file.Slice((int)section.Offset, (int)section.Bytes)
            : throw CutShort();

    private static FormatException CutShort() => new("an ELF file that is cut short; expected a whole vmlinux");

    private sealed record Section(uint Type, ulong Flags, ulong Offset, ulong Bytes, uint Link);
}
