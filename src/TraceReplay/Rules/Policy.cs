using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraceReplay.Rules;

/// <summary>How hard a change is taken where the architecture leaves room.</summary>
public enum Strictness
{
    /// <summary>Not reported.</summary>
    Ignore = 0,

    /// <summary>A warning.</summary>
    Warn = 1,

    /// <summary>An error.</summary>
    Error = 2,
}

/// <summary>Whether a leaf with AF=0 keeps an entry out of the TLBs.</summary>
public enum AccessFlagBreak
{
    /// <summary>It does where hardware does not set AF on its own (TCR_ELx.HA).</summary>
    Auto = 0,

    /// <summary>It does.</summary>
    On = 1,

    /// <summary>It does not.</summary>
    Off = 2,
}

/// <summary>What is asked of a trace: the capability of the CPUs, and a side to take wherever the architecture's text leaves two.</summary>
/// <remarks>Read from JSON with the property names in kebab case, such as <c>"bbm-level": 2</c>; names that do not exist are refused.</remarks>
public sealed record Policy
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Name it goes by in reports.</summary>
    public string Name { get; init; } = "default";

    /// <summary>FEAT_BBM level of the least capable CPU, 0..3; null takes what the trace tells, or 0.</summary>
    public int? BbmLevel { get; init; }

    /// <summary>The CPUs of FEAT_BBM level 2 are known never to raise TLB conflict aborts (Linux: BBML2_NOABORT).</summary>
    public bool NoAbort { get; init; }

    /// <summary>Errata of the CPUs: <c>2645198</c> (Cortex-A715: executable to non-executable user pages need break-before-make).</summary>
    public IReadOnlyList<string> Errata { get; init; } = [];

    /// <summary>A context switch runs a DSB ISH (arm64 Linux, <c>__switch_to</c>).</summary>
    public bool ImpliedDsbAtSwitch { get; init; } = true;

    /// <summary>All members of a group must be valid: cont-partial-valid is a warning and brk-partial-group an error.</summary>
    public bool StrictCont { get; init; }

    /// <summary>A live table pointer replaced by one to a table that translates the same.</summary>
    public Strictness TableSwap { get; init; } = Strictness.Warn;

    /// <summary>A live Contiguous bit changed on CPUs without FEAT_BBM.</summary>
    public Strictness ContChange { get; init; } = Strictness.Error;

    /// <summary>A machine of one CPU needs no break-before-make.</summary>
    public bool UpExempt { get; init; }

    /// <summary>Global to non-global needs break-before-make too.</summary>
    public bool NgStrict { get; init; }

    /// <summary>TLBI ASIDE1 drops walk-cache entries of the ASID.</summary>
    public bool Aside1Walkcache { get; init; } = true;

    /// <summary>Only a TLBI of the CPU that stored counts.</summary>
    public bool SameCpuTlbi { get; init; }

    /// <summary>Allocation hints are part of cacheability.</summary>
    public bool CacheHints { get; init; }

    /// <summary>SH is compared as it stands, also for memory that is Outer Shareable whatever it says.</summary>
    public bool ShRaw { get; init; }

    /// <summary>AF=0 as a break value.</summary>
    [JsonPropertyName("af0-is-break")]
    public AccessFlagBreak Af0IsBreak { get; init; }

    /// <summary>The DSB before a TLBI must wait for loads too and reach the Inner Shareable domain.</summary>
    public bool StrictDsb { get; init; }

    /// <summary>Faults that Linux tolerates are notes.</summary>
    public bool HideTolerated { get; init; }

    /// <summary>A block encoding at a level that has none is a block, not invalid.</summary>
    public bool ReservedBlock { get; init; }

    /// <summary>By-address operations on stage 1 count as the second step of stage 2.</summary>
    [JsonPropertyName("s2-va-ok")]
    public bool S2VaOk { get; init; }

    /// <summary>Contiguous groups are judged after every store, not when the update is over.</summary>
    public bool GroupEager { get; init; }

    /// <summary>
    /// Kernel version whose own test of live changes, <c>pgattr_change_is_safe</c>, is shown beside transitions of kernel mappings:
    /// <c>6.1</c> or <c>6.12</c>.
    /// </summary>
    public string LinuxVersion { get; init; } = "6.12";

    /// <summary>
    /// Severities by rule, or by rule and regime (<c>perm-stale@stage2</c>; regimes el1, el2-host, el2, stage2): error, warning, info or off.
    /// </summary>
    public IReadOnlyDictionary<string, string> Severities { get; init; } = new Dictionary<string, string>();

    /// <summary>The policy without a name given.</summary>
    public static Policy Default { get; } = new();

    /// <summary>Policies by name.</summary>
    public static IReadOnlyList<Policy> Profiles { get; } =
    [
        new() { Name = "linux-6.1", LinuxVersion = "6.1" },
        new() { Name = "linux-6.12" },
        new() { Name = "linux-bbml2", BbmLevel = 2, NoAbort = true },
        new()
        {
            Name = "pkvm", StrictCont = true, TableSwap = Strictness.Error,
            Severities = new Dictionary<string, string> { ["perm-stale@el1"] = "info", ["perm-stale@el2-host"] = "info" },
        },
        new() { Name = "strict", BbmLevel = 0, StrictCont = true, TableSwap = Strictness.Error, NgStrict = true, CacheHints = true, ShRaw = true },
    ];

    /// <summary>The profile of a name; null when there is none.</summary>
    public static Policy? Profile(string name) => Profiles.FirstOrDefault(profile => profile.Name == name);

    /// <summary>Reads a policy; what the text does not set stays as in a profile it names, or as by default.</summary>
    /// <param name="text">A JSON object.</param>
    /// <exception cref="FormatException">It is no policy; the message says what is wrong, and where.</exception>
    public static Policy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return Check(JsonSerializer.Deserialize<Policy>(text, Json) ?? throw new FormatException("expected a JSON object"));
        }
        catch (JsonException e)
        {
            throw new FormatException(e.LineNumber is { } line ? $"line {line + 1}: {Reason(e)}" : Reason(e), e);
        }
    }

    /// <summary>The policy as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Severity of a finding under the policy; null where it is not reported.</summary>
    /// <param name="rule">Id of the rule.</param>
    /// <param name="regime">Regime's key: el1, el2-host, el2 or stage2; null for none.</param>
    /// <param name="severity">Severity by the rule and the circumstances.</param>
    public Severity? SeverityOf(string rule, string? regime, Severity severity)
    {
        var chosen = regime is not null && Severities.TryGetValue($"{rule}@{regime}", out var special) ? special
            : Severities.TryGetValue(rule, out var general) ? general : null;
        return chosen switch
        {
            "error" => Severity.Error,
            "warning" => Severity.Warning,
            "info" => Severity.Info,
            "off" => null,
            _ when StrictCont && rule == RuleId.ContiguousPartialValid => Severity.Warning,
            _ when StrictCont && rule == RuleId.PartialGroup => Severity.Error,
            _ => severity,
        };
    }

    private static Policy Check(Policy policy)
    {
        if (policy.BbmLevel is < 0 or > 3)
        {
            throw new FormatException($"bbm-level {policy.BbmLevel}: expected 0, 1, 2 or 3");
        }

        if (policy.LinuxVersion is not ("6.1" or "6.12"))
        {
            throw new FormatException($"linux-version '{policy.LinuxVersion}': expected 6.1 or 6.12");
        }

        foreach (var erratum in policy.Errata.Where(erratum => erratum != ErratumId.ExecutePermission))
        {
            throw new FormatException($"erratum '{erratum}' is not known: expected {ErratumId.ExecutePermission}");
        }

        foreach (var (key, value) in policy.Severities)
        {
            var rule = key.Split('@')[0];
            if (RuleCatalogue.Find(rule) is null)
            {
                throw new FormatException($"severities: no rule '{rule}'");
            }

            if (key.Contains('@', StringComparison.Ordinal) && key.Split('@')[1] is not ("el1" or "el2-host" or "el2" or "stage2"))
            {
                throw new FormatException($"severities: no regime '{key.Split('@')[1]}': expected el1, el2-host, el2 or stage2");
            }

            if (value is not ("error" or "warning" or "info" or "off"))
            {
                throw new FormatException($"severities: '{value}' for {key}: expected error, warning, info or off");
            }
        }

        return policy;
    }

    // The serializer names its own types; what a user can mend is the property.
    private static string Reason(JsonException e)
    {
        var at = e.Message.IndexOf(" Path:", StringComparison.Ordinal);
        var message = at < 0 ? e.Message : e.Message[..at];
        return message.StartsWith("The JSON property '", StringComparison.Ordinal)
            ? $"no setting {message.Split('\'')[1]}"
            : e.Path is { Length: > 2 } path && !message.Contains("invalid", StringComparison.Ordinal) ? $"{path[2..]}: a value of another kind was expected" : message;
    }
}

/// <summary>Errata that change what is asked.</summary>
public static class ErratumId
{
    /// <summary>Cortex-A715 2645198.</summary>
    public const string ExecutePermission = "2645198";
}
