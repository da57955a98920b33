using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

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
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,

        // Made when the program is built: to look at the properties as it runs takes 20 ms of every analysis.
        TypeInfoResolver = PolicyJson.Default,
        Converters =
        {
            new JsonStringEnumConverter<Strictness>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false),
            new JsonStringEnumConverter<AccessFlagBreak>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false),
        },
    };

    private static readonly JsonTypeInfo<Policy> Layout = LayoutOf(Json);

    private static readonly JsonTypeInfo<Policy> OneLine = LayoutOf(new(Json) { WriteIndented = false });

    /// <summary>Name it goes by in reports.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Name of the profile that it was read over; null for none.</summary>
    [JsonPropertyName("profile")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Base { get; init; }

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

    /// <summary>A new table must be published behind a DSB: a DMB or a store-release does not do.</summary>
    public bool PublishDsbOnly { get; init; }

    /// <summary>Rules about wasted work are judged too; they are notes.</summary>
    public bool Lints { get; init; }

    /// <summary>Faults that Linux tolerates are notes.</summary>
    public bool HideTolerated { get; init; }

    /// <summary>A block encoding at a level that has none is a block, not invalid.</summary>
    public bool ReservedBlock { get; init; }

    /// <summary>By-address operations on stage 1 count as the second step of stage 2.</summary>
    [JsonPropertyName("s2-va-ok")]
    public bool S2VaOk { get; init; }

    /// <summary>
    /// While CPUs swap one by one to a copy of the kernel's tree, that copy must not have blocks where the original has smaller entries, or
    /// the other way round; otherwise only with CnP=1, where CPUs share entries.
    /// </summary>
    public bool SwapStrict { get; init; }

    /// <summary>Contiguous groups are judged after every store, not when the update is over.</summary>
    public bool GroupEager { get; init; }

    /// <summary>Changes of kernel mappings that the architecture allows and the test of <see cref="LinuxVersion"/> does not are warnings.</summary>
    public bool LinuxStrict { get; init; }

    /// <summary>
    /// Kernel version whose own test of live changes, <c>pgattr_change_is_safe</c>, is shown beside transitions of kernel mappings:
    /// <c>6.1</c> or <c>6.12</c>.
    /// </summary>
    public string LinuxVersion { get; init; } = "6.12";

    /// <summary>
    /// Severities by rule, or by rule and regime (<c>perm-stale@stage2</c>; regimes el1, el2-host, el2, stage2): error, warning, info or off.
    /// </summary>
    public IReadOnlyDictionary<string, string> Severities { get; init; } = new Dictionary<string, string>();

    /// <summary>The regimes as <see cref="Severities"/> has them.</summary>
    public static IReadOnlyList<string> RegimeKeys { get; } = ["el1", "el2-host", "el2", "stage2"];

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

    /// <summary>
    /// Reads a policy. What the text does not set stays as in the profile that it names (<c>"profile": "linux-6.12"</c>), or else as in
    /// <paramref name="start"/>; of the severities, those of other rules stay.
    /// </summary>
    /// <param name="text">A JSON object.</param>
    /// <param name="start">What it starts from when it names no profile; null for <see cref="Default"/>.</param>
    /// <exception cref="FormatException">It is no policy; the message says what is wrong, and in which line.</exception>
    public static Policy Parse(string text, Policy? start = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            // As it stands, for only then is it known in which line a value is wrong.
            var own = JsonSerializer.Deserialize(text, Layout) ?? throw new FormatException("line 1: expected a JSON object");
            var from = own.Base is null ? start ?? Default
                : Profile(own.Base) ?? throw Wrong(text, $"no profile '{own.Base}': expected one of {ProfileNames}", "profile");
            return Check(Over(from, text), text);
        }
        catch (JsonException e)
        {
            throw new FormatException($"line {(e.LineNumber ?? 0) + 1}: {Reason(e)}", e);
        }
    }

    /// <summary>The names of the profiles, separated by commas.</summary>
    public static string ProfileNames => string.Join(", ", Profiles.Select(profile => profile.Name));

    /// <summary>What differs from <see cref="Default"/>: settings with their values, such as <c>bbm-level 2</c>.</summary>
    public IReadOnlyList<string> Differences()
    {
        var usual = JsonSerializer.SerializeToNode(Default, Layout)!.AsObject();
        List<string> differences = [];
        foreach (var (key, value) in JsonSerializer.SerializeToNode(this, Layout)!.AsObject())
        {
            if (key is "name" or "profile" || JsonNode.DeepEquals(value, usual[key]))
            {
                continue;
            }

            differences.AddRange(value switch
            {
                JsonObject members => members.Select(member => $"{member.Key} {member.Value}"),
                JsonArray items => items.Select(item => $"{key} {item}"),
                _ => [$"{key} {value}"],
            });
        }

        return differences;
    }

    /// <summary>One line such as <c>linux-bbml2 (bbm-level 2, no-abort true)</c>: the name, and what differs from the default.</summary>
    public override string ToString() => Differences() is { Count: > 0 } differences ? $"{Name} ({string.Join(", ", differences)})" : Name;

    /// <summary>The policy as JSON, every setting of it: over several lines, or in one.</summary>
    public string ToJson(bool isIndented = true) => JsonSerializer.Serialize(this, isIndented ? Layout : OneLine);

    /// <summary>Severity of a finding under the policy; null where it is not reported.</summary>
    /// <param name="rule">Id of the rule.</param>
    /// <param name="regime">Regime's key: el1, el2-host, el2 or stage2; null for none.</param>
    /// <param name="severity">Severity by the rule and the circumstances.</param>
    public Severity? SeverityOf(string rule, string? regime, Severity severity)
    {
        // Asked for every store that belongs to a finding; most policies choose none.
        var chosen = Severities.Count == 0 ? null
            : regime is not null && Severities.TryGetValue($"{rule}@{regime}", out var special) ? special
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

    /// <summary>
    /// The worst severity that findings of a rule have under the policy, at its FEAT_BBM level or else level 0; null where none are
    /// reported.
    /// </summary>
    /// <param name="rule">The rule.</param>
    /// <param name="regime">Regime's key as in <see cref="RegimeKeys"/>; null for none.</param>
    public Severity? WorstOf(Rule rule, string? regime)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var level = NoAbort && BbmLevel == 2 ? 3 : BbmLevel ?? 0;
        Severity? severity = (rule.Id, level) switch
        {
            _ when rule.IsLint && !Lints => null,
            (RuleId.GlobalToNonGlobal, _) when !NgStrict => null,
            (RuleId.LinuxUnsafeChange, _) when !LinuxStrict => null,
            (RuleId.ExecutePermission, _) when !Errata.Contains(ErratumId.ExecutePermission) => null,
            (RuleId.BlockToTable or RuleId.TableToBlock or RuleId.ContiguousChange, 3) => null,
            (RuleId.BlockToTable or RuleId.TableToBlock, 2) => Severity.Info,
            (RuleId.BlockToTable or RuleId.TableToBlock, 1) or (RuleId.ContiguousChange, 1 or 2) => Severity.Warning,
            (RuleId.ContiguousChange, 0) when ContChange == Strictness.Ignore => null,
            (RuleId.ContiguousChange, 0) when ContChange == Strictness.Warn => Severity.Warning,
            _ => rule.Severity,
        };
        return severity is { } worst ? SeverityOf(rule.Id, regime, worst) : null;
    }

    // The settings of the text in place of those of another policy.
    private static Policy Over(Policy from, string text)
    {
        var merged = JsonSerializer.SerializeToNode(from, Layout)!.AsObject();
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        foreach (var (key, value) in JsonNode.Parse(text, documentOptions: options)!.AsObject())
        {
            if (value is JsonObject members && merged[key] is JsonObject kept)
            {
                foreach (var (name, member) in members)
                {
                    kept[name] = member?.DeepClone();
                }
            }
            else
            {
                merged[key] = value?.DeepClone();
            }
        }

        return merged.Deserialize(Layout)!;
    }

    private static Policy Check(Policy policy, string text)
    {
        if (policy.BbmLevel is < 0 or > 3)
        {
            throw Wrong(text, $"bbm-level {policy.BbmLevel}: expected 0, 1, 2 or 3", "bbm-level");
        }

        if (policy.LinuxVersion is not ("6.1" or "6.12"))
        {
            throw Wrong(text, $"linux-version '{policy.LinuxVersion}': expected 6.1 or 6.12", "linux-version");
        }

        foreach (var erratum in policy.Errata.Where(erratum => erratum != ErratumId.ExecutePermission))
        {
            throw Wrong(text, $"erratum '{erratum}' is not known: expected {ErratumId.ExecutePermission}", "errata", erratum);
        }

        foreach (var (key, value) in policy.Severities)
        {
            var rule = key.Split('@')[0];
            if (RuleCatalogue.Find(rule) is null)
            {
                throw Wrong(text, $"severities: no rule '{rule}'", "severities", key);
            }

            if (key.Contains('@', StringComparison.Ordinal) && !RegimeKeys.Contains(key[(rule.Length + 1)..]))
            {
                throw Wrong(
                    text, $"severities: no regime '{key[(rule.Length + 1)..]}': expected {string.Join(", ", RegimeKeys)}", "severities", key);
            }

            if (value is not ("error" or "warning" or "info" or "off"))
            {
                throw Wrong(text, $"severities: '{value}' for {key}: expected error, warning, info or off", "severities", key);
            }
        }

        return policy;
    }

    private static JsonTypeInfo<Policy> LayoutOf(JsonSerializerOptions options) => (JsonTypeInfo<Policy>)options.GetTypeInfo(typeof(Policy));

    private static FormatException Wrong(string text, string message, string setting, string? member = null) =>
        new($"line {JsonPlace.LineOf(text, setting, member)}: {message}");

    // The serializer names its own types; what a user can mend is the property.
    private static string Reason(JsonException e)
    {
        var at = e.Message.IndexOf(" Path:", StringComparison.Ordinal);
        var message = at < 0 ? e.Message : e.Message[..at];
        if (e.Path == "$" && message.Contains("converted", StringComparison.Ordinal))
        {
            return "expected a JSON object";
        }

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

/// <summary>How a policy is read and written as JSON.</summary>
[JsonSerializable(typeof(Policy))]
internal sealed partial class PolicyJson : JsonSerializerContext;
