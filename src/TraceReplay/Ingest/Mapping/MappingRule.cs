namespace TraceReplay.Ingest.Mapping;

/// <summary>An expression and where it stands.</summary>
/// <param name="Key">What it gives, such as <c>pa</c> or <c>when</c>.</param>
/// <param name="Line">1-based line of the mapping.</param>
/// <param name="Value">The expression.</param>
internal sealed record MappingFormula(string Key, int Line, Expression Value);

/// <summary>One value of an output: a number or a text.</summary>
/// <param name="Key">The key of the vocabulary.</param>
/// <param name="Formula">Its number, null for a text.</param>
/// <param name="Text">Its text, null for a number.</param>
/// <param name="Line">1-based line of the mapping.</param>
internal sealed record OutputValue(OutputKey Key, MappingFormula? Formula, OutputText? Text, int Line);

/// <summary>One event of the vocabulary that an event becomes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parse">Its parser.</param>
/// <param name="Values">Its values, in the order they are written.</param>
/// <param name="When">Made only where this is not 0; null for always.</param>
/// <param name="Repeat">How often it is made, null for once.</param>
internal sealed record MappingOutput(
    string Name, PayloadParser Parse, IReadOnlyList<OutputValue> Values, MappingFormula? When, MappingFormula? Repeat);

/// <summary>What one event, or one text, becomes.</summary>
internal sealed class MappingRule
{
    /// <summary>1-based line of the mapping.</summary>
    public required int Line { get; init; }

    /// <summary>Names of the events; empty for a text that any print holds.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The text, null where the fields are <c>key=value</c>.</summary>
    public required TextTemplate? Template { get; init; }

    /// <summary>Names of the fields that are used, then those of <see cref="Lets"/>: the slots.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Fields printed in hex without 0x.</summary>
    public required IReadOnlySet<string> HexFields { get; init; }

    /// <summary>Named intermediate values, computed in order.</summary>
    public required IReadOnlyList<(int Slot, MappingFormula Formula)> Lets { get; init; }

    /// <summary>The event is this one only where this is not 0; null for always.</summary>
    public required MappingFormula? When { get; init; }

    /// <summary>What it becomes, in order; empty for an event that is known and means nothing here.</summary>
    public required IReadOnlyList<MappingOutput> Outputs { get; init; }
}
