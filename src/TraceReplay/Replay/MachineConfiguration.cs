using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Where the granule in use was taken from.</summary>
public enum GranuleSource
{
    /// <summary>Nothing tells it: 4K is assumed.</summary>
    Assumed = 0,

    /// <summary>From the output addresses of the pages that were mapped.</summary>
    Inferred = 1,

    /// <summary>From <c>pgtable_meta</c>.</summary>
    Meta = 2,

    /// <summary>From <c>pgtable_table</c>.</summary>
    Table = 3,

    /// <summary>From a write to TCR_EL1.</summary>
    Tcr = 4,
}

/// <summary>Facts about the translation regime that hold for all CPUs, with what stands in where the trace does not tell.</summary>
internal sealed class MachineConfiguration
{
    private readonly FactsInUse _facts;
    private readonly TranslationControl?[] _controls = new TranslationControl?[TranslationRegimes.Count];
    private readonly ulong?[] _memoryAttributes = new ulong?[TranslationRegimes.Count];
    private readonly DescriptorFeatures[] _features = new DescriptorFeatures[TranslationRegimes.Count];
    private readonly DescriptorFeatures _choices;
    private Granule? _toldGranule;
    private GranuleSource _toldBy;
    private int? _inputAddressBits;

    public MachineConfiguration(FactsInUse facts, Policy policy)
    {
        _facts = facts;
        _choices = ChoicesOf(policy);
        Array.Fill(_features, _choices);
        if (facts.HypervisorConfiguration is { } first && new HypervisorConfiguration(first).HostAtEl2)
        {
            // Only a host at EL2 that is up writes E2H=1 first: before that it ran with TGE too.
            AssumedHypervisor = HypervisorConfiguration.VheHost;
            Host = TranslationRegime.El2Host;
        }
    }

    public GranuleSource GranuleSource => _toldGranule is not null ? _toldBy
        : _facts.InferredGranule is null ? GranuleSource.Assumed
        : GranuleSource.Inferred;

    /// <summary>The regime of the kernel: EL2&amp;0 once a VHE host has set it up, else EL1&amp;0.</summary>
    public TranslationRegime Host { get; private set; }

    /// <summary>HCR_EL2 of CPUs that have not written it; null where nothing tells it.</summary>
    public HypervisorConfiguration? AssumedHypervisor { get; private set; }

    /// <summary>TCR_EL1 (or its counterpart) of the kernel as last written by any CPU.</summary>
    public TranslationControl? HostControl => Control(Host);

    /// <summary>The translation control of a regime as last written by any CPU.</summary>
    public TranslationControl? Control(TranslationRegime regime) => _controls[(int)regime];

    /// <summary>MAIR of a regime as last written.</summary>
    public ulong? MemoryAttributes(TranslationRegime regime) => _memoryAttributes[(int)regime];

    /// <summary>Features of a regime that give descriptor bits another meaning.</summary>
    public DescriptorFeatures Features(TranslationRegime regime) => _features[(int)regime];

    /// <summary>True where <c>pgtable_meta</c> says that the traced world is Secure.</summary>
    public bool IsSecure { get; private set; }

    /// <summary>FEAT_TTL, from <c>pgtable_meta: ttl=0|1</c>; null when not told.</summary>
    public bool? HasTtl { get; private set; }

    /// <summary>FEAT_BBM level, from <c>pgtable_meta: bbm_level=</c>; null when not told.</summary>
    public int? BbmLevel { get; private set; }

    public Granule Granule => _toldGranule ?? _facts.InferredGranule ?? Granule.Size4K;

    /// <summary>
    /// True where <c>pgtable_meta: locks=casemate</c> says that every lock and hint is told, every tree has a lock, and a plain store under it
    /// comes first or behind a DSB.
    /// </summary>
    public bool FollowsCasemate { get; private set; }

    /// <summary>Layout of descriptors whose half is not known.</summary>
    public DescriptorFormat DefaultFormat => HostControl?.FormatOf(UsableHalf, IsSecure, Features(Host))
        ?? new DescriptorFormat(
            Granule, AssumedDs, Lpa: false, HardwareAccessFlag: false, HardwareDirty: null, IsSecure, DescriptorLayout.TwoRanges, Features(Host));

    /// <summary>
    /// False where nothing tells the units of a regime's range operations: no TCR, and pages too few or odd to show DS. That of stage 2 has a
    /// DS of its own.
    /// </summary>
    public bool IsDsTold(TranslationRegime? regime) => regime == TranslationRegime.Stage2
        ? Control(TranslationRegime.Stage2) is not null || Granule.PageShift == 16
        : HostControl is not null || (regime is { } told && Control(told) is not null)
        || Granule.PageShift == 16 || AssumedDs || _facts.ShowShareability;

    /// <summary>DS where TCR is not told: pages whose SH is never set have address bits there.</summary>
    public bool AssumedDs => Granule.PageShift != 16 && _facts.ShowDs;

    /// <summary>Level of roots whose TCR is not known: the lowest level that the trace names, or that of 48-bit addresses.</summary>
    public int DefaultStartLevel
    {
        get
        {
            if (HostControl is { } control)
            {
                return Granule.StartLevel(64 - control.Size(UsableHalf));
            }

            if (_inputAddressBits is { } bits)
            {
                return Granule.StartLevel(bits);
            }

            // A level that the granule does not have is damage: 4K begins at -1, 16K at 0, 64K at 1.
            var usual = Granule.PageShift == 12 ? 0 : 1;
            var lowest = Granule.PageShift switch { 12 => -1, 14 => 0, _ => 1 };
            return Math.Clamp(_facts.LowestLevel ?? usual, lowest, usual);
        }
    }

    private int UsableHalf => HostControl is { } control && !control.IsUsable(1) ? 0 : 1;

    /// <summary>TCR_ELx or VTCR_EL2 was written.</summary>
    public void SetControl(TranslationRegime regime, TranslationControl control)
    {
        // A reset value, as a guest has it before it sets its own, tells nothing about the kernel.
        var half = control.IsUsable(1) ? 1 : 0;
        if (!control.IsUsable(half) || control.GranuleOf(half) is not { } granule)
        {
            return;
        }

        _controls[(int)regime] = control;
        Host = regime == TranslationRegime.El2Host ? regime : Host;
        if (regime == Host)
        {
            SetGranule(granule, GranuleSource.Tcr);
        }
    }

    /// <summary>MAIR_ELx was written.</summary>
    public void SetMemoryAttributes(TranslationRegime regime, ulong value) => _memoryAttributes[(int)regime] = value;

    /// <summary>A register switched features of a regime's descriptors.</summary>
    /// <returns>True when that changes something.</returns>
    public bool SetFeatures(TranslationRegime regime, DescriptorFeatures features)
    {
        features |= _choices;
        var changed = _features[(int)regime] != features;
        _features[(int)regime] = features;
        return changed;
    }

    /// <summary>What TCR2_ELx switches: PnCH 0, PIE 1, POE 3, AIE 4.</summary>
    public static DescriptorFeatures FeaturesIn(ulong value) =>
        ((value & 1) != 0 ? DescriptorFeatures.Protected : 0)
        | ((value & 2) != 0 ? DescriptorFeatures.PermissionIndirection : 0)
        | ((value & 8) != 0 ? DescriptorFeatures.PermissionOverlay : 0)
        | ((value & 16) != 0 ? DescriptorFeatures.AttributeIndexExtension : 0);

    public void SetGranule(Granule granule, GranuleSource source)
    {
        if (_toldGranule is null || source >= _toldBy)
        {
            _toldGranule = granule;
            _toldBy = source;
        }
    }

    /// <summary>Takes one key of <c>pgtable_meta</c>; keys that mean nothing here are left alone.</summary>
    public void SetFact(string key, string value)
    {
        switch (key)
        {
            case "granule" when Granule.FromBytes(ParseGranule(value)) is { } granule:
                SetGranule(granule, GranuleSource.Meta);
                break;
            case "va_bits" when ParseNumber(value) is { } bits and >= 25 and <= 52:
                _inputAddressBits = (int)bits;
                break;
            case "mair" when ParseNumber(value) is { } mair:
                SetMemoryAttributes(Host, mair);
                break;
            case "hcr" when ParseNumber(value) is { } hcr:
                AssumedHypervisor = new HypervisorConfiguration(hcr);
                Host = AssumedHypervisor.Value.RunsVheHost ? TranslationRegime.El2Host : TranslationRegime.El1;
                break;
            case "tcr" when ParseNumber(value) is { } tcr:
                SetControl(Host, new TranslationControl(tcr));
                break;
            case "tcr_el2" when ParseNumber(value) is { } tcr:
                SetControl(TranslationRegime.El2, new TranslationControl(tcr, ControlLayout.OneRange));
                break;
            case "vtcr" when ParseNumber(value) is { } vtcr:
                SetControl(TranslationRegime.Stage2, new TranslationControl(vtcr, ControlLayout.Stage2));
                break;
            case "bbm_level" when ParseNumber(value) is { } level and <= 3:
                BbmLevel = (int)level;
                break;
            case "ttl":
                HasTtl = value != "0";
                break;
            case "locks":
                FollowsCasemate = value == "casemate";
                break;
            case "security":
                IsSecure = value == "secure";
                break;
        }
    }

    /// <summary>The shape of a root by the TCR of a CPU, or by what is assumed; null where TCR switches walks off or is reserved.</summary>
    public RootShape? ShapeOf(TranslationRegime regime, int half, TranslationControl? control)
    {
        if (control is not { } tcr)
        {
            if (Control(regime) is { } other)
            {
                return ShapeOf(regime, half, other);
            }

            if (regime != Host)
            {
                return null;
            }

            var start = DefaultStartLevel;
            var bits = _inputAddressBits ?? (Granule.Shift(start) + Granule.IndexBits);
            return RootShape.Stage1(DefaultFormat, half, Math.Min(bits, 52), start);
        }

        return RootShape.Of(tcr, half, IsSecure, Features(regime));
    }

    private static DescriptorFeatures ChoicesOf(Policy policy) =>
        (policy.CacheHints ? DescriptorFeatures.CompareCacheHints : 0)
        | (policy.ShRaw ? DescriptorFeatures.CompareRawShareability : 0)
        | (policy.ReservedBlock ? DescriptorFeatures.ReservedBlocks : 0)
        | policy.Af0IsBreak switch
        {
            AccessFlagBreak.On => DescriptorFeatures.ClearAccessFlagBreaks,
            AccessFlagBreak.Off => DescriptorFeatures.ClearAccessFlagCached,
            _ => DescriptorFeatures.None,
        };

    private static long ParseGranule(string value) => value.ToLowerInvariant() switch
    {
        "4k" or "4096" => 4096,
        "16k" or "16384" => 16384,
        "64k" or "65536" => 65536,
        _ => 0,
    };

    private static ulong? ParseNumber(string text)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None;
        var digits = isHex ? text.AsSpan(2) : text;
        return ulong.TryParse(digits, style, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
