using System.Text;
using System.Text.RegularExpressions;

namespace TraceReplay.Ingest.Mapping;

/// <summary>What samples of an event's text show of its form.</summary>
/// <param name="Fields">Names of its fields.</param>
/// <param name="HexFields">Those of a <c>key=value</c> text that are hex without 0x.</param>
/// <param name="Template">A template of the text, null where it is <c>key=value</c> words.</param>
internal sealed partial record EventShape(IReadOnlyList<string> Fields, IReadOnlyList<string> HexFields, string? Template)
{
    private const int MostFields = 32;

    // Digits of a pointer that is printed in full.
    private const int PointerDigits = 16;

    /// <summary>The form of an event.</summary>
    /// <param name="samples">Texts without the name.</param>
    public static EventShape Of(IReadOnlyList<string> samples)
    {
        var words = OfWords(samples);
        return words.Fields.Count > 0 || samples.Count == 0 ? words : OfText(samples);
    }

    private static EventShape OfWords(IReadOnlyList<string> samples)
    {
        var fields = new List<string>();
        var decimals = new HashSet<string>(StringComparer.Ordinal);
        var hex = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sample in samples)
        {
            var bytes = Encoding.UTF8.GetBytes(sample);
            var words = new EventWords(bytes);
            while (words.Next(out var key, out var start, out var length) && fields.Count < MostFields)
            {
                var name = Encoding.UTF8.GetString(key);
                if (!Name().IsMatch(name))
                {
                    continue;
                }

                if (!fields.Contains(name))
                {
                    fields.Add(name);
                }

                var value = bytes.AsSpan(start, length);
                var isHex = !name.StartsWith("__probe_", StringComparison.Ordinal) && EventNumber.Parse(value, isHex: true, out _)
                    && (!EventNumber.Parse(value, isHex: false, out _) || length == PointerDigits);
                (isHex ? hex : decimals).Add(name);
            }
        }

        // One value with a letter tells for all; a text such as 'add' among others does not.
        return new EventShape(fields, [.. fields.Where(hex.Contains)], null);
    }

    private static EventShape OfText(IReadOnlyList<string> samples)
    {
        var numbers = samples.Select(sample => NumberWord().Matches(sample)).ToList();
        var first = numbers[0];
        if (first.Count is 0 or > MostFields)
        {
            return new EventShape([], [], null);
        }

        var fields = new List<string>();
        var template = new StringBuilder();
        var at = 0;
        for (var i = 0; i < first.Count; i++)
        {
            var before = samples[0][at..first[i].Index];
            template.Append(Escape(before));
            var name = NameBefore(before, fields);
            fields.Add(name);

            // Samples of another form say nothing about this one.
            var isHex = numbers.Where(other => other.Count == first.Count).Any(other => IsBareHex(other[i].Value));
            template.Append(isHex ? $"{{{name}:x}}" : $"{{{name}}}");
            at = first[i].Index + first[i].Length;
        }

        return new EventShape(fields, [], template.Append(Escape(samples[0][at..])).ToString().Trim());
    }

    private static bool IsBareHex(string number) =>
        !number.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && (number.Any(char.IsAsciiLetter) || number.Length == PointerDigits);

    // The word that the number follows, made unique.
    private static string NameBefore(string text, List<string> taken)
    {
        var found = LastWord().Match(text).Groups[1].Value.ToLowerInvariant();
        var name = found.Length == 0 ? "value" : found;
        var unique = name;
        for (var n = 2; taken.Contains(unique); n++)
        {
            unique = $"{name}{n}";
        }

        return unique;
    }

    private static string Escape(string text) => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    [GeneratedRegex(@"^[A-Za-z_]\w*$", RegexOptions.ECMAScript)]
    private static partial Regex Name();

    // 0x hex, or digits of hex with at least one that is decimal, that are no part of a word.
    [GeneratedRegex(@"(?<![\w.])(?:0[xX][0-9a-fA-F]{1,16}|(?=[a-fA-F]{0,15}[0-9])[0-9a-fA-F]{1,16})(?![\w.])", RegexOptions.ECMAScript)]
    private static partial Regex NumberWord();

    [GeneratedRegex(@"([A-Za-z_]\w*)\W*$", RegexOptions.ECMAScript)]
    private static partial Regex LastWord();
}
