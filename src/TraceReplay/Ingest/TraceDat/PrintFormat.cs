using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>The text of an event, as its <c>print fmt</c> makes it: <c>"level=%d pa=0x%llx", REC->level, REC->pa</c>.</summary>
internal sealed class PrintFormat
{
    // Which of the ways that need no look at flags and types writes a piece.
    private enum Way
    {
        General = 0,
        Hex = 1,
        Decimal = 2,
        Text = 3,
    }

    private sealed record Piece(byte[] Before, PrintfConversion? Conversion, PrintNode Value, PrintNode? Width, PrintNode? Precision)
    {
        /// <summary>The field, where the piece shows one as it is.</summary>
        public EventField? Field { get; } = (Value as FieldNode)?.Field;

        /// <summary>Most pieces are a field as it is, in hex or decimal.</summary>
        public Way Way { get; } = Conversion is { IsPlain: true } && Value is FieldNode { Field: var field }
            ? (Conversion.Kind, field) switch
            {
                ('s', { IsText: true }) => Way.Text,
                ('x', { IsArray: false, IsSigned: false }) when Conversion.SizeBytes == 8 || Conversion.SizeBytes >= field.Size => Way.Hex,
                ('d', { IsArray: false, IsSigned: true }) when Conversion.SizeBytes == 8 || Conversion.SizeBytes >= field.Size => Way.Decimal,
                _ => Way.General,
            }
            : Way.General;
    }

    private readonly Piece[] _pieces;

    private PrintFormat(Piece[] pieces) => _pieces = pieces;

    /// <summary>False where the format is none: the fields must do.</summary>
    public bool IsUsable => _pieces.Length > 0;

    /// <summary>What stands before each field, and the field, where every piece shows one as it is; else null.</summary>
    public IReadOnlyList<(string Before, EventField Field)>? PlainFields => _pieces.Length > 0 && Array.TrueForAll(_pieces, piece => piece.Way != Way.General)
        ? [.. _pieces.Select(piece => (Encoding.UTF8.GetString(piece.Before), piece.Field!))]
        : null;

    /// <summary>Compiles a format.</summary>
    /// <param name="text">The format file from behind <c>print fmt:</c>.</param>
    /// <param name="fields">What it may refer to.</param>
    public static PrintFormat Parse(string text, IReadOnlyList<EventField> fields)
    {
        var (format, arguments) = Split(text.Trim());
        var nodes = new Queue<PrintNode>(arguments.Select(argument => PrintExpression.Parse(argument, fields)));
        PrintNode Next() => nodes.Count > 0 ? nodes.Dequeue() : new UnknownNode();

        List<Piece> pieces = [];
        List<byte> before = [];
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(format);
        while (!rest.IsEmpty)
        {
            if (rest[0] != (byte)'%')
            {
                before.Add(rest[0]);
                rest = rest[1..];
            }
            else if (rest.Length > 1 && rest[1] == (byte)'%')
            {
                before.Add((byte)'%');
                rest = rest[2..];
            }
            else
            {
                rest = rest[1..];
                var conversion = PrintfConversion.Parse(ref rest);
                var width = conversion.HasWidthArgument ? Next() : null;
                var precision = conversion.HasPrecisionArgument ? Next() : null;
                pieces.Add(new Piece([.. before], conversion, Next(), width, precision));
                before.Clear();
            }
        }

        if (before.Count > 0)
        {
            pieces.Add(new Piece([.. before], null, new UnknownNode(), null, null));
        }

        return new PrintFormat([.. pieces]);
    }

    /// <summary>Writes the text of a record.</summary>
    public void Write(in RecordView record, PayloadBuffer output)
    {
        foreach (var piece in _pieces)
        {
            output.Append(piece.Before);
            switch (piece.Way)
            {
                case Way.Hex:
                    output.AppendHex((ulong)piece.Field!.Number(record.Bytes, record.Order));
                    break;
                case Way.Decimal:
                    output.AppendDecimal(piece.Field!.Number(record.Bytes, record.Order));
                    break;
                case Way.Text:
                    output.Append(RecordView.Terminated(piece.Field!.Bytes(record.Bytes, record.Order)));
                    break;
                default:
                    if (piece.Conversion is { } conversion)
                    {
                        Write(in record, conversion, piece, output);
                    }

                    break;
            }
        }
    }

    private static void Write(in RecordView record, PrintfConversion conversion, Piece piece, PayloadBuffer output)
    {
        var (width, precision) = (Argument(in record, piece.Width), Argument(in record, piece.Precision));
        var start = output.Length;
        if (conversion.Kind == 's')
        {
            if (!piece.Value.TryText(in record, output))
            {
                output.Append((byte)'?');
            }

            Rewrite(conversion, start, width, precision, output);
        }
        else if (conversion.Kind == '\0' || !piece.Value.TryNumber(in record, out var value)
            || (conversion.PointerKind != '\0' && !conversion.IsFunction && conversion.PointerKind is not ('K' or 'x')))
        {
            output.Append((byte)'?');
        }
        else if (conversion.IsFunction)
        {
            record.Strings.Symbols.Write((ulong)value, conversion.HasFunctionOffset, output);
        }
        else
        {
            conversion.WriteNumber(output, value, record.Strings.LongSize, width, precision);
        }
    }

    // Pads or cuts a text that was written as it is.
    private static void Rewrite(PrintfConversion conversion, int start, int width, int precision, PayloadBuffer output)
    {
        if (!conversion.IsPlain)
        {
            var text = output.Bytes[start..].ToArray();
            output.Truncate(start);
            conversion.WriteText(output, text, width, precision);
        }
    }

    private static int Argument(in RecordView record, PrintNode? node) =>
        node is not null && node.TryNumber(in record, out var value) ? (int)Math.Clamp(value, short.MinValue, short.MaxValue) : 0;

    // The quoted texts at the start are one; then come arguments, parted by commas that stand in no brackets and no text.
    private static (string Format, List<string> Arguments) Split(string text)
    {
        var format = new StringBuilder();
        var at = 0;
        while (at < text.Length && text[at] == '"')
        {
            var start = ++at;
            while (at < text.Length && text[at] != '"')
            {
                at += text[at] == '\\' ? 2 : 1;
            }

            at = Math.Min(at, text.Length);
            format.Append(CText.Unescape(text.AsSpan(start, at - start)));
            at++;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }
        }

        List<string> arguments = [];
        var (depth, from, isQuoted) = (0, at + 1, false);
        for (at++; at < text.Length; at++)
        {
            var c = text[at];
            if (isQuoted)
            {
                at += c == '\\' ? 1 : 0;
                isQuoted = c != '"';
            }
            else if (c == ',' && depth == 0)
            {
                arguments.Add(text[from..at]);
                from = at + 1;
            }
            else
            {
                isQuoted = c == '"';
                depth += c switch { '(' or '{' or '[' => 1, ')' or '}' or ']' => -1, _ => 0 };
            }
        }

        if (from < text.Length)
        {
            arguments.Add(text[from..]);
        }

        return (format.ToString(), arguments);
    }
}
