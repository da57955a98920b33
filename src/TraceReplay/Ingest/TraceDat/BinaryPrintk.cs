namespace TraceReplay.Ingest.TraceDat;

/// <summary>The text of <c>bprint</c>: a format named by its address, and the arguments packed behind it (<c>vbin_printf</c>).</summary>
internal static class BinaryPrintk
{
    /// <summary>Writes the text.</summary>
    /// <param name="format">The format.</param>
    /// <param name="arguments">The packed arguments.</param>
    /// <param name="record">The record, for its byte order and strings.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ReadOnlySpan<byte> format, ReadOnlySpan<byte> arguments, in RecordView record, PayloadBuffer output)
    {
        var at = 0;
        while (!format.IsEmpty)
        {
            var percent = format.IndexOf((byte)'%');
            if (percent < 0)
            {
                output.Append(format);
                return;
            }

            output.Append(format[..percent]);
            format = format[(percent + 1)..];
            if (!format.IsEmpty && format[0] == (byte)'%')
            {
                output.Append((byte)'%');
                format = format[1..];
                continue;
            }

            var conversion = PrintfConversion.Parse(ref format);
            var width = conversion.HasWidthArgument ? (int)Math.Clamp(Number(arguments, ref at, 4, in record), short.MinValue, short.MaxValue) : 0;
            var precision = conversion.HasPrecisionArgument ? (int)Math.Clamp(Number(arguments, ref at, 4, in record), short.MinValue, short.MaxValue) : 0;
            WriteArgument(conversion, arguments, ref at, width, precision, in record, output);
        }
    }

    private static void WriteArgument(
        PrintfConversion conversion, ReadOnlySpan<byte> arguments, ref int at, int width, int precision, in RecordView record, PayloadBuffer output)
    {
        var longSize = record.Strings.LongSize;
        if (conversion.IsFunction)
        {
            record.Strings.Symbols.Write((ulong)Number(arguments, ref at, longSize, in record), conversion.HasFunctionOffset, output);
        }
        else if (conversion.Kind == 's' || (conversion.Kind == 'p' && conversion.PointerKind is not ('\0' or 'x' or 'K' or 'e')))
        {
            // Other kinds of pointer were made text when the event was recorded.
            var text = RecordView.Terminated(arguments[Math.Min(at, arguments.Length)..]);
            at += text.Length + 1;
            conversion.WriteText(output, text, width, precision);
        }
        else if (conversion.Kind != '\0')
        {
            var size = conversion.Kind == 'c' ? 1 : conversion.SizeBytes == 0 ? longSize : conversion.SizeBytes;
            conversion.WriteNumber(output, Number(arguments, ref at, size, in record), longSize, width, precision);
        }
    }

    // Numbers are aligned to their size, those of 8 bytes to 4.
    private static long Number(ReadOnlySpan<byte> arguments, ref int at, int size, in RecordView record)
    {
        var alignment = Math.Min(size, 4);
        var start = (at + alignment - 1) & -alignment;
        at = start + size;
        return at <= arguments.Length ? record.Order.Signed(arguments.Slice(start, size)) : 0;
    }
}
