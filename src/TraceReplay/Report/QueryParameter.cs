using System.Globalization;

namespace TraceReplay.Report;

/// <summary>What a parameter of a canned query takes.</summary>
public enum QueryParameterType
{
    /// <summary>Text, taken as it is.</summary>
    Text = 0,

    /// <summary>A decimal integer.</summary>
    Integer = 1,

    /// <summary>A 64-bit pattern: <c>0x</c> hex or decimal.</summary>
    Address = 2,
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

    /// <summary>What the value must look like, for messages.</summary>
    public string Expected => Type switch
    {
        QueryParameterType.Integer => "a decimal integer",
        QueryParameterType.Address => "an address, 0x hex or decimal",
        _ => "a text",
    };

    /// <summary>Reads a value given as text into what SQLite stores.</summary>
    public bool TryParse(string text, out object value) => TryParse(Type, text, out value);

    internal static bool TryParse(QueryParameterType type, string text, out object value)
    {
        switch (type)
        {
            case QueryParameterType.Integer:
                var isInteger = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer);
                value = integer;
                return isInteger;
            case QueryParameterType.Address:
                var isAddress = AddressText.TryParse(text, out var address);
                value = unchecked((long)address);
                return isAddress;
            default:
                value = text;
                return true;
        }
    }
}
