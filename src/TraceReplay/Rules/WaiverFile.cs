using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using System.Text.Json;

namespace TraceReplay.Rules;

/// <summary>
/// Reads waivers: a JSON array of objects such as
/// <c>{ "rule": "bbm-*", "symbol": "efi_*", "va": "0x20000000..0x2fffffff", "reason": "boot services are gone", "expires": "2027-06-30" }</c>.
/// </summary>
public static class WaiverFile
{
    private const string Keys = "rule, pc, symbol, task, va, pa, reason or expires";

    /// <summary>Reads a file's text.</summary>
    /// <exception cref="FormatException">It is no list of waivers; the message says what is wrong, and in which line.</exception>
    public static IReadOnlyList<Waiver> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, JsonPlace.Options);
        try
        {
            reader.Read();
            Expect(bytes, reader, JsonTokenType.StartArray, "an array of waivers, '[ ... ]'");
            List<Waiver> waivers = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                waivers.Add(ReadWaiver(bytes, ref reader));
            }

            // Anything behind the array is refused here.
            reader.Read();
            return waivers;
        }
        catch (JsonException e)
        {
            // Behind the reason stands where it is, in bytes.
            throw new FormatException($"line {(e.LineNumber ?? 0) + 1}: {e.Message.Split(" LineNumber:")[0]}", e);
        }
    }

    private static Waiver ReadWaiver(byte[] bytes, ref Utf8JsonReader reader)
    {
        Expect(bytes, reader, JsonTokenType.StartObject, "a waiver, '{ ... }'");
        var start = JsonPlace.LineAt(bytes, reader.TokenStartIndex);
        Dictionary<string, (string Text, int Line)> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            var line = JsonPlace.LineAt(bytes, reader.TokenStartIndex);
            reader.Read();
            if (key is not ("rule" or "pc" or "symbol" or "task" or "va" or "pa" or "reason" or "expires"))
            {
                throw Wrong(line, $"a waiver has no '{key}': expected {Keys}");
            }

            Expect(bytes, reader, JsonTokenType.String, $"a text for {key}, in quotes");
            if (!values.TryAdd(key, (reader.GetString()!, line)))
            {
                throw Wrong(line, $"{key} is given twice");
            }
        }

        AddressRange? Range(string key) => values.TryGetValue(key, out var value) ? ParseRange(key, value.Text, value.Line) : null;
        return new Waiver
        {
            Line = start,
            Rule = Rule(Required("rule")),
            Pc = Range("pc"),
            Symbol = Optional("symbol"),
            Task = Optional("task"),
            Va = Range("va"),
            Pa = Range("pa"),
            Reason = Required("reason").Text,
            Expires = values.TryGetValue("expires", out var day) ? ParseDay(day.Text, day.Line) : null,
        };

        (string Text, int Line) Required(string key)
        {
            if (!values.TryGetValue(key, out var value))
            {
                throw Wrong(start, $"the waiver has no {key}");
            }

            return value.Text.Trim().Length > 0 ? value : throw Wrong(value.Line, $"the waiver's {key} is empty");
        }

        string? Optional(string key) => values.ContainsKey(key) ? Required(key).Text : null;
    }

    private static string Rule((string Text, int Line) value) =>
        RuleCatalogue.All.Any(rule => FileSystemName.MatchesSimpleExpression(value.Text, rule.Id, ignoreCase: false))
            ? value.Text
            : throw Wrong(value.Line, $"no rule '{value.Text}': 'tracereplay rules' lists them");

    private static AddressRange ParseRange(string key, string text, int line)
    {
        var parts = text.Split("..");
        if (parts.Length > 2 || !TryParseAddress(parts[0], out var first) || !TryParseAddress(parts[^1], out var last))
        {
            throw Wrong(line, $"{key} '{text}': expected an address or first..last, each 0x hex or decimal");
        }

        return first <= last ? new AddressRange(first, last) : throw Wrong(line, $"{key} '{text}': ends before it begins");
    }

    private static bool TryParseAddress(string text, out ulong value)
    {
        var trimmed = text.Trim();
        return trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(trimmed.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static DateOnly ParseDay(string text, int line) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw Wrong(line, $"expires '{text}': expected a date such as 2027-06-30");

    private static void Expect(byte[] bytes, in Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw Wrong(JsonPlace.LineAt(bytes, reader.TokenStartIndex), $"expected {what}");
        }
    }

    private static FormatException Wrong(int line, string message) => new($"line {line}: {message}");
}
