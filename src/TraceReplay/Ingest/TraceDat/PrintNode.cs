namespace TraceReplay.Ingest.TraceDat;

/// <summary>An argument of a <c>print fmt</c>, compiled.</summary>
internal abstract class PrintNode
{
    /// <summary>Its value as a number; false when it is not known, such as that of a kernel's own function.</summary>
    public abstract bool TryNumber(in RecordView record, out long value);

    /// <summary>Writes its value as a text; false when it is none.</summary>
    public virtual bool TryText(in RecordView record, PayloadBuffer output)
    {
        if (!TryNumber(in record, out var value))
        {
            return false;
        }

        // A pointer to a string: the kernel exports those that tracepoints use.
        if (record.Strings.Formats.Find((ulong)value) is { } text)
        {
            output.Append(text);
        }
        else
        {
            output.AppendHex((ulong)value);
        }

        return true;
    }
}

/// <summary>What cannot be computed from the record.</summary>
internal sealed class UnknownNode : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = 0;
        return false;
    }
}

internal sealed class NumberNode(long number) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = number;
        return true;
    }
}

internal sealed class TextNode(byte[] text) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = 0;
        return false;
    }

    public override bool TryText(in RecordView record, PayloadBuffer output)
    {
        output.Append(text);
        return true;
    }
}

/// <summary><c>REC->name</c>, <c>__get_str(name)</c>, <c>__get_dynamic_array(name)</c>.</summary>
internal sealed class FieldNode(EventField shown) : PrintNode
{
    public EventField Field => shown;

    public override bool TryNumber(in RecordView record, out long value)
    {
        value = shown.IsArray ? 0 : shown.Number(record.Bytes, record.Order);
        return !shown.IsArray;
    }

    public override bool TryText(in RecordView record, PayloadBuffer output)
    {
        if (!shown.IsArray)
        {
            return base.TryText(in record, output);
        }

        output.Append(RecordView.Terminated(shown.Bytes(record.Bytes, record.Order)));
        return true;
    }
}

/// <summary><c>__get_dynamic_array_len(name)</c>.</summary>
internal sealed class LengthNode(EventField field) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = field.Bytes(record.Bytes, record.Order).Length;
        return true;
    }
}

/// <summary><c>(type)value</c>, for types of a known size.</summary>
internal sealed class CastNode(PrintNode inner, int sizeBytes, bool isSigned) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        var isKnown = inner.TryNumber(in record, out value);
        value = (sizeBytes, isSigned) switch
        {
            (1, true) => (sbyte)value,
            (1, false) => (byte)value,
            (2, true) => (short)value,
            (2, false) => (ushort)value,
            (4, true) => (int)value,
            (4, false) => (uint)value,
            _ => value,
        };
        return isKnown;
    }

    public override bool TryText(in RecordView record, PayloadBuffer output) => inner.TryText(in record, output);
}

internal sealed class UnaryNode(char operation, PrintNode inner) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        var isKnown = inner.TryNumber(in record, out value);
        value = operation switch
        {
            '-' => -value,
            '~' => ~value,
            '!' => value == 0 ? 1 : 0,
            _ => value,
        };
        return isKnown;
    }
}

internal sealed class BinaryNode(string operation, PrintNode left, PrintNode right) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = 0;
        if (!left.TryNumber(in record, out var a) || !right.TryNumber(in record, out var b))
        {
            return false;
        }

        if (operation is "/" or "%" && (b == 0 || b == -1))
        {
            value = operation == "/" ? -a : 0;
            return b != 0;
        }

        value = operation switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "%" => a % b,
            "<<" => a << (int)b,
            ">>" => (long)((ulong)a >> (int)b),
            "&" => a & b,
            "|" => a | b,
            "^" => a ^ b,
            "==" => a == b ? 1 : 0,
            "!=" => a != b ? 1 : 0,
            "<" => a < b ? 1 : 0,
            ">" => a > b ? 1 : 0,
            "<=" => a <= b ? 1 : 0,
            ">=" => a >= b ? 1 : 0,
            "&&" => a != 0 && b != 0 ? 1 : 0,
            _ => a != 0 || b != 0 ? 1 : 0,
        };
        return true;
    }
}

/// <summary><c>condition ? first : second</c>.</summary>
internal sealed class ChoiceNode(PrintNode condition, PrintNode first, PrintNode second) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = 0;
        return condition.TryNumber(in record, out var holds) && (holds != 0 ? first : second).TryNumber(in record, out value);
    }

    public override bool TryText(in RecordView record, PayloadBuffer output) =>
        condition.TryNumber(in record, out var holds) && (holds != 0 ? first : second).TryText(in record, output);
}

/// <summary><c>__print_symbolic(value, {0, "none"}, ...)</c> and, with a delimiter, <c>__print_flags</c>.</summary>
internal sealed class NamesNode(PrintNode inner, byte[]? delimiter, IReadOnlyList<(long Value, byte[] Name)> names) : PrintNode
{
    public override bool TryNumber(in RecordView record, out long value)
    {
        value = 0;
        return false;
    }

    public override bool TryText(in RecordView record, PayloadBuffer output)
    {
        if (!inner.TryNumber(in record, out var value))
        {
            return false;
        }

        if (delimiter is null)
        {
            WriteSymbol(value, output);
        }
        else
        {
            WriteFlags(value, delimiter, output);
        }

        return true;
    }

    private void WriteSymbol(long value, PayloadBuffer output)
    {
        foreach (var (known, name) in names)
        {
            if (known == value)
            {
                output.Append(name);
                return;
            }
        }

        output.Append("0x"u8);
        output.AppendHex((ulong)value);
    }

    private void WriteFlags(long value, byte[] between, PayloadBuffer output)
    {
        var start = output.Length;
        var rest = value;
        foreach (var (known, name) in names)
        {
            if (known == 0 ? value == 0 : (rest & known) == known)
            {
                output.Append(output.Length > start ? between : default);
                output.Append(name);
                rest &= ~known;
            }
        }

        if (rest != 0 || output.Length == start)
        {
            output.Append(output.Length > start ? between : default);
            output.Append("0x"u8);
            output.AppendHex((ulong)rest);
        }
    }
}
