using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Replay;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Arm;

public sealed class ArmVectorTests
{
    // Bytes 0 to 7: WB, WB Tagged, NC, Device-nGnRnE, Device-nGnRE, WT, iWB-oNC, iNC-oWB.
    private const ulong Mair = 0xf44fbb040044f0ff;

    [Fact]
    public void Descriptors_decode_as_in_the_tables() => VectorFile.Check("Arm/descriptors.txt", row =>
    {
        var format = Format(row[0], row[1]);
        var level = row.Integer(2);
        var value = row.Number(3);
        var kind = format.Kind(value, level);
        var address = kind switch
        {
            DescriptorKind.Invalid => 0UL,
            DescriptorKind.Table => format.NextTable(value),
            _ => format.OutputAddress(value, level),
        };
        var withHardware = (format with { HardwareAccessFlag = true }).IsCacheable(value, level);
        var cached = format.IsCacheable(value, level) ? "yes" : withHardware ? "ha" : "no";
        return ($"{row[4]} 0x{row.Number(5):x} {row[6]}", $"{Lower(kind)} 0x{address:x} {cached}");
    });

    [Fact]
    public void Start_levels_are_those_of_the_tables() => VectorFile.Check("Arm/levels.txt", row =>
    {
        var granule = Granule(row[0]);
        var (first, last) = (row.Integer(1), row.Integer(2));
        var got = new List<string>();
        var expected = new List<string>();
        for (var size = first; size <= last; size++)
        {
            for (var half = 0; half <= 1; half++)
            {
                var shape = new MachineConfiguration(new FactsInUse(new TraceFacts()), Policy.Default).ShapeOf(TranslationRegime.El1, half, Control(granule, size));
                Assert.NotNull(shape);
                var entries = size == first ? row[4] : size == last ? row[5] : $"{shape.Value.Entries}";
                var vaBase = half == 0 ? 0 : 0 - (1UL << (64 - size));
                expected.Add($"{size}: {row[3]} {entries} 0x{vaBase:x}");
                got.Add($"{size}: {shape.Value.Level} {shape.Value.Entries} 0x{shape.Value.VaBase:x}");
            }
        }

        return (string.Join(", ", expected), string.Join(", ", got));
    });

    [Fact]
    public void Contiguous_groups_have_the_size_of_their_table() => VectorFile.Check("Arm/contiguous.txt", row =>
    {
        var format = Format(row[0], row[1]);
        var level = row.Integer(2);
        var members = format.GroupMembers(level);
        return ($"{row[3]} 0x{row.Number(4):x}", $"{members} 0x{(ulong)members * format.Granule.EntrySpan(level):x}");
    });

    [Fact]
    public void Reserved_bits_are_those_of_the_tables() => VectorFile.Check("Arm/reserved.txt", row =>
    {
        var kind = Enum.Parse<DescriptorKind>(row[3], ignoreCase: true);
        return ($"0x{row.Number(4):x}", $"0x{ReservedBits.OfDescriptor(Format(row[0], row[1]), kind, row.Integer(2)):x}");
    });

    [Theory]
    [InlineData(0x40001000, 512, false, 0)]
    [InlineData(0x40001800, 512, false, 0x800)]
    [InlineData(0x40001010, 2, false, 0)]
    [InlineData(0x40001008, 2, false, 0x8)]
    [InlineData(0x4000103c, 8, true, 0)]
    [InlineData(0x40001040, 16, true, 0x40)]
    [InlineData(0x40010000, 1024, false, 0)]
    [InlineData(0x40011000, 1024, false, 0x1000)]
    public void A_root_is_aligned_to_its_table(ulong register, int entries, bool is52Bit, ulong odd) =>
        Assert.Equal(odd, ReservedBits.MisalignedBits(register, entries, is52Bit));

    [Fact]
    public void Memory_attributes_decode_without_their_hints() => VectorFile.Check("Arm/mair.txt", row =>
    {
        var attributes = MemoryAttributes.Decode((byte)row.Number(0));
        return ($"{row[1]} {row[2]}", $"{attributes} {(attributes.Xs ? 1 : 0)}");
    });

    [Fact]
    public void Tlbi_operations_select_what_the_scope_table_says() => VectorFile.Check("Arm/tlbi_operations.txt", row =>
    {
        if (TlbiOperations.Find(row[0]) is not { } found)
        {
            return (row[0], "no such operation");
        }

        var byAddress = found.Method is TlbiMethod.Address or TlbiMethod.AddressAnyAsid or TlbiMethod.Ipa;
        var stages = (found.Stage1 ? "1" : "") + (found.Stage2 ? "2" : "");
        var form = !byAddress ? "none" : found.IsRange ? "range" : "single";
        var isNxs = row[0].EndsWith("nxs", StringComparison.Ordinal);
        return (
            $"{row[1]} {row[2]} {row[3]} {row[4]} {row[5]} {isNxs}",
            $"{Lower(found.Method)} {(found.LastLevelOnly ? "yes" : "no")} {Lower(found.Reach)} {stages} {form} {found.IsNxs}");
    });

    [Fact]
    public void Tlbi_operands_decode_to_addresses_asid_and_hint() => VectorFile.Check("Arm/tlbi_operands.txt", row =>
    {
        var operation = TlbiOperations.Find(row[0] == "range" ? "rvae1is" : "vae1is")!;
        bool? hasTtl = row[3] switch { "yes" => true, "no" => false, _ => null };
        var decoded = TlbiOperand.Decode(operation, row.Number(4), Granule(row[1]), row[2] == "1", hasTtl);
        var start = row[5] == "*" ? "*" : $"0x{decoded.Start:x}";
        var last = row[6] == "*" ? "*" : $"0x{decoded.Last:x}";
        return (
            $"{row[5]} {row[6]} {row.Number(7)} {row[8]} {row[9]}",
            $"{start} {last} {decoded.Asid} {decoded.LeafLevel?.ToString() ?? "-"} {Lower(decoded.Defect)}");
    });

    [Fact]
    public void Transitions_are_classified_and_required_as_in_the_table() => VectorFile.Check("Arm/transitions.txt", row =>
    {
        var format = TransitionFormat(row[0]);
        var comparer = new DescriptorComparer(format, Mair);
        var levels = row[1].Split('>');
        var oldLevel = int.Parse(levels[0]);
        var newLevel = int.Parse(levels[^1]);
        var (oldValue, newValue) = (row.Number(2), row.Number(3));
        var change = levels.Length == 1
            ? comparer.Compare(oldValue, newValue, oldLevel)
            : comparer.CompareSizes(
                oldValue, oldLevel, format.OutputAddress(oldValue, oldLevel), newValue, newLevel, format.OutputAddress(newValue, newLevel));
        var noTranslate = IsBlockWithNoTranslate(format, oldValue, oldLevel) || IsBlockWithNoTranslate(format, newValue, newLevel);
        var required = Enumerable.Range(0, 4).Select(level => change.RequirementAt(level, noTranslate) switch
        {
            Requirement.None => "none",
            Requirement.Information => "info",
            Requirement.Hazard => "hazard",
            _ => "bbm",
        });
        return (string.Join(' ', row.Fields[4..9]), $"T{(int)change.Class} {string.Join(' ', required)}");
    });

    private static bool IsBlockWithNoTranslate(DescriptorFormat format, ulong value, int level) =>
        format.Kind(value, level) == DescriptorKind.Block && (value & DescriptorBits.NoTranslate) != 0;

    private static DescriptorFormat TransitionFormat(string text)
    {
        var parts = text.Split('-');
        bool? dirty = parts.Contains("hd") ? true : parts.Contains("nohd") ? false : null;
        return Format(parts[0], parts[1]) with { Secure = parts.Contains("secure"), HardwareDirty = dirty };
    }

    private static DescriptorFormat Format(string granule, string layout) =>
        new(Granule(granule), layout == "ds1", layout == "lpa", HardwareAccessFlag: false, HardwareDirty: null, Secure: false);

    private static Granule Granule(string text) => text switch
    {
        "4k" => TraceReplay.Arm.Granule.Size4K,
        "16k" => TraceReplay.Arm.Granule.Size16K,
        "64k" => TraceReplay.Arm.Granule.Size64K,
        _ => throw new FormatException($"no granule '{text}'"),
    };

    // TG0 and TG1 have different encodings.
    private static TranslationControl Control(Granule granule, int size)
    {
        var (tg0, tg1) = granule.PageShift switch { 12 => (0UL, 2UL), 14 => (2UL, 1UL), _ => (1UL, 3UL) };
        return new TranslationControl((uint)size | ((ulong)size << 16) | (tg0 << 14) | (tg1 << 30));
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
