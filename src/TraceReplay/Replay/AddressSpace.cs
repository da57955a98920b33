using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>How sure it is that hardware walks an address space.</summary>
public enum LivenessEvidence
{
    /// <summary>It is not walked.</summary>
    NotLive = 0,

    /// <summary>A table without known parent in a trace that starts mid-life, and nothing that tells it from one being built.</summary>
    Presumed = 1,

    /// <summary>As above, but it held content before the trace, or a TLBI followed a break in it.</summary>
    Likely = 2,

    /// <summary>A TTBR was loaded with its root.</summary>
    Certain = 3,
}

/// <summary>One life of a tree of tables: everything that one root reaches, under the ASIDs and on the CPUs it was loaded with.</summary>
/// <remarks>
/// A space is rooted once a TTBR names its root. In a trace that starts mid-life a table whose parent is not known heads an unrooted
/// space of its own: its input addresses are then relative to it, and its place and ASID may be learnt from the TLBIs that follow
/// breaks in it.
/// </remarks>
public sealed class AddressSpace
{
    // The kernel half is walked under every ASID in use; beyond this many nobody invalidates one by one, and only an all-ASID operation
    // is taken to cover them.
    private const int MaxKernelAsids = 4;

    // What a mask of obligations holds. An address space gets another ASID at each rollover.
    private const int MaxUserAsids = 63;

    private readonly Dictionary<uint, Taint> _taints = [];
    private readonly Dictionary<ushort, CpuSet> _cpusByAsid = [];
    private readonly Dictionary<int, int> _taintsByCpu = [];
    private Obligation[]? _asidObligations;
    private Obligation[]? _globalObligations;
    private CpuSet _holders;
    private CpuSet _assumedHolders;
    private bool _asidUnknown;
    private int _loaded;
    private ushort _lastAsid;
    private readonly FactsInUse _facts;
    private readonly CpuSet _cpusKnown;

    /// <param name="facts">Facts about the trace.</param>
    /// <param name="cpusKnown">CPUs known of when it is made.</param>
    internal AddressSpace(FactsInUse facts, CpuSet cpusKnown) => (_facts, _cpusKnown) = (facts, cpusKnown);

    /// <summary>Row id, 1-based in order of creation.</summary>
    public required int Id { get; init; }

    /// <summary>Regime, and stage, whose walks use it.</summary>
    public required TranslationRegime Regime { get; init; }

    /// <summary>0 for TTBR0 or VTTBR, 1 for TTBR1, -1 when not known.</summary>
    public required int Half { get; init; }

    /// <summary>The register that holds its root, by <see cref="RootSlot"/>.</summary>
    internal int Slot => IsRooted ? RootSlot.Of(Regime, Half) : RootSlot.Unrooted;

    /// <summary>True for stage 2: its entries are tagged with the VMID, which stands where stage 1 has the ASID.</summary>
    public bool IsStage2 => Regime == TranslationRegime.Stage2;

    /// <summary>Of a guest's stage 1: the stage 2 that translates the addresses of its tables; null where those are physical.</summary>
    public AddressSpace? Stage2 { get; internal set; }

    /// <summary>VMID under which a stage-1 tree of EL1&amp;0 was loaded last; null when not told, and for other regimes.</summary>
    public ushort? Vmid { get; internal set; }

    /// <summary>True when no TCR told its levels, sizes and granule.</summary>
    public bool ShapeIsAssumed { get; internal set; }

    /// <summary>True once something stood in its root.</summary>
    internal bool EverHadContent { get; set; }

    /// <summary>True when HCR_EL2 of a CPU that loaded it is not told, in a trace that has it elsewhere: the regime is a guess.</summary>
    public bool RegimeIsAssumed { get; internal set; }

    /// <summary>How its descriptors are read.</summary>
    public required DescriptorComparer Comparer { get; set; }

    /// <summary>Number of the life of its root page as a root.</summary>
    public required int Incarnation { get; init; }

    /// <summary>True when a TTBR named its root.</summary>
    public required bool IsRooted { get; init; }

    /// <summary>Sequence number at which it became known.</summary>
    public required long FirstSeq { get; init; }

    /// <summary>The TTBR write that loaded it last; null where none was seen.</summary>
    public EventHeader? LastLoad { get; internal set; }

    /// <summary>Sequence number of its last load, or at which it became known.</summary>
    public long LastSeq => LastLoad?.Seq ?? FirstSeq;

    /// <summary>Line of its last load, for texts; 0 for none.</summary>
    public string LastPlace => LastLoad?.PlaceText ?? "line 0";

    /// <summary>Its root table, or the table that heads an unrooted space.</summary>
    public TableUse Root { get; internal set; } = null!;

    /// <summary>Its open stale records.</summary>
    public PendingIndex Pending { get; } = new();

    /// <summary>Layout of its descriptors.</summary>
    public DescriptorFormat Format => Comparer.Format;

    /// <summary>CPUs that may hold global entries of it.</summary>
    public CpuSet GlobalHolders { get; private set; }

    /// <summary>True once a global leaf stood in one of its tables.</summary>
    public bool MayHaveGlobal { get; set; }

    /// <summary>True once a store was seen while a CPU ran on it: its root cannot be empty.</summary>
    public bool RanWhileStoring { get; set; }

    /// <summary>First input address, where known: that of the half, or learnt for an unrooted space.</summary>
    public ulong? VaBase { get; set; }

    /// <summary>ASID learnt for an unrooted space.</summary>
    public ushort? LearnedAsid { get; set; }

    /// <summary>TLBIs that agreed with what was learnt.</summary>
    public int Confirmations { get; set; }

    /// <summary>Evidence that an unrooted space is live.</summary>
    public LivenessEvidence Evidence { get; set; }

    /// <summary>Conflicting changes made while no CPU had the space in a TTBR, to be looked at when one loads it again.</summary>
    internal List<(StaleRecord Record, int Generation)> ChangedWhileUnloaded { get; } = [];

    /// <summary>An entry of the root that was valid when last looked at.</summary>
    internal int ContentHint { get; set; }

    internal bool IsInGlobalList { get; set; }

    internal bool IsInPendingList { get; set; }

    internal int TaintedListIndex { get; set; } = -1;

    /// <summary>Physical address of the table that a descriptor points to; null where stage 2 does not tell it.</summary>
    internal ulong? TableAt(ulong value)
    {
        var address = Format.NextTable(value);
        return Stage2 is null ? address : Stage2Walk.Find(Stage2, address, (ulong)Format.Granule.Bytes);
    }

    /// <summary>CPUs that ran, or run, with its root and have not invalidated all of it.</summary>
    public CpuSet Holders => IsRooted ? _holders.Union(GlobalHolders).Union(AssumedHolders) : AllCpus;

    /// <summary>
    /// CPUs that are taken to have run with the root since before the trace: those without a write to TTBR1 yet, for the first kernel
    /// root of a trace that starts mid-life.
    /// </summary>
    public CpuSet AssumedHolders
    {
        get => _assumedHolders;
        internal set
        {
            _assumedHolders = value;
            ForgetTemplates();
        }
    }

    /// <summary>ASIDs it may be cached under.</summary>
    public IReadOnlyCollection<ushort> Asids => _cpusByAsid.Keys;

    /// <summary>True when hardware may walk it, or still holds entries of it.</summary>
    public bool IsLive => IsRooted
        ? _taints.Count > 0 || !GlobalHolders.IsEmpty || !_assumedHolders.IsEmpty
        : Evidence != LivenessEvidence.NotLive;

    /// <summary>True when some CPU may hold entries under the ASID.</summary>
    public bool HasAsid(ushort asid) => _cpusByAsid.ContainsKey(asid);

    /// <summary>True when some CPU has it in a TTBR.</summary>
    public bool IsLoaded => _loaded > 0;

    /// <summary>The taints, for those who complete invalidations.</summary>
    internal Dictionary<uint, Taint> Taints => _taints;

    /// <summary>True when the CPU may hold entries under the ASID.</summary>
    public bool IsTainted(ushort asid, int cpu) => _taints.ContainsKey(TaintKey(asid, cpu));

    /// <summary>
    /// True when the space was loaded under another ASID last, and no CPU of the set still runs with this one. The two ASIDs of a KPTI
    /// pair differ in bit 0 and are one.
    /// </summary>
    public bool HasLeft(ushort asid, CpuSet cpus)
    {
        if (!IsRooted || Half != 0 || IsStage2 || (asid | 1) == (_lastAsid | 1))
        {
            return false;
        }

        foreach (var taint in _taints.Values)
        {
            if (taint.IsLoaded && taint.Asid == asid && cpus.Contains(taint.Cpu))
            {
                return false;
            }
        }

        return true;
    }

    internal void Load(ushort asid, int cpu)
    {
        _lastAsid = asid;
        var key = TaintKey(asid, cpu);
        if (_taints.TryGetValue(key, out var taint))
        {
            _loaded += taint.IsLoaded ? 0 : 1;
            _taints[key] = taint with { IsLoaded = true };
        }
        else
        {
            _loaded++;
            _taints.Add(key, new Taint(asid, cpu, true, 0));
            _cpusByAsid[asid] = _cpusByAsid.GetValueOrDefault(asid).With(cpu);
            _taintsByCpu[cpu] = _taintsByCpu.GetValueOrDefault(cpu) + 1;
            _holders = _holders.With(cpu);
            ForgetTemplates();
        }

        if (MayHaveGlobal && !GlobalHolders.Contains(cpu))
        {
            NoteGlobal(cpu);
        }
    }

    internal void Unload(ushort asid, int cpu, long seq)
    {
        var key = TaintKey(asid, cpu);
        if (_taints.TryGetValue(key, out var taint))
        {
            _loaded -= taint.IsLoaded ? 1 : 0;
            _taints[key] = taint with { IsLoaded = false, UnloadSeq = seq };
        }
    }

    /// <summary>Drops a taint: the CPU holds nothing under the ASID any more.</summary>
    internal void Clean(ushort asid, int cpu)
    {
        if (!_taints.Remove(TaintKey(asid, cpu)))
        {
            return;
        }

        var cpus = _cpusByAsid[asid].Without(cpu);
        if (cpus.IsEmpty)
        {
            _cpusByAsid.Remove(asid);
        }
        else
        {
            _cpusByAsid[asid] = cpus;
        }

        if (--_taintsByCpu[cpu] == 0)
        {
            _taintsByCpu.Remove(cpu);
            _holders = _holders.Without(cpu);
        }

        ForgetTemplates();
    }

    /// <summary>The CPU may hold global entries.</summary>
    internal void NoteGlobal(int cpu)
    {
        GlobalHolders = GlobalHolders.With(cpu);
        ForgetTemplates();
    }

    /// <summary>The CPU holds no global entries any more.</summary>
    internal void CleanGlobal(int cpu)
    {
        GlobalHolders = GlobalHolders.Without(cpu);
        ForgetTemplates();
    }

    /// <summary>True when the CPU may hold entries under any ASID.</summary>
    public bool HoldsTaintOf(int cpu) => _taintsByCpu.ContainsKey(cpu);

    /// <summary>Where a value may be cached when it becomes stale: the tags and CPUs to be invalidated. Not to be changed by the caller.</summary>
    /// <param name="isGlobal">A global leaf. Table descriptors are tagged with an ASID always (R_CHVGJ).</param>
    internal ReadOnlySpan<Obligation> ObligationsFor(bool isGlobal)
    {
        if (isGlobal)
        {
            return _globalObligations ??= [Obligation.Global(Holders)];
        }

        return _asidObligations ??= BuildAsidObligations();
    }

    internal void ForgetTemplates()
    {
        _asidObligations = null;
        _globalObligations = null;
    }

    // All CPUs of the machine, the holders of an unrooted space.
    private CpuSet AllCpus => _facts.AllOf(_cpusKnown);

    private Obligation[] BuildAsidObligations()
    {
        if (!IsRooted)
        {
            return LearnedAsid is { } learned
                ? [new Obligation(learned, false, false, false, AllCpus, CpuSet.Empty)]
                : [new Obligation(0, false, true, false, AllCpus, CpuSet.Empty)];
        }

        if (_cpusByAsid.Count > (Half == 1 ? MaxKernelAsids : MaxUserAsids))
        {
            return [new Obligation(0, false, false, true, _holders.Union(_assumedHolders), CpuSet.Empty)];
        }

        var obligations = new Obligation[_cpusByAsid.Count + (_assumedHolders.IsEmpty ? 0 : 1)];
        var i = 0;
        if (!_assumedHolders.IsEmpty)
        {
            obligations[i++] = new Obligation(0, false, false, true, _assumedHolders, CpuSet.Empty);
        }

        foreach (var (asid, cpus) in _cpusByAsid)
        {
            obligations[i++] = new Obligation(asid, false, AsidUnknown, false, cpus, IsStage2 ? cpus : CpuSet.Empty);
        }

        return obligations;
    }

    /// <summary>True when the trace does not tell under which ASID it was loaded: any operand is accepted then.</summary>
    public bool AsidUnknown
    {
        get => _asidUnknown;
        internal set
        {
            _asidUnknown = value;
            ForgetTemplates();
        }
    }

    /// <summary>True when the tree holds something a CPU may cache.</summary>
    internal bool HasContent()
    {
        if (RanWhileStoring || IsValid(ContentHint))
        {
            return true;
        }

        for (var index = 0; index < Root.Entries; index++)
        {
            if (IsValid(index))
            {
                ContentHint = index;
                return true;
            }
        }

        return false;
    }

    private bool IsValid(int index) =>
        Root.ValueAt(index) is { } value && (value & DescriptorBits.Valid) != 0;

    private static uint TaintKey(ushort asid, int cpu) => ((uint)cpu << 16) | asid;
}

/// <summary>A CPU that ran with a root under an ASID and has not invalidated that ASID since.</summary>
/// <param name="Asid">ASID in force.</param>
/// <param name="Cpu">CPU.</param>
/// <param name="IsLoaded">Still in the TTBR.</param>
/// <param name="UnloadSeq">When it left the TTBR.</param>
public readonly record struct Taint(ushort Asid, int Cpu, bool IsLoaded, long UnloadSeq);
