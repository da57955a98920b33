using System.Text;

namespace TraceReplay.Ingest.Mapping;

/// <summary>
/// The text of an event with its fields in braces: <c>as id {id} gfn {gfn:x} level {level} old_spte {old:x} new_spte {new:x}</c>.
/// A blank stands for one or more; text behind the end is not looked at, so that a kernel that prints more still fits.
/// </summary>
/// <remarks>
/// <c>{name}</c> is a number, 0x hex or decimal; <c>{name:x}</c> one in hex with or without 0x; <c>{name:s}</c> text up to what
/// follows in the template; the name <c>_</c> is not kept; <c>{{</c> is a brace. Nothing is tried twice: a match takes one pass.
/// </remarks>
internal sealed class TextTemplate
{
    private readonly List<Part> _parts = [];

    private TextTemplate(string text) => Source = text;

    /// <summary>As written in the mapping.</summary>
    public string Source { get; }

    /// <summary>Names of the fields, in order, each once.</summary>
    public IReadOnlyList<string> Fields => [.. _parts.Where(part => part.Name.Length > 0).Select(part => part.Name)];

    /// <summary>Fields that are hex without 0x.</summary>
    public IEnumerable<string> HexFields => _parts.Where(part => part.Kind == PartKind.Hex && part.Name.Length > 0).Select(part => part.Name);

    /// <summary>The bytes it begins with up to a blank or field, empty when it begins with a field.</summary>
    public ReadOnlySpan<byte> FirstWord => _parts is [{ Kind: PartKind.Literal } first, ..] ? FirstChunk(first.Text) : default;

    private enum PartKind
    {
        Literal,
        Number,
        Hex,
        Text,
    }

    private sealed record Part(PartKind Kind, byte[] Text, string Name, int Slot);

    /// <summary>Compiles a template.</summary>
    /// <exception cref="ExpressionException">It is none.</exception>
    public static TextTemplate Parse(string text)
    {
        var template = new TextTemplate(text);
        var literal = new StringBuilder();
        var rest = text.Trim();
        if (rest.Length == 0)
        {
            throw new ExpressionException("an empty text; expected the event's text with its fields in braces");
        }

        while (rest.Length > 0)
        {
            if (rest.StartsWith("{{", StringComparison.Ordinal) || rest.StartsWith("}}", StringComparison.Ordinal))
            {
                literal.Append(rest[0]);
                rest = rest[2..];
            }
            else if (rest[0] == '{')
            {
                var close = rest.IndexOf('}', StringComparison.Ordinal);
                if (close < 0)
                {
                    throw new ExpressionException($"expected '}}' behind '{rest}'");
                }

                template.AddLiteral(literal);
                template.AddField(rest[1..close]);
                rest = rest[(close + 1)..];
            }
            else if (rest[0] == '}')
            {
                throw new ExpressionException($"expected '{{' before '{rest}', or '}}}}' for a brace");
            }
            else
            {
                // One blank stands for any run.
                var isRun = char.IsWhiteSpace(rest[0]) && literal.Length > 0 && literal[^1] == ' ';
                literal.Append(isRun ? "" : char.IsWhiteSpace(rest[0]) ? " " : rest[0].ToString());
                rest = rest[1..];
            }
        }

        template.AddLiteral(literal);
        return template;
    }

    /// <summary>Matches a text from its start.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fields">Receives the fields; slots are those of <see cref="Fields"/>.</param>
    /// <param name="reached">Bytes that matched.</param>
    /// <param name="expected">What did not follow them; null when all matched.</param>
    public bool Match(ReadOnlySpan<byte> text, EventFields fields, out int reached, out string? expected)
    {
        reached = 0;
        expected = null;
        for (var i = 0; i < _parts.Count; i++)
        {
            var part = _parts[i];
            if (part.Kind == PartKind.Literal)
            {
                if (!MatchLiteral(text, part.Text, ref reached))
                {
                    expected = $"'{Encoding.UTF8.GetString(part.Text)}'";
                    return false;
                }

                continue;
            }

            var start = part.Kind == PartKind.Text ? reached : SkipBlanks(text, reached);
            var length = part.Kind == PartKind.Text
                ? TextLength(text[start..], i + 1 < _parts.Count ? _parts[i + 1].Text : [])
                : EventNumber.Length(text[start..], part.Kind == PartKind.Hex);
            if (length < 0 || (length == 0 && part.Kind != PartKind.Text))
            {
                expected = part.Kind == PartKind.Text ? $"'{Encoding.UTF8.GetString(_parts[i + 1].Text)}'" : $"a number for {{{part.Name}}}";
                return false;
            }

            if (part.Name.Length > 0)
            {
                fields.SetText(part.Slot, start, length);
            }

            reached = start + length;
        }

        return true;
    }

    private static bool MatchLiteral(ReadOnlySpan<byte> text, ReadOnlySpan<byte> literal, ref int reached)
    {
        var at = reached;
        foreach (var b in literal)
        {
            if (b == (byte)' ')
            {
                var after = SkipBlanks(text, at);
                if (after == at && at < text.Length)
                {
                    return false;
                }

                at = after;
            }
            else if (at < text.Length && text[at] == b)
            {
                at++;
            }
            else
            {
                return false;
            }
        }

        reached = at;
        return true;
    }

    // -1 when what must follow does not.
    private static int TextLength(ReadOnlySpan<byte> text, ReadOnlySpan<byte> next)
    {
        if (next.IsEmpty)
        {
            return text.Length;
        }

        return next[0] == (byte)' ' ? text.IndexOfAny((byte)' ', (byte)'\t') : text.IndexOf(FirstChunk(next));
    }

    private static ReadOnlySpan<byte> FirstChunk(ReadOnlySpan<byte> literal)
    {
        var blank = literal.IndexOf((byte)' ');
        return blank < 0 ? literal : literal[..blank];
    }

    private static int SkipBlanks(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private void AddLiteral(StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            _parts.Add(new Part(PartKind.Literal, Encoding.UTF8.GetBytes(literal.ToString()), "", -1));
            literal.Clear();
        }
    }

    private void AddField(string field)
    {
        var colon = field.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? field : field[..colon];
        var kind = (colon < 0 ? "" : field[(colon + 1)..]) switch
        {
            "" or "d" => PartKind.Number,
            "x" => PartKind.Hex,
            "s" => PartKind.Text,
            var other => throw new ExpressionException($"'{{{field}}}': '{other}' is no form; expected {{name}}, {{name:x}} for hex without 0x or {{name:s}} for text"),
        };
        if (name.Length == 0 || char.IsAsciiDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            throw new ExpressionException($"'{{{field}}}': expected a name of letters, digits and _ in the braces");
        }

        if (_parts.Count > 0 && _parts[^1].Kind != PartKind.Literal)
        {
            throw new ExpressionException($"'{{{field}}}' follows another field; expected text between them");
        }

        if (name != "_" && Fields.Contains(name))
        {
            throw new ExpressionException($"'{{{field}}}': a second field of this name; expected another name, or _ for what is not wanted");
        }

        _parts.Add(new Part(kind, [], name == "_" ? "" : name, Fields.Count));
    }
}
