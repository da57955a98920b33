namespace TraceReplay.Rules;

/// <summary>Addresses from the first to the last one, as unsigned 64-bit numbers.</summary>
public readonly record struct AddressRange(ulong First, ulong Last);

/// <summary>Findings that somebody looked at and accepts: which ones, and why.</summary>
public sealed record Waiver
{
    /// <summary>1-based line of its file.</summary>
    public required int Line { get; init; }

    /// <summary>Id of the rule; <c>*</c> stands for any text and <c>?</c> for any one character, here and in the other patterns.</summary>
    public required string Rule { get; init; }

    /// <summary>Program counters of the stores; null for any.</summary>
    public AddressRange? Pc { get; init; }

    /// <summary>Pattern for what did the stores (<c>how</c>), such as <c>set_pte</c>; null for any.</summary>
    public string? Symbol { get; init; }

    /// <summary>Pattern for the command name of the tasks that stored; null for any.</summary>
    public string? Task { get; init; }

    /// <summary>Input addresses of the entries; null for any.</summary>
    public AddressRange? Va { get; init; }

    /// <summary>Physical addresses of the descriptors; null for any.</summary>
    public AddressRange? Pa { get; init; }

    /// <summary>Why the findings are accepted.</summary>
    public required string Reason { get; init; }

    /// <summary>The last day on which it applies; null for ever.</summary>
    public DateOnly? Expires { get; init; }
}
