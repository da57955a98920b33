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

    /// <summary>Level of a range that the dump places at the level of the root, whichever that is.</summary>
    public const int RootLevel = -2;

    private static readonly string[] LevelNames = ["PGD", "PUD", "PMD", "PTE"];

    /// <summary>In words: level and attributes, or <c>not mapped</c>.</summary>
    public override string ToString() => Attributes switch
    {
        "" => "not mapped",
        Unknown => "not known",
        _ when IsStage2 => $"level {Level} {Attributes}",
        _ => $"{(Level is { } level and >= 0 and <= 3 ? LevelNames[level] : "")} {Attributes}".Trim(),
    };

    /// <summary>True for input addresses of stage 2.</summary>
    public bool IsStage2 { get; init; }

    /// <summary>Level of a name that the kernel prints: the root is PGD at any level.</summary>
    public static int LevelOf(string name) => name switch
    {
        "PTE" => 3,
        "PMD" => 2,
        "PUD" => 1,
        "P4D" => 0,
        "PGD" => RootLevel,
        _ => name[0] - '0',
    };

    /// <summary>True for the name or number of a level.</summary>
    public static bool IsLevel(string name) => name is "PTE" or "PMD" or "PUD" or "P4D" or "PGD" || IsNumber(name);

    /// <summary>True for the number of a level.</summary>
    public static bool IsNumber(string name) => name is "0" or "1" or "2" or "3";

    /// <summary>True when both say the same of an address.</summary>
    public bool AgreesWith(MappedRange other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Attributes == other.Attributes && (Attributes.Length == 0 || Level == other.Level);
    }
}
