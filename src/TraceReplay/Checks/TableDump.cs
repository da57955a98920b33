namespace TraceReplay.Checks;

/// <summary>How a kernel prints the permissions of stage 2 (<c>stage2_pte_bits</c> of arch/arm64/kvm/ptdump.c).</summary>
internal enum Stage2Words
{
    /// <summary><c>X</c> where the guest may execute; levels are numbers.</summary>
    Executable = 0,

    /// <summary><c>XN</c> where it may not, <c>CON</c> and <c>FnXS</c>; levels have names. Android's kernels.</summary>
    ExecuteNever = 1,

    /// <summary><c>px</c> or <c>PXN</c>, and <c>ux</c> or <c>UXN</c>; levels are numbers.</summary>
    ByPrivilege = 2,
}

/// <summary>A kernel's own dump of its tables.</summary>
/// <remarks>
/// Stage 1 is <c>/sys/kernel/debug/kernel_page_tables</c>, stage 2 <c>/sys/kernel/debug/kvm/ID/stage2_page_tables</c>:
/// <c>0x0000000081200000-0x0000000081a00000           8M 2   R W X AF BLK</c>.
/// </remarks>
public sealed class TableDump
{
    // A blank stands for each that is not set; Normal memory with tags is Normal memory.
    private static readonly string[] Stage1Words =
    [
        "USR", "RW", "ro", "NX", "x", "SHD", "AF", "NG", "CON", "UXN", "GP",
        "DEVICE/nGnRnE", "DEVICE/nGnRE", "DEVICE/GRE", "MEM/NORMAL-NC", "MEM/NORMAL",
    ];

    private static readonly string[] Stage2Known = ["R", "W", "X", "XN", "px", "ux", "PXN", "UXN", "PXNux", "PXNUXN", "AF", "FnXS", "CON", "BLK"];

    private TableDump(bool isStage2, Stage2Words words, IReadOnlyList<MappedRange> ranges) => (IsStage2, Words, Ranges) = (isStage2, words, ranges);

    /// <summary>True for the tables of a guest.</summary>
    public bool IsStage2 { get; }

    /// <summary>What is mapped and what not, in the order of the addresses.</summary>
    public IReadOnlyList<MappedRange> Ranges { get; }

    /// <summary>How stage 2 is printed.</summary>
    internal Stage2Words Words { get; }

    /// <summary>Reads a file, plain or gzip.</summary>
    /// <exception cref="FormatException">It is no such file; the message names the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TableDump Read(string path) => Of(DumpText.Read(path));

    /// <summary>Reads a text.</summary>
    /// <exception cref="FormatException">It is no such text; the message names the line.</exception>
    public static TableDump Parse(string text) => Of(DumpText.Parse(new StringReader(text)));

    // A kernel's own addresses are those of TTBR1, the upper half. A guest's begin at 0.
    private static TableDump Of(List<DumpLine> lines)
    {
        var isStage2 = lines.Exists(line => MappedRange.IsNumber(line.Level)) || lines[0].First >> 63 == 0;
        if (!isStage2)
        {
            return new TableDump(false, default, [.. lines.Select(Stage1Range)]);
        }

        foreach (var line in lines)
        {
            if (line.IsMapped && Array.Find(line.Attributes, word => !Stage2Known.Contains(word)) is { } unknown)
            {
                throw new FormatException(
                    $"line {line.Number}: '{unknown}' is no attribute that can be compared; expected {string.Join(", ", Stage2Known)} (neither efi_page_tables nor permissions by S2PIR_EL2 can be compared)");
            }
        }

        var words = lines.Exists(line => !MappedRange.IsNumber(line.Level)) ? Stage2Words.ExecuteNever
            : lines.Exists(line => Array.Exists(line.Attributes, word => word is "px" or "ux" || word.StartsWith("PXN", StringComparison.Ordinal)))
                ? Stage2Words.ByPrivilege : Stage2Words.Executable;
        return new TableDump(true, words, [.. lines.Select(line => Stage2Range(line, words))]);
    }

    private static MappedRange Stage1Range(DumpLine line)
    {
        var attributes = line.Attributes.Select(word => word == "MEM/NORMAL-TAGGED" ? "MEM/NORMAL" : word).ToArray();
        return new MappedRange(
            line.First, line.Last, line.IsMapped ? MappedRange.LevelOf(line.Level) : null,
            line.IsMapped ? string.Join(' ', Stage1Words.Where(known => attributes.Contains(known))) : "", line.Number);
    }

    private static MappedRange Stage2Range(DumpLine line, Stage2Words words)
    {
        if (!line.IsMapped)
        {
            return new MappedRange(line.First, line.Last, null, "", line.Number) { IsStage2 = true };
        }

        bool Has(string word) => line.Attributes.Contains(word);
        var isPrivilegedNever = Has("PXN") || Has("PXNux") || Has("PXNUXN");
        var isUserNever = Has("UXN") || Has("PXNUXN");
        return new MappedRange(
            line.First, line.Last, MappedRange.LevelOf(line.Level),
            Stage2Attributes.Text(
                words, Has("R"), Has("W"),
                words switch
                {
                    Stage2Words.Executable => Has("X") ? Execution.All : Execution.None,
                    Stage2Words.ExecuteNever => Has("XN") ? Execution.None : Execution.All,
                    _ => (isPrivilegedNever ? 0 : Execution.Privileged) | (isUserNever ? 0 : Execution.User),
                },
                Has("AF"), Has("CON"), Has("FnXS")),
            line.Number)
        {
            IsStage2 = true,
        };
    }
}
