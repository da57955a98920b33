using System.Globalization;
using System.Text;

namespace TraceReplay.Ingest.Mapping;

/// <summary>An expression that cannot be compiled; the message says what was expected where.</summary>
internal sealed class ExpressionException(string message) : Exception(message);

/// <summary>Compiles an expression. Operators bind as in C, from the weakest:
/// <c>?: || &amp;&amp; | ^ &amp; == != &lt; &lt;= &gt; &gt;= &lt;&lt; &gt;&gt; + - * / %</c>, then the signs <c>- ~ !</c>.</summary>
internal ref struct ExpressionParser
{
    // Brackets and signs inside one another; each takes some of the stack.
    private const int DeepestNesting = 64;

    // Weakest first; operators of one row bind alike. Of two that begin alike the longer comes first.
    private static readonly (string Text, BinaryOperator Sign)[][] Precedence =
    [
        [("||", BinaryOperator.LogicalOr)],
        [("&&", BinaryOperator.LogicalAnd)],
        [("|", BinaryOperator.Or)],
        [("^", BinaryOperator.ExclusiveOr)],
        [("&", BinaryOperator.And)],
        [("==", BinaryOperator.Equal), ("!=", BinaryOperator.NotEqual)],
        [("<=", BinaryOperator.LessOrEqual), (">=", BinaryOperator.GreaterOrEqual), ("<", BinaryOperator.Less), (">", BinaryOperator.Greater)],
        [("<<", BinaryOperator.ShiftLeft), (">>", BinaryOperator.ShiftRight)],
        [("+", BinaryOperator.Add), ("-", BinaryOperator.Subtract)],
        [("*", BinaryOperator.Multiply), ("/", BinaryOperator.Divide), ("%", BinaryOperator.Remainder)],
    ];

    private readonly ReadOnlySpan<char> _text;
    private readonly ExpressionScope _scope;
    private int _at;
    private int _depth;

    private ExpressionParser(ReadOnlySpan<char> text, ExpressionScope scope)
    {
        _text = text;
        _scope = scope;
    }

    /// <summary>Compiles a text.</summary>
    /// <exception cref="ExpressionException">It is no expression, or names what there is not.</exception>
    public static Expression Parse(string text, ExpressionScope scope)
    {
        var parser = new ExpressionParser(text, scope);
        var expression = parser.Choice();
        parser.SkipBlanks();
        return parser._at == text.Length ? expression : throw parser.Unexpected("an operator or the end");
    }

    private Expression Choice()
    {
        if (++_depth > DeepestNesting)
        {
            throw new ExpressionException($"nested more than {DeepestNesting} deep");
        }

        var condition = Binary(0, out _);
        if (Take("?"))
        {
            var then = Choice();
            if (!Take(":"))
            {
                throw Unexpected("':' and what holds otherwise");
            }

            condition = new ChoiceExpression(condition, then, Choice());
        }

        _depth--;
        return condition;
    }

    // isBare: the expression is an operator that no brackets enclose.
    private Expression Binary(int row, out bool isBare)
    {
        if (row == Precedence.Length)
        {
            isBare = false;
            return Sign();
        }

        var left = Binary(row + 1, out isBare);
        while (TakeOperator(row) is { } sign)
        {
            if (sign is BinaryOperator.Equal or BinaryOperator.NotEqual && TakeText() is { } text)
            {
                left = new TextComparison(FieldOf(left), text, sign == BinaryOperator.Equal);
                continue;
            }

            var right = Binary(row + 1, out var isRightBare);
            CheckMeaning(sign, isBare && left.IsTruth, right, isRightBare && right.IsTruth);
            left = new BinaryExpression(sign, left, right);
            isBare = true;
        }

        return left;
    }

    // What C allows and nobody means.
    private static void CheckMeaning(BinaryOperator sign, bool isLeftTruth, Expression right, bool isRightTruth)
    {
        if (sign is BinaryOperator.And or BinaryOperator.Or or BinaryOperator.ExclusiveOr && (isLeftTruth || isRightTruth))
        {
            throw new ExpressionException("a comparison beside '&', '|' or '^': it binds more tightly; expected brackets around what is meant");
        }

        if (sign is BinaryOperator.Less or BinaryOperator.GreaterOrEqual && right is ConstantExpression { Value: 0 })
        {
            throw new ExpressionException("a comparison with 0 that is always the same: numbers have no sign; expected '== -1' or a bit test");
        }
    }

    private Expression Sign()
    {
        SkipBlanks();
        if (_at < _text.Length && _text[_at] is '-' or '~' or '!')
        {
            var sign = _text[_at++];
            if (++_depth > DeepestNesting)
            {
                throw new ExpressionException($"nested more than {DeepestNesting} deep");
            }

            var operand = Sign();
            _depth--;
            return new UnaryExpression(sign, operand);
        }

        return Primary();
    }

    private Expression Primary()
    {
        SkipBlanks();
        if (Take("("))
        {
            var inner = Choice();
            return Take(")") ? inner : throw Unexpected("')'");
        }

        if (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            return new ConstantExpression(Number());
        }

        var name = Name();
        if (name.Length == 0)
        {
            throw Unexpected("a number, a field or '('");
        }

        return Take("(") ? Function(name) : _scope.Find(name);
    }

    private Expression Function(string name)
    {
        var arguments = new List<Expression> { Choice() };
        while (Take(","))
        {
            arguments.Add(Choice());
        }

        if (!Take(")"))
        {
            throw Unexpected("')'");
        }

        return (name, arguments) switch
        {
            ("pa", [var address]) => _scope.Physical(address),
            ("BIT", [var bit]) => Shift(BinaryOperator.ShiftLeft, new ConstantExpression(1), bit),
            ("GENMASK", [var high, var low]) => new BinaryExpression(
                BinaryOperator.And,
                Shift(BinaryOperator.ShiftLeft, new ConstantExpression(ulong.MaxValue), low),
                Shift(BinaryOperator.ShiftRight, new ConstantExpression(ulong.MaxValue),
                    new BinaryExpression(BinaryOperator.Subtract, new ConstantExpression(63), high))),
            _ => throw new ExpressionException($"'{name}' of {arguments.Count} is no function; expected pa(address), BIT(n) or GENMASK(high, low)"),
        };

        static BinaryExpression Shift(BinaryOperator sign, Expression value, Expression count) => new(sign, value, count);
    }

    // 0x hex or decimal, with the suffixes of C.
    private ulong Number()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
        {
            _at++;
        }

        var word = _text[start.._at];
        var digits = word.TrimEnd("uUlL");
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(
            isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new ExpressionException($"'{word}' is no number; expected 0x hex or decimal, of 64 bits");
    }

    private string Name()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_'))
        {
            _at++;
        }

        return _text[start.._at].ToString();
    }

    // 'text' or "text", which stands only behind == and !=.
    private byte[]? TakeText()
    {
        SkipBlanks();
        if (_at == _text.Length || _text[_at] is not ('\'' or '"'))
        {
            return null;
        }

        var rest = _text[(_at + 1)..];
        var end = rest.IndexOf(_text[_at]);
        if (end < 0)
        {
            throw Unexpected("the quote that ends the text");
        }

        _at += end + 2;
        return Encoding.UTF8.GetBytes(rest[..end].ToString());
    }

    private static int FieldOf(Expression left) => left is FieldExpression field
        ? field.Slot
        : throw new ExpressionException("a text is compared with an expression; expected the name of a field before == or !=");

    private BinaryOperator? TakeOperator(int row)
    {
        SkipBlanks();
        var rest = _text[_at..];
        foreach (var (text, sign) in Precedence[row])
        {
            if (rest.StartsWith(text, StringComparison.Ordinal) && !IsLonger(rest, text))
            {
                _at += text.Length;
                return sign;
            }
        }

        return null;
    }

    // '&' is not the first half of '&&', nor '<' of '<<'.
    private static bool IsLonger(ReadOnlySpan<char> rest, string text) => text.Length == 1 && rest.Length > 1 && (text[0], rest[1]) switch
    {
        ('&' or '|' or '<' or '>', var next) => next == text[0],
        _ => false,
    };

    private bool Take(string text)
    {
        SkipBlanks();
        var isThere = _text[_at..].StartsWith(text, StringComparison.Ordinal);
        _at += isThere ? text.Length : 0;
        return isThere;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private readonly ExpressionException Unexpected(string expected) => new(
        _at < _text.Length ? $"expected {expected} at '{_text[_at..]}'" : $"expected {expected} at the end of '{_text}'");
}
