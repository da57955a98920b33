using System.Globalization;
using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Report;

/// <summary>What a parameter of a canned query takes.</summary>
public enum QueryParameterType
{
    /// <summary>Text, taken as it is.</summary>
    Text = 0,

    /// <summary>A decimal integer, 0 or more.</summary>
    Integer = 1,

    /// <summary>A 64-bit pattern: <c>0x</c> hex or decimal.</summary>
    Address = 2,

    /// <summary>The id of a rule.</summary>
    Rule = 3,

    /// <summary>A severity.</summary>
    Severity = 4,

    /// <summary>A confidence.</summary>
    Confidence = 5,

    /// <summary>A transition class, T1..T30.</summary>
    Class = 6,
}

/// <summary>One <c>-- param:</c> line of a canned query.</summary>
/// <param name="Name">Name in SQL, without the <c>@</c>.</param>
/// <param name="Type">What it takes.</param>
/// <param name="Default">Value when it is not given; null stands for SQL's NULL.</param>
/// <param name="IsRequired">True when the query makes no sense without it.</param>
/// <param name="Description">One line for the catalogue.</param>
public sealed record QueryParameter(
    string Name, QueryParameterType Type, object? Default, bool IsRequired, string Description)
{
    /// <summary>The option of the command line: <c>min_confidence</c> is given as <c>--min-confidence</c>.</summary>
    public string Option => "--" + Name.Replace('_', '-');

    /// <summary>The description, and what holds when it is not given.</summary>
    public string Explanation => this switch
    {
        { IsRequired: true } => Description + "; required",
        { Default: null } => Description,
        _ => $"{Description}; {Default} when not given",
    };

    /// <summary>What the value must look like, for messages.</summary>
    public string Expected => Type switch
    {
        QueryParameterType.Integer => "a decimal integer, 0 or more",
        QueryParameterType.Address => "an address, 0x hex or decimal",
        QueryParameterType.Text => "a text",
        _ => "one of " + string.Join(", ", KnownValues),
    };

    /// <summary>The values it takes, in a sensible order; empty where they cannot be listed.</summary>
    public IReadOnlyList<string> KnownValues => ValuesOf(Type);

    /// <summary>Reads a value given as text into what SQLite stores.</summary>
    public bool TryParse(string text, out object value) => TryParse(Type, text, out value);

    internal static bool TryParse(QueryParameterType type, string text, out object value)
    {
        switch (type)
        {
            case QueryParameterType.Integer:
                var isInteger = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var integer);
                value = integer;
                return isInteger;
            case QueryParameterType.Address:
                var isAddress = AddressText.TryParse(text, out var address);
                value = unchecked((long)address);
                return isAddress;
            case QueryParameterType.Text:
                value = text;
                return true;
            default:
                value = text;
                return ValuesOf(type).Contains(text);
        }
    }

    private static string[] ValuesOf(QueryParameterType type) => type switch
    {
        QueryParameterType.Rule => [.. RuleCatalogue.All.Select(rule => rule.Id)],
        QueryParameterType.Severity => Names(Severity.Error, Severity.Warning, Severity.Info),
        QueryParameterType.Confidence => Names(Confidence.Certain, Confidence.Likely, Confidence.Possible, Confidence.Unknown),
        QueryParameterType.Class => [.. Enum.GetValues<TransitionClass>().Where(each => each != TransitionClass.None).Select(DescriptorText.Name)],
        _ => [],
    };

    // As the database has them.
    private static string[] Names<T>(params T[] values)
        where T : struct, Enum => [.. values.Select(value => value.ToString().ToLowerInvariant())];
}
