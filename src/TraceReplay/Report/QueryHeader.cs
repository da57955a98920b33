using System.Text.RegularExpressions;

namespace TraceReplay.Report;

/// <summary>
/// Reads the header of a canned query: lines <c>-- key: value</c> up to the first line that is not a comment. An example:
/// <code>
/// -- title: Findings, one row per fault
/// -- summary: Every fault that replay found.
/// -- param: rule text NULL only this rule
/// -- column: rule id of the rule
/// </code>
/// A parameter's default is a literal, <c>NULL</c> for "all", or <c>required</c>. A query with a line <c>-- report: no</c> is no report
/// of its own, although it needs no parameter.
/// </summary>
public static partial class QueryHeader
{
    /// <summary>Parses one file.</summary>
    /// <exception cref="FormatException">The header is not complete; the message names the file and the line.</exception>
    public static CannedQuery Parse(string name, string text)
    {
        string? title = null;
        List<string> summary = [];
        List<QueryParameter> parameters = [];
        List<QueryColumn> columns = [];
        var isReport = true;
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (!line.StartsWith("--", StringComparison.Ordinal))
            {
                break;
            }

            var match = Entry().Match(line);
            if (!match.Success)
            {
                throw Error(name, number, $"expected '-- key: value', found '{line}'");
            }

            var value = match.Groups["value"].Value;
            switch (match.Groups["key"].Value)
            {
                case "title" when title is null:
                    title = value;
                    break;
                case "title":
                    throw Error(name, number, "a second title");
                case "summary":
                    summary.Add(value);
                    break;
                case "param":
                    parameters.Add(ParseParameter(name, number, value));
                    break;
                case "column":
                    columns.Add(ParseColumn(name, number, value));
                    break;
                case "report" when value == "no":
                    isReport = false;
                    break;
                case "report":
                    throw Error(name, number, $"'report: {value}'; expected 'report: no', or no such line");
                default:
                    throw Error(name, number, $"unknown key '{match.Groups["key"].Value}'; expected title, summary, report, param or column");
            }
        }

        Require(title is not null, name, number, "title");
        Require(summary.Count > 0, name, number, "summary");
        Require(columns.Count > 0, name, number, "column");
        return new CannedQuery(name, title!, string.Join(' ', summary), parameters, columns, text, isReport);
    }

    private static QueryParameter ParseParameter(string name, int number, string value)
    {
        var match = Parameter().Match(value);
        if (!match.Success)
        {
            throw Error(name, number, $"expected 'name type default description', found '{value}'");
        }

        var type = match.Groups["type"].Value switch
        {
            "text" => QueryParameterType.Text,
            "integer" => QueryParameterType.Integer,
            "address" => QueryParameterType.Address,
            "rule" => QueryParameterType.Rule,
            "severity" => QueryParameterType.Severity,
            "confidence" => QueryParameterType.Confidence,
            "class" => QueryParameterType.Class,
            var other => throw Error(
                name, number, $"unknown type '{other}'; expected text, integer, address, rule, severity, confidence or class"),
        };
        var text = match.Groups["default"].Value;
        object? preset = null;
        if (text is not ("NULL" or "required") && !QueryParameter.TryParse(type, text, out preset))
        {
            throw Error(name, number, $"the default '{text}' is not of type {match.Groups["type"].Value}");
        }

        return new QueryParameter(
            match.Groups["name"].Value, type, preset, text == "required", match.Groups["description"].Value);
    }

    private static QueryColumn ParseColumn(string name, int number, string value)
    {
        var match = Column().Match(value);
        return match.Success
            ? new QueryColumn(match.Groups["name"].Value, match.Groups["description"].Value)
            : throw Error(name, number, $"expected 'name description', found '{value}'");
    }

    private static void Require(bool isThere, string name, int number, string key)
    {
        if (!isThere)
        {
            throw Error(name, number, $"the header ends here and has no '-- {key}:' line");
        }
    }

    private static FormatException Error(string name, int number, string message) =>
        new($"schema/queries/{name}.sql:{number}: {message}");

    [GeneratedRegex(@"^-- (?<key>[a-z]+): (?<value>\S.*)$")]
    private static partial Regex Entry();

    [GeneratedRegex(@"^(?<name>[a-z][a-z0-9_]*) (?<type>[a-z]+) (?<default>\S+) (?<description>\S.*)$")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^(?<name>[a-z][a-z0-9_]*) (?<description>\S.*)$")]
    private static partial Regex Column();
}
