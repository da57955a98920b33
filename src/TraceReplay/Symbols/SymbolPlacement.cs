namespace TraceReplay.Symbols;

/// <summary>Where the distance between a symbol table and the program counters of a trace comes from.</summary>
public enum PlacementOrigin
{
    /// <summary>The addresses are those of the table.</summary>
    Listed = 0,

    /// <summary>The user gave it.</summary>
    Given = 1,

    /// <summary>It puts program counters into functions that run such instructions.</summary>
    Deduced = 2,
}

/// <summary>A program counter of a trace, and what was seen there.</summary>
/// <param name="Pc">The program counter.</param>
/// <param name="Kind">Name of the register written, or <c>tlbi</c>, <c>barrier</c>, <c>store</c>.</param>
public sealed record ProgramCounter(ulong Pc, string Kind);

/// <summary>The distance between the addresses of a symbol table and one range of program counters, and what speaks for it.</summary>
/// <param name="IsLow">True for program counters in the lower half: code that runs at its physical address while the MMU is off or by the identity map.</param>
/// <param name="Shift">Program counter minus address of the table, modulo 2^64.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Counters">Distinct program counters of the range.</param>
/// <param name="Named">Of those, in a function of the table.</param>
/// <param name="Fitting">Of those, in a function that by its name runs such an instruction.</param>
/// <param name="NextFitting">As many would fit at the next best distance; 0 when none was looked for.</param>
public sealed record SymbolPlacement(bool IsLow, ulong Shift, PlacementOrigin Origin, int Counters, int Named, int Fitting, int NextFitting)
{
    // The kernel's image is placed in units of this many bytes (arm64: EFI_KIMG_ALIGN), so that no segment loses its alignment.
    private const ulong ImageAlignment = 1 << 16;

    private const ulong UpperHalf = 1UL << 63;

    // Fewer program counters of known kind may fit by chance.
    private const int FewestFitting = 2;

    // Enough starting points; the rest only confirms.
    private const int MaximumAnchors = 32;

    /// <summary>What the names of Linux's functions hold that run an instruction. The first that has the kind counts.</summary>
    private static readonly (string[] Kinds, string[] Fragments)[] Habits =
    [
        (["ttbr0_el1", "ttbr1_el1"], ["switch_mm", "enable_mmu", "replace_ttbr1", "set_ttbr0", "ttbr"]),
        (["tcr_el1", "mair_el1"],    ["cpu_setup", "lpa2", "cpu_resume", "tcr"]),
        (["sctlr_el1"],              ["enable_mmu", "init_el1", "init_kernel_el", "lpa2"]),
        (["tlbi"],                   ["tlb", "ptep_clear_flush", "cpu_setup", "enable_mmu", "replace_ttbr1", "lpa2"]),
        (["store"],                  ["pte", "pmd", "pud", "pgd", "map_range", "mapping", "fault"]),
    ];

    /// <summary>Finds the distances: one for each half in which program counters lie and which can be told.</summary>
    /// <param name="table">The symbols.</param>
    /// <param name="counters">Program counters of the trace.</param>
    /// <param name="given">Distance of the upper half, when the user knows it.</param>
    public static IReadOnlyList<SymbolPlacement> Find(SymbolTable table, IReadOnlyCollection<ProgramCounter> counters, ulong? given)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(counters);
        List<SymbolPlacement> found = [];
        foreach (var isLow in new[] { false, true })
        {
            var half = counters.Where(counter => (counter.Pc < UpperHalf) == isLow).ToList();
            if (half.Count > 0 && FindHalf(table, half, isLow, isLow ? null : given) is { Named: > 0 } placement)
            {
                found.Add(placement);
            }
        }

        return found;
    }

    /// <summary>How sure the distance is: certain, likely or possible.</summary>
    public string Confidence => Origin switch
    {
        PlacementOrigin.Deduced => 2 * Fitting >= 3 * NextFitting && Named * 10 >= Counters * 9 ? "likely" : "possible",
        _ => "certain",
    };

    /// <summary>The function of a program counter of this half; null where there is none.</summary>
    public FunctionPlace? Function(SymbolTable table, ulong pc) =>
        (pc < UpperHalf) == IsLow ? table?.Function(pc - Shift, withModules: Shift == 0) : null;

    private static SymbolPlacement? FindHalf(SymbolTable table, List<ProgramCounter> counters, bool isLow, ulong? given)
    {
        if (given is { } told)
        {
            return Score(table, counters, isLow, told, PlacementOrigin.Given);
        }

        var listed = Score(table, counters, isLow, 0, PlacementOrigin.Listed);
        var others = Candidates(table, counters).Where(shift => shift != 0).Distinct()
            .Select(shift => Score(table, counters, isLow, shift, PlacementOrigin.Deduced))
            .OrderByDescending(placement => placement.Fitting).ThenByDescending(placement => placement.Named).ThenBy(placement => placement.Shift)
            .ToList();

        // A table of the same boot needs no distance: another must fit clearly better to be believed.
        if (listed.Named * 2 > counters.Count && (others.Count == 0 || listed.Fitting >= others[0].Fitting))
        {
            return listed;
        }

        if (others.Count == 0 || others[0].Fitting < FewestFitting)
        {
            return listed;
        }

        var next = others.Count > 1 ? others[1].Fitting : 0;
        return next == others[0].Fitting ? null : others[0] with { NextFitting = Math.Max(next, listed.Fitting) };
    }

    private static SymbolPlacement Score(SymbolTable table, List<ProgramCounter> counters, bool isLow, ulong shift, PlacementOrigin origin)
    {
        var (named, fitting) = (0, 0);
        foreach (var counter in counters)
        {
            if (table.Function(counter.Pc - shift, withModules: shift == 0) is { } place)
            {
                named++;
                fitting += Fits(counter.Kind, place.Function) ? 1 : 0;
            }
        }

        return new SymbolPlacement(isLow, shift, origin, counters.Count, named, fitting, 0);
    }

    private static IEnumerable<ulong> Candidates(SymbolTable table, List<ProgramCounter> counters)
    {
        foreach (var (kinds, _) in Habits)
        {
            var anchors = counters.Where(counter => kinds.Contains(counter.Kind)).Take(MaximumAnchors).ToList();
            if (anchors.Count == 0)
            {
                continue;
            }

            foreach (var (start, end) in table.Functions(name => Fits(kinds[0], name)))
            {
                foreach (var anchor in anchors)
                {
                    var shift = (anchor.Pc - start) & ~(ImageAlignment - 1);
                    if (anchor.Pc - shift < end)
                    {
                        yield return shift;
                    }
                }
            }
        }
    }

    private static bool Fits(string kind, string function)
    {
        foreach (var (kinds, fragments) in Habits)
        {
            if (kinds.Contains(kind))
            {
                return fragments.Any(fragment => function.Contains(fragment, StringComparison.Ordinal));
            }
        }

        return false;
    }
}
