using System.Globalization;
using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Compiles the arguments of a <c>print fmt</c>: the expressions of C that kernels use there.</summary>
internal sealed class PrintExpression
{
    // Deeper than any kernel's; the file may be damaged.
    private const int DeepestNesting = 64;

    // A chain of operators nests to the left as deep as it is long.
    private const int MostOperations = 512;

    private static readonly string[][] Operators =
    [
        ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<=", ">=", "<", ">"], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ];

    // Words a type is made of, with the size of those that cut a value.
    private static readonly Dictionary<string, (int Size, bool IsSigned)> TypeWords =
        new (string Word, int Size, bool IsSigned)[]
        {
            ("unsigned", 0, false), ("signed", 0, true), ("const", 0, true), ("volatile", 0, true),
            ("char", 1, true), ("short", 2, true), ("int", 4, true), ("long", 8, true), ("void", 8, false), ("size_t", 8, false),
            ("u8", 1, false), ("u16", 2, false), ("u32", 4, false), ("u64", 8, false), ("__u8", 1, false), ("__u16", 2, false),
            ("__u32", 4, false), ("__u64", 8, false), ("s8", 1, true), ("s16", 2, true), ("s32", 4, true), ("s64", 8, true),
            ("bool", 1, false), ("dma_addr_t", 8, false), ("phys_addr_t", 8, false), ("pid_t", 4, true), ("gfp_t", 4, false), ("uint8_t", 1, false),
            ("uint16_t", 2, false), ("uint32_t", 4, false), ("uint64_t", 8, false), ("uintptr_t", 8, false),
        }.ToDictionary(word => word.Word, word => (word.Size, word.IsSigned), StringComparer.Ordinal);

    private readonly string _text;
    private readonly IReadOnlyList<EventField> _fields;
    private int _at;
    private int _depth;
    private int _operations;

    private PrintExpression(string text, IReadOnlyList<EventField> fields) => (_text, _fields) = (text, fields);

    /// <summary>Compiles one argument; what is not understood becomes an <see cref="UnknownNode"/>.</summary>
    public static PrintNode Parse(string text, IReadOnlyList<EventField> fields)
    {
        var parser = new PrintExpression(text, fields);
        try
        {
            var node = parser.Choice();
            parser.SkipBlanks();
            return parser._at == text.Length ? node : new UnknownNode();
        }
        catch (FormatException)
        {
            return new UnknownNode();
        }
    }

    private PrintNode Choice()
    {
        if (++_depth > DeepestNesting)
        {
            throw new FormatException();
        }

        var condition = Binary(0);
        if (Take("?"))
        {
            var first = Choice();
            Expect(":");
            condition = new ChoiceNode(condition, first, Choice());
        }

        _depth--;
        return condition;
    }

    private PrintNode Binary(int level)
    {
        if (level == Operators.Length)
        {
            return Unary();
        }

        var left = Binary(level + 1);
        while (TakeOperator(level) is { } operation)
        {
            if (++_operations > MostOperations)
            {
                throw new FormatException();
            }

            left = new BinaryNode(operation, left, Binary(level + 1));
        }

        return left;
    }

    private PrintNode Unary()
    {
        if (++_depth > DeepestNesting)
        {
            throw new FormatException();
        }

        PrintNode node;
        SkipBlanks();
        if (_at < _text.Length && _text[_at] is '-' or '~' or '!' or '+')
        {
            node = new UnaryNode(_text[_at++], Unary());
        }
        else if (TakeCast() is { } cast)
        {
            node = new CastNode(Unary(), cast.Size, cast.IsSigned);
        }
        else
        {
            node = Primary();
        }

        _depth--;
        return node;
    }

    private PrintNode Primary()
    {
        if (Take("("))
        {
            var inner = Choice();
            Expect(")");
            return inner;
        }

        SkipBlanks();
        if (_at < _text.Length && _text[_at] == '"')
        {
            return new TextNode(Encoding.UTF8.GetBytes(Literal()));
        }

        if (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            return new NumberNode(Number());
        }

        var word = Word();
        return word switch
        {
            "" => throw new FormatException(),
            "REC" => Member(),
            "__get_str" or "__get_rel_str" or "__get_dynamic_array" or "__get_rel_dynamic_array" or "__get_bitmask" => new FieldNode(FieldArgument()),
            "__get_dynamic_array_len" or "__get_rel_dynamic_array_len" => new LengthNode(FieldArgument()),
            "__print_symbolic" => Names(hasDelimiter: false),
            "__print_flags" => Names(hasDelimiter: true),
            _ => SkipUnknown(),
        };
    }

    // 'REC->name'. An element of an array is not known: the format does not tell the size of one.
    private FieldNode Member()
    {
        Expect("->");
        return new FieldNode(Find(Word()));
    }

    private EventField FieldArgument()
    {
        Expect("(");
        var field = Find(Word());
        Expect(")");
        return field;
    }

    private NamesNode Names(bool hasDelimiter)
    {
        Expect("(");
        var value = Choice();
        byte[]? delimiter = null;
        if (hasDelimiter)
        {
            Expect(",");
            delimiter = Encoding.UTF8.GetBytes(Literal());
        }

        List<(long Value, byte[] Name)> names = [];
        while (Take(","))
        {
            Expect("{");
            var known = Choice();
            Expect(",");
            names.Add((known.TryNumber(default, out var number) ? number : throw new FormatException(), Encoding.UTF8.GetBytes(Literal())));
            Expect("}");
        }

        Expect(")");
        return new NamesNode(value, delimiter, names);
    }

    // A function or constant of the kernel: its arguments are passed over.
    private UnknownNode SkipUnknown()
    {
        if (Take("("))
        {
            for (var depth = 1; depth > 0; _at++)
            {
                if (_at >= _text.Length)
                {
                    throw new FormatException();
                }

                depth += _text[_at] switch { '(' => 1, ')' => -1, _ => 0 };
            }
        }

        return new UnknownNode();
    }

    // '(unsigned long)' or '(void *)'; the last size named counts, 'unsigned' alone is one of 4 bytes.
    private (int Size, bool IsSigned)? TakeCast()
    {
        var start = _at;
        if (!Take("("))
        {
            return null;
        }

        var (size, isSigned, words) = (4, true, 0);
        while (Word() is { Length: > 0 } word)
        {
            words++;
            if (word is "struct" or "enum" or "union")
            {
                Word();
            }
            else if (!TypeWords.TryGetValue(word, out var type))
            {
                _at = start;
                return null;
            }
            else
            {
                size = type.Size == 0 ? size : Math.Max(type.Size, words > 1 && size != 4 ? size : 0);
                isSigned &= type.IsSigned;
            }
        }

        while (Take("*"))
        {
            (size, isSigned) = (8, false);
        }

        if (words == 0 || !Take(")"))
        {
            _at = start;
            return null;
        }

        return (size, isSigned);
    }

    private EventField Find(string name) => _fields.FirstOrDefault(field => field.Name == name) ?? throw new FormatException();

    private string? TakeOperator(int level)
    {
        SkipBlanks();
        foreach (var operation in Operators[level])
        {
            if (!_text.AsSpan(_at).StartsWith(operation, StringComparison.Ordinal))
            {
                continue;
            }

            // '|' is not the start of '||', nor '<' that of '<<'.
            var next = _at + 1 < _text.Length ? _text[_at + 1] : ' ';
            if (operation is "|" or "&" or "<" or ">" && next == operation[0])
            {
                continue;
            }

            _at += operation.Length;
            return operation;
        }

        return null;
    }

    private string Literal()
    {
        SkipBlanks();
        if (_at >= _text.Length || _text[_at] != '"')
        {
            throw new FormatException();
        }

        var start = ++_at;
        while (_at < _text.Length && _text[_at] != '"')
        {
            _at += _text[_at] == '\\' ? 2 : 1;
        }

        return _at < _text.Length ? CText.Unescape(_text.AsSpan(start, _at++ - start)) : throw new FormatException();
    }

    private long Number()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
        {
            _at++;
        }

        var digits = _text.AsSpan(start, _at - start).TrimEnd("uUlL");
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (long)number
            : throw new FormatException();
    }

    private string Word()
    {
        SkipBlanks();
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_'))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private bool Take(string token)
    {
        SkipBlanks();
        if (!_text.AsSpan(_at).StartsWith(token, StringComparison.Ordinal))
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw new FormatException();
        }
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }
}
