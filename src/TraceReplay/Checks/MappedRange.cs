namespace TraceReplay.Checks;

/// <summary>A run of input addresses that translate alike.</summary>
/// <param name="First">First address.</param>
/// <param name="Last">Last address, inclusive: a run may end with the address space.</param>
/// <param name="Level">Lookup level of the leaves, null where nothing is mapped or not known.</param>
/// <param name="Attributes">As the kernel prints them, parted by blanks; empty where nothing is mapped, <c>?</c> where it is not known.</param>
/// <param name="Line">Line in the file it was read from, 0 for none.</param>
public sealed record MappedRange(ulong First, ulong Last, int? Level, string Attributes, int Line = 0)
{
    /// <summary>Attributes of a range of which the trace does not tell the descriptors.</summary>
    public const string Unknown = "?";

    private static readonly string[] LevelNames = ["PGD", "PUD", "PMD", "PTE"];

    /// <summary>In words: level and attributes, or <c>not mapped</c>.</summary>
    public override string ToString() => Attributes switch
    {
        "" => "not mapped",
        Unknown => "not known",
        _ => $"{(Level is { } level and >= 0 and <= 3 ? LevelNames[level] : "")} {Attributes}".Trim(),
    };

    /// <summary>Level of a name that the kernel prints, null for another.</summary>
    public static int? LevelOf(string name) => name switch
    {
        "PTE" => 3,
        "PMD" => 2,
        "PUD" => 1,
        "P4D" or "PGD" => 0,
        _ => null,
    };

    /// <summary>True when both say the same of an address.</summary>
    public bool AgreesWith(MappedRange other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Attributes == other.Attributes && (Attributes.Length == 0 || Level == other.Level);
    }
}
