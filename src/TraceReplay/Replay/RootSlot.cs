using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>The registers that hold roots, numbered: one for each half of each regime.</summary>
internal static class RootSlot
{
    /// <summary>Number of registers.</summary>
    public const int Count = 8;

    /// <summary>Stands for the spaces of which no register is known.</summary>
    public const int Unrooted = Count;

    /// <summary>VTTBR_EL2.</summary>
    public const int Stage2 = 5;

    private static readonly string[] Names = ["ttbr0_el1", "ttbr1_el1", "ttbr0_el2", "ttbr1_el2", "ttbr0_el2", "vttbr_el2", "ttbr0_el1", "ttbr1_el1"];

    /// <summary>The register of a half.</summary>
    public static int Of(TranslationRegime regime, int half) => regime switch
    {
        TranslationRegime.El1 => half,
        TranslationRegime.El2Host => 2 + half,
        TranslationRegime.El2 => 4,
        TranslationRegime.El1Guest => 6 + half,
        _ => Stage2,
    };

    /// <summary>A list of spaces for each register, and one for those of which none is known.</summary>
    public static List<AddressSpace>[] Lists() => [.. Enumerable.Range(0, Count + 1).Select(_ => new List<AddressSpace>())];

    /// <summary>Halves of a regime's input range that have a register of their own.</summary>
    public static int Halves(TranslationRegime regime) => regime is TranslationRegime.El1 or TranslationRegime.El2Host or TranslationRegime.El1Guest ? 2 : 1;

    /// <summary>Name of the register, upper case.</summary>
    public static string Name(int slot) => Names[slot].ToUpperInvariant();
}
