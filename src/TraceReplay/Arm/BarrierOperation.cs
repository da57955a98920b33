using System.Collections.Concurrent;

namespace TraceReplay.Arm;

/// <summary>Which barrier instruction.</summary>
public enum BarrierKind
{
    /// <summary>Context synchronisation; completes no store and no TLBI.</summary>
    Isb = 0,

    /// <summary>Orders memory accesses among themselves; never enough around a TLBI.</summary>
    Dmb = 1,

    /// <summary>Waits for memory accesses and TLBIs to complete.</summary>
    Dsb = 2,
}

/// <summary>One barrier, decoded from its text.</summary>
/// <param name="Text">Lower case, such as <c>dsb ishst</c>.</param>
/// <param name="Kind">Instruction.</param>
/// <param name="Domain">How far it reaches.</param>
/// <param name="CoversStores">True when it waits for stores: full and ST forms.</param>
/// <param name="CoversLoads">True when it waits for loads too: full forms. Only a full DSB completes a TLBI (R_PSMWS, R_YNJCP).</param>
/// <param name="IsNxs">An nXS form: completes only the nXS part of TLBIs (R_TSJSN).</param>
public sealed record BarrierOperation(string Text, BarrierKind Kind, Shareability Domain, bool CoversStores, bool CoversLoads, bool IsNxs)
{
    private static readonly (string Name, Shareability Domain)[] Domains =
    [
        ("nsh", Shareability.Local),
        ("ish", Shareability.Inner),
        ("osh", Shareability.Outer),
    ];

    private static readonly Dictionary<string, BarrierOperation> ByText = Build();

    private static readonly ConcurrentDictionary<(BarrierOperation Barrier, Shareability Domain), BarrierOperation> Wider = [];

    /// <summary>The DSB ISH that <c>__switch_to</c> runs.</summary>
    public static readonly BarrierOperation ContextSwitch = ByText["dsb ish"];

    /// <summary>True when it is a DSB for loads and stores, which completes TLBIs of its domain or narrower.</summary>
    public bool CompletesTlbi => Kind == BarrierKind.Dsb && CoversLoads && CoversStores;

    /// <summary>The barrier in a wider domain, as HCR_EL2.BSU makes it; its text stays.</summary>
    public BarrierOperation Widened(Shareability domain) => Wider.GetOrAdd((this, domain), static key => key.Barrier with { Domain = key.Domain });

    /// <summary>The barrier of a lower-case text with single spaces, or null when there is none of that name.</summary>
    public static BarrierOperation? Find(string text) => ByText.GetValueOrDefault(text);

    private static Dictionary<string, BarrierOperation> Build()
    {
        var barriers = new Dictionary<string, BarrierOperation>(StringComparer.Ordinal);
        void Add(string text, BarrierKind kind, Shareability domain, bool stores, bool loads, bool nxs = false) =>
            barriers.Add(text, new BarrierOperation(text, kind, domain, stores, loads, nxs));

        Add("isb", BarrierKind.Isb, Shareability.Local, stores: false, loads: false);
        Add("isb sy", BarrierKind.Isb, Shareability.Local, stores: false, loads: false);
        foreach (var (instruction, kind) in (ReadOnlySpan<(string, BarrierKind)>)[("dsb", BarrierKind.Dsb), ("dmb", BarrierKind.Dmb)])
        {
            foreach (var (name, domain) in Domains)
            {
                Add($"{instruction} {name}", kind, domain, stores: true, loads: true);
                Add($"{instruction} {name}st", kind, domain, stores: true, loads: false);
                Add($"{instruction} {name}ld", kind, domain, stores: false, loads: true);
            }

            Add($"{instruction} sy", kind, Shareability.System, stores: true, loads: true);
            Add($"{instruction} st", kind, Shareability.System, stores: true, loads: false);
            Add($"{instruction} ld", kind, Shareability.System, stores: false, loads: true);
        }

        foreach (var (name, domain) in (ReadOnlySpan<(string, Shareability)>)
            [("nsh", Shareability.Local), ("ish", Shareability.Inner), ("osh", Shareability.Outer), ("sy", Shareability.System)])
        {
            Add($"dsb {name}nxs", BarrierKind.Dsb, domain, stores: true, loads: true, nxs: true);
        }

        return barriers;
    }
}
