namespace TraceReplay.Arm;

/// <summary>All TLBI operations by mnemonic.</summary>
/// <remarks>DDI 0487 D8.17.5.4 for what each covers; C5.5 for the encodings that exist.</remarks>
public static class TlbiOperations
{
    // base mnemonic, regime, method, last level only, has a range form, stage 1, stage 2
    private static readonly (string Name, TlbiRegime Regime, TlbiMethod Method, bool Last, bool Range, bool S1, bool S2)[] Rows =
    [
        ("vmalle1",     TlbiRegime.El1, TlbiMethod.All,            false, false, true,  false),
        ("vmalls12e1",  TlbiRegime.El1, TlbiMethod.All,            false, false, true,  true),
        ("vmallws2e1",  TlbiRegime.El1, TlbiMethod.CleanOnly,      false, false, false, true),
        ("alle1",       TlbiRegime.El1, TlbiMethod.All,            false, false, true,  true),
        ("aside1",      TlbiRegime.El1, TlbiMethod.Asid,           false, false, true,  false),
        ("vae1",        TlbiRegime.El1, TlbiMethod.Address,        false, true,  true,  false),
        ("vale1",       TlbiRegime.El1, TlbiMethod.Address,        true,  true,  true,  false),
        ("vaae1",       TlbiRegime.El1, TlbiMethod.AddressAnyAsid, false, true,  true,  false),
        ("vaale1",      TlbiRegime.El1, TlbiMethod.AddressAnyAsid, true,  true,  true,  false),
        ("ipas2e1",     TlbiRegime.El1, TlbiMethod.Ipa,            false, true,  false, true),
        ("ipas2le1",    TlbiRegime.El1, TlbiMethod.Ipa,            true,  true,  false, true),
        ("alle2",       TlbiRegime.El2, TlbiMethod.All,            false, false, true,  false),
        ("vae2",        TlbiRegime.El2, TlbiMethod.Address,        false, true,  true,  false),
        ("vale2",       TlbiRegime.El2, TlbiMethod.Address,        true,  true,  true,  false),
        ("alle3",       TlbiRegime.El3, TlbiMethod.All,            false, false, true,  false),
        ("vae3",        TlbiRegime.El3, TlbiMethod.AddressAnyAsid, false, true,  true,  false),
        ("vale3",       TlbiRegime.El3, TlbiMethod.AddressAnyAsid, true,  true,  true,  false),
    ];

    private static readonly (string Suffix, Shareability Reach)[] Reaches =
    [
        ("", Shareability.Local),
        ("is", Shareability.Inner),
        ("os", Shareability.Outer),
    ];

    private static readonly Dictionary<string, TlbiOperation> ByMnemonic = Build();

    /// <summary>Every operation.</summary>
    public static IReadOnlyCollection<TlbiOperation> All => ByMnemonic.Values;

    /// <summary>The operation of a lower-case mnemonic, or null when there is none of that name.</summary>
    public static TlbiOperation? Find(string mnemonic) => ByMnemonic.GetValueOrDefault(mnemonic);

    private static Dictionary<string, TlbiOperation> Build()
    {
        var operations = new Dictionary<string, TlbiOperation>(StringComparer.Ordinal);
        foreach (var row in Rows)
        {
            foreach (var (suffix, reach) in Reaches)
            {
                foreach (var nxs in (ReadOnlySpan<bool>)[false, true])
                {
                    Add(operations, row, row.Name, suffix, reach, nxs, isRange: false);
                    if (row.Range)
                    {
                        Add(operations, row, "r" + row.Name, suffix, reach, nxs, isRange: true);
                    }
                }
            }
        }

        return operations;
    }

    private static void Add(
        Dictionary<string, TlbiOperation> operations,
        (string Name, TlbiRegime Regime, TlbiMethod Method, bool Last, bool Range, bool S1, bool S2) row,
        string name,
        string suffix,
        Shareability reach,
        bool nxs,
        bool isRange)
    {
        var mnemonic = name + suffix + (nxs ? "nxs" : "");
        operations.Add(
            mnemonic,
            new TlbiOperation(mnemonic, row.Regime, row.Method, reach, row.Last, isRange, nxs, row.S1, row.S2));
    }
}
