namespace TraceReplay.Ingest.Mapping;

/// <summary>A compiled expression over the fields of an event: unsigned 64-bit arithmetic that wraps, as in C.</summary>
/// <remarks>What cannot be computed is a fault of the fields, and the value then means nothing.</remarks>
internal abstract class Expression
{
    /// <summary>True for what a comparison or a logical operator gives.</summary>
    public virtual bool IsTruth => false;

    /// <summary>The value for one event.</summary>
    public abstract ulong Evaluate(EventFields fields);
}

/// <summary>Operators of two operands.</summary>
internal enum BinaryOperator
{
    LogicalOr,
    LogicalAnd,
    Or,
    ExclusiveOr,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// <summary>A number of the mapping.</summary>
internal sealed class ConstantExpression(ulong value) : Expression
{
    public ulong Value => value;

    public override ulong Evaluate(EventFields fields) => value;
}

/// <summary>A field of the event, or a name that the mapping gave to an expression.</summary>
internal sealed class FieldExpression(int slot) : Expression
{
    /// <summary>Its place in <see cref="EventFields"/>.</summary>
    public int Slot => slot;

    public override ulong Evaluate(EventFields fields) => fields.Number(slot);
}

/// <summary>The number of the repetition, from 0.</summary>
internal sealed class IndexExpression : Expression
{
    public override ulong Evaluate(EventFields fields) => fields.Index;
}

/// <summary>A field's text compared with a given one.</summary>
internal sealed class TextComparison(int slot, byte[] text, bool isEqual) : Expression
{
    public override bool IsTruth => true;

    public override ulong Evaluate(EventFields fields) => fields.Text(slot).SequenceEqual(text) == isEqual ? 1ul : 0;
}

/// <summary><c>pa(x)</c>: the physical address of a virtual one in the kernel's linear map.</summary>
internal sealed class PhysicalExpression(Expression address) : Expression
{
    public override ulong Evaluate(EventFields fields)
    {
        var virtualAddress = address.Evaluate(fields);
        if (fields.LinearMap is not { } map)
        {
            return virtualAddress;
        }

        return map.TryTranslate(virtualAddress, out var physical) ? physical : fields.Fail(new OutsideLinearMap(virtualAddress, map));
    }

    private sealed record OutsideLinearMap(ulong Address, LinearMap Map)
    {
        public override string ToString() =>
            $"pa(0x{Address:x}) is not in the linear map, which has physical address 0x{Map.Physical:x} at 0x{Map.Virtual:x}; expected an address there (not one that the kernel hashed)";
    }
}

/// <summary><c>-</c>, <c>~</c> and <c>!</c>.</summary>
internal sealed class UnaryExpression(char sign, Expression operand) : Expression
{
    public override bool IsTruth => sign == '!';

    public override ulong Evaluate(EventFields fields)
    {
        var value = operand.Evaluate(fields);
        return sign switch
        {
            '-' => 0 - value,
            '~' => ~value,
            _ => value == 0 ? 1ul : 0,
        };
    }
}

/// <summary>An operator between two operands.</summary>
internal sealed class BinaryExpression(BinaryOperator sign, Expression left, Expression right) : Expression
{
    public override bool IsTruth =>
        sign is BinaryOperator.LogicalAnd or BinaryOperator.LogicalOr or (>= BinaryOperator.Equal and <= BinaryOperator.GreaterOrEqual);

    public override ulong Evaluate(EventFields fields)
    {
        var a = left.Evaluate(fields);
        if ((sign == BinaryOperator.LogicalAnd && a == 0) || (sign == BinaryOperator.LogicalOr && a != 0))
        {
            return sign == BinaryOperator.LogicalOr ? 1ul : 0;
        }

        var b = right.Evaluate(fields);
        return sign switch
        {
            BinaryOperator.LogicalAnd or BinaryOperator.LogicalOr => b != 0 ? 1ul : 0,
            BinaryOperator.Or => a | b,
            BinaryOperator.ExclusiveOr => a ^ b,
            BinaryOperator.And => a & b,
            BinaryOperator.Equal => a == b ? 1ul : 0,
            BinaryOperator.NotEqual => a != b ? 1ul : 0,
            BinaryOperator.Less => a < b ? 1ul : 0,
            BinaryOperator.LessOrEqual => a <= b ? 1ul : 0,
            BinaryOperator.Greater => a > b ? 1ul : 0,
            BinaryOperator.GreaterOrEqual => a >= b ? 1ul : 0,

            // All bits are shifted out; C leaves it open, and C# shifts by the low six bits.
            BinaryOperator.ShiftLeft => b < 64 ? a << (int)b : 0,
            BinaryOperator.ShiftRight => b < 64 ? a >> (int)b : 0,
            BinaryOperator.Add => a + b,
            BinaryOperator.Subtract => a - b,
            BinaryOperator.Multiply => a * b,
            _ when b == 0 => fields.Fail("a division by zero"),
            BinaryOperator.Divide => a / b,
            _ => a % b,
        };
    }
}

/// <summary><c>condition ? a : b</c>.</summary>
internal sealed class ChoiceExpression(Expression condition, Expression then, Expression otherwise) : Expression
{
    public override ulong Evaluate(EventFields fields) => (condition.Evaluate(fields) != 0 ? then : otherwise).Evaluate(fields);
}
