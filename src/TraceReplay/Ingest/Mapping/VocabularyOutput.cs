using System.Text;

namespace TraceReplay.Ingest.Mapping;

/// <summary>How the value of a key is written in the vocabulary.</summary>
internal enum OutputKind
{
    /// <summary>An address, descriptor or register, in hex.</summary>
    Hex,

    /// <summary>A small number, in decimal.</summary>
    Decimal,

    /// <summary>A lookup level in Arm numbering, after the mapping's convention was applied.</summary>
    Level,

    /// <summary>A word; blanks become underscores.</summary>
    Word,

    /// <summary>Text with its blanks.</summary>
    Text,
}

/// <summary>One key of an event of the vocabulary.</summary>
/// <param name="Name">As in the mapping.</param>
/// <param name="Kind">How it is written.</param>
/// <param name="IsRequired">The event means nothing without it.</param>
/// <param name="Prefix">What stands before the value in the payload.</param>
internal sealed record OutputKey(string Name, OutputKind Kind, bool IsRequired, byte[] Prefix);

/// <summary>One event of the vocabulary that a mapping can make.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">Its keys, in the order they are written.</param>
/// <param name="TakesAnyKey">Keys that are not listed are words.</param>
internal sealed record VocabularyOutput(string Name, IReadOnlyList<OutputKey> Keys, bool TakesAnyKey = false)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<VocabularyOutput> All { get; } =
    [
        new("pgtable_write",
            [Hex("pa", true), Hex("new", true), Hex("old"), Level(), Hex("va"), Decimal("size"), Word("how"), Hex("pc")]),
        new("tlbi", [Word("op", true), Hex("arg"), Hex("pc")]),
        new("barrier", [new OutputKey("kind", OutputKind.Text, IsRequired: true, []), Hex("pc")]),
        new("sysreg_write", [Word("reg", true), Hex("val", true), Hex("pc")]),
        new("pgtable_table", [Hex("base", true), Level(true), Decimal("entries"), Decimal("root"), Hex("parent"), Word("granule")]),
        new("pgtable_entry", [Hex("pa", true), Hex("val", true), Level()]),
        new("pgtable_hw_update", [Hex("pa", true), Hex("new", true), Hex("old"), Level()]),
        new("pgtable_free", [Hex("base", true), Level(), Word("why")]),
        new("pgtable_orphan", [Hex("base", true), Level()]),
        new("pgtable_final", [Hex("pa", true), Hex("val", true), Level()]),
        new("pgtable_meta", [], TakesAnyKey: true),
        new("pgtable_lock", [Word("ev", true), Hex("addr", true)]),
        new("pgtable_hint", [Word("kind", true), Hex("location", true), Hex("value", true)]),
        new("mm_page_alloc", [Hex("pfn", true), Decimal("order", true)]),
        new("mm_page_free", [Hex("pfn", true), Decimal("order", true)]),
        new("sched_switch", [Decimal("prev_pid", true), new OutputKey("next_pid", OutputKind.Decimal, IsRequired: true, [.. " ==> next_pid="u8])]),
        new("print", [new OutputKey("text", OutputKind.Text, IsRequired: true, [])]),
    ];

    /// <summary>The event of this name, or null.</summary>
    public static VocabularyOutput? Find(string name) => All.FirstOrDefault(output => output.Name == name);

    /// <summary>The key of this name, or null.</summary>
    public OutputKey? Key(string name) =>
        Keys.FirstOrDefault(key => key.Name == name) ?? (TakesAnyKey && IsPlain(name) ? Word(name) : null);

    private static bool IsPlain(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static OutputKey Hex(string name, bool isRequired = false) => new(name, OutputKind.Hex, isRequired, Prefix(name));

    private static OutputKey Decimal(string name, bool isRequired = false) => new(name, OutputKind.Decimal, isRequired, Prefix(name));

    private static OutputKey Level(bool isRequired = false) => new("level", OutputKind.Level, isRequired, Prefix("level"));

    private static OutputKey Word(string name, bool isRequired = false) => new(name, OutputKind.Word, isRequired, Prefix(name));

    private static byte[] Prefix(string name) => Encoding.UTF8.GetBytes($" {name}=");
}
