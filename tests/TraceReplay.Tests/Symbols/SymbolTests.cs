using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using TraceReplay.Symbols;

namespace TraceReplay.Tests.Symbols;

public sealed class SymbolTests
{
    private const ulong Text = 0xffff800080000000;

    private static readonly string Kallsyms = string.Join('\n', Enumerable.Range(0, 40).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"{Text + ((ulong)i * 0x1340):x} T plain_{i}"))
        .Append("ffff800080100040 t __cpu_setup")
        .Append("ffff800080100140 T __enable_mmu")
        .Append("ffff800080100140 t $x")
        .Append("ffff800080100148 t __pi_$x")
        .Append("ffff800080123480 T cpu_do_switch_mm")
        .Append("ffff800080145000 T flush_tlb_page")
        .Append("ffff800080167000 W set_pte")
        .Append("ffff800080168000 D _etext")
        .Append("ffff80007a000000 t poke\t[bbmtest]")
        .Append("nonsense\n"));

    private static readonly ProgramCounter[] Counters =
    [
        new(0xffff800080100080, "tcr_el1"), new(0xffff800080100150, "ttbr1_el1"), new(0xffff8000801234c0, "ttbr0_el1"),
        new(0xffff800080145010, "tlbi"), new(0xffff800080145014, "barrier"), new(0xffff800080167004, "store"),
    ];

    private static SymbolTable Table => SymbolTable.Parse(Encoding.UTF8.GetBytes(Kallsyms));

    [Theory]
    [InlineData(0xffff800080100147, "__enable_mmu", "", 7)]
    [InlineData(0xffff800080100150, "__enable_mmu", "", 16)]
    [InlineData(0xffff800080167000, "set_pte", "", 0)]
    [InlineData(0xffff80007a000010, "poke", "bbmtest", 16)]
    public void An_address_is_in_the_function_that_begins_before_it(ulong address, string function, string module, ulong offset) =>
        Assert.Equal(new FunctionPlace(function, module, offset), Table.Function(address, withModules: true));

    [Theory]
    [InlineData(0xffff800080168000)]
    [InlineData(0xffff80007a200000)]
    [InlineData(0xffff000000000000)]
    public void Data_and_what_lies_far_behind_is_no_function(ulong address) => Assert.Null(Table.Function(address, withModules: true));

    [Fact]
    public void A_table_of_the_same_boot_is_taken_as_it_is()
    {
        var placement = Assert.Single(SymbolPlacement.Find(Table, Counters, given: null));
        Assert.Equal((0ul, PlacementOrigin.Listed, "certain", 6, 5), (placement.Shift, placement.Origin, placement.Confidence, placement.Named, placement.Fitting));
    }

    [Theory]
    [InlineData(0x3a200000ul)]
    [InlineData(0x12345670000ul)]
    public void A_random_base_is_found_by_what_functions_do(ulong shift)
    {
        var moved = Counters.Select(counter => counter with { Pc = counter.Pc + shift }).ToList();
        var placement = Assert.Single(SymbolPlacement.Find(Table, moved, given: null));
        Assert.Equal((shift, PlacementOrigin.Deduced, "likely"), (placement.Shift, placement.Origin, placement.Confidence));
        Assert.Equal("flush_tlb_page", placement.Function(Table, 0xffff800080145010 + shift)?.Function);
        Assert.Null(placement.Function(Table, 0xffff80007a000010 + shift));
    }

    [Fact]
    public void Code_at_physical_addresses_has_a_distance_of_its_own()
    {
        var early = Counters.Take(2).Select(counter => counter with { Pc = counter.Pc - Text + 0x40200000 });
        var placements = SymbolPlacement.Find(Table, [.. Counters, .. early], given: 0);
        Assert.Equal([(false, PlacementOrigin.Given), (true, PlacementOrigin.Deduced)], placements.Select(placement => (placement.IsLow, placement.Origin)));
        Assert.Equal("__cpu_setup", placements[1].Function(Table, 0x40300080)?.Function);
    }

    [Fact]
    public void No_distance_is_made_up()
    {
        ProgramCounter[] elsewhere = [new(0xffffffc0deadbeec, "store"), new(0xffffffc012345678, "barrier"), new(0x7000_0000_1234, "tlbi")];
        Assert.Empty(SymbolPlacement.Find(Table, elsewhere, given: null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_is_read_plain_or_gzip(bool isGzip)
    {
        using var folder = new TemporaryFolder();
        var path = folder["System.map"];
        using (var file = File.Create(path))
        using (var stream = isGzip ? new GZipStream(file, CompressionLevel.Fastest) : (Stream)file)
        {
            stream.Write(Encoding.UTF8.GetBytes(Kallsyms));
        }

        Assert.Equal(Table.Count, SymbolFile.Read(path).Count);
    }

    [Theory]
    [InlineData("0000000000000000 T _text\n0000000000000000 T _stext\n", "kptr_restrict")]
    [InlineData("hello\n", "expected /proc/kallsyms, a System.map or a vmlinux")]
    [InlineData("\u007fELF\u0001\u0001", "expected a 64-bit little-endian vmlinux")]
    [InlineData("\u001f\u008bxx", "no symbols")]
    public void A_file_without_symbols_is_refused_with_what_was_expected(string content, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder["symbols"];
        File.WriteAllText(path, content);
        Assert.Contains(expected, Assert.Throws<FormatException>(() => SymbolFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_elf_file_has_the_functions_of_its_symbol_table()
    {
        using var folder = new TemporaryFolder();
        var path = folder["vmlinux"];
        var elf = Elf();
        File.WriteAllBytes(path, elf);
        var table = SymbolFile.Read(path);
        Assert.Equal(2, table.Count);
        Assert.Equal(new FunctionPlace("set_pte", "", 4), table.Function(Text + 0x104, withModules: false));
        Assert.Null(table.Function(Text + 0x200, withModules: false));

        // Cut anywhere, it is refused or read in part, and nothing else escapes.
        for (var length = 4; length < elf.Length; length += 7)
        {
            File.WriteAllBytes(path, elf.AsSpan(0, length).ToArray());
            Assert.Throws<FormatException>(() => SymbolFile.Read(path));
        }
    }

    // Sections: none, code, data, symbols, their names.
    private static byte[] Elf()
    {
        const int Headers = 64 + 72 + 32;
        var file = new byte[Headers + (5 * 64)];
        "\u007fELF"u8.CopyTo(file);
        (file[4], file[5]) = (2, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(40), Headers);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), 5);
        Symbol(1, 1, 2, Text + 0x100);
        Symbol(2, 9, 1, Text + 0x200, section: 2);
        "\0set_pte\0data\0"u8.CopyTo(file.AsSpan(136));
        Section(1, 1, 6, 0, 0, 0);
        Section(2, 1, 3, 0, 0, 0);
        Section(3, 2, 0, 64, 72, 4);
        Section(4, 3, 0, 136, 32, 0);
        return file;

        void Symbol(int index, uint name, byte type, ulong value, ushort section = 1)
        {
            var at = file.AsSpan(64 + (24 * index));
            BinaryPrimitives.WriteUInt32LittleEndian(at, name);
            at[4] = type;
            BinaryPrimitives.WriteUInt16LittleEndian(at[6..], section);
            BinaryPrimitives.WriteUInt64LittleEndian(at[8..], value);
        }

        void Section(int index, uint type, ulong flags, ulong offset, ulong bytes, uint link)
        {
            var at = file.AsSpan(Headers + (64 * index));
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], type);
            BinaryPrimitives.WriteUInt64LittleEndian(at[8..], flags);
            BinaryPrimitives.WriteUInt64LittleEndian(at[24..], offset);
            BinaryPrimitives.WriteUInt64LittleEndian(at[32..], bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(at[40..], link);
        }
    }
}
