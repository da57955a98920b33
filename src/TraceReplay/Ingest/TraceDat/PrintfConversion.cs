namespace TraceReplay.Ingest.TraceDat;

/// <summary>One conversion of a printf format, as the kernel and trace-cmd understand it.</summary>
internal sealed class PrintfConversion
{
    // More is damage, and would fill the buffer with blanks.
    private const int WidestField = 1024;

    private bool _isLeft;
    private bool _hasZeros;
    private bool _hasPrefix;
    private bool _hasPlus;
    private bool _hasBlank;
    private int _width;
    private int _precision = -1;
    /// <summary>Neither width, precision nor a flag but zeros, which need a width.</summary>
    public bool IsPlain { get; private set; }

    /// <summary><c>d u x X o c s p</c>, or 0 when the format ends in it or it is none of them.</summary>
    public char Kind { get; private set; }

    /// <summary>What follows <c>%p</c>: <c>S</c>, <c>s</c>, <c>F</c>, <c>f</c>, <c>B</c> and others; 0 for a bare pointer.</summary>
    public char PointerKind { get; private set; }

    /// <summary>Bytes of a number: 1, 2, 4, 8, or 0 for those of a <c>long</c>.</summary>
    public int SizeBytes { get; private set; } = 4;

    /// <summary>The width is an argument of its own, before the value.</summary>
    public bool HasWidthArgument { get; private set; }

    /// <summary>The precision is an argument of its own, before the value.</summary>
    public bool HasPrecisionArgument { get; private set; }

    /// <summary>The value is shown as the name of the function it points into.</summary>
    public bool IsFunction => PointerKind is 'S' or 's' or 'F' or 'f' or 'B';

    /// <summary>The function's name is followed by the distance from its start.</summary>
    public bool HasFunctionOffset => PointerKind is 'S' or 'F' or 'B';

    /// <summary>Reads a conversion and moves past it.</summary>
    /// <param name="format">Starts behind the <c>%</c>.</param>
    public static PrintfConversion Parse(ref ReadOnlySpan<byte> format)
    {
        var conversion = new PrintfConversion();
        conversion.ReadFlags(ref format);
        conversion.HasWidthArgument = ReadNumber(ref format, out conversion._width);
        if (!format.IsEmpty && format[0] == (byte)'.')
        {
            format = format[1..];
            conversion.HasPrecisionArgument = ReadNumber(ref format, out conversion._precision);
        }

        conversion.ReadSize(ref format);
        conversion.ReadKind(ref format);
        conversion.IsPlain = conversion is { _width: 0, _precision: < 0, _hasPrefix: false, _hasPlus: false, _hasBlank: false }
            && !conversion.HasWidthArgument && !conversion.HasPrecisionArgument;
        return conversion;
    }

    /// <summary>Writes a number.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="value">Sign- or zero-extended; cut to <see cref="SizeBytes"/> here.</param>
    /// <param name="longSize">Bytes of a <c>long</c>.</param>
    /// <param name="width">Argument of <see cref="HasWidthArgument"/>.</param>
    /// <param name="precision">Argument of <see cref="HasPrecisionArgument"/>.</param>
    public void WriteNumber(PayloadBuffer output, long value, int longSize, int width, int precision)
    {
        if (Kind == 'p')
        {
            // As the C library of trace-cmd prints it.
            Pad(output, width, value == 0 ? "(nil)"u8 : default, value == 0 ? null : (ulong)value);
            return;
        }

        var size = SizeBytes == 0 ? longSize : SizeBytes;
        value = Cut(value, size, Kind == 'd');
        if (IsPlain && Kind == 'x')
        {
            output.AppendHex((ulong)value);
        }
        else if (IsPlain && Kind == 'd')
        {
            output.AppendDecimal(value);
        }
        else if (IsPlain && Kind == 'u')
        {
            output.AppendDecimal((ulong)value);
        }
        else if (Kind == 'c')
        {
            Pad(output, width, [(byte)value], null);
        }
        else
        {
            WriteDigits(output, value, width, precision);
        }
    }

    /// <summary>Writes a text.</summary>
    public void WriteText(PayloadBuffer output, ReadOnlySpan<byte> text, int width, int precision)
    {
        var limit = HasPrecisionArgument ? precision : _precision;
        Pad(output, width, limit >= 0 && limit < text.Length ? text[..limit] : text, null);
    }

    private static long Cut(long value, int size, bool isSigned) => size switch
    {
        1 => isSigned ? (sbyte)value : (byte)value,
        2 => isSigned ? (short)value : (ushort)value,
        4 => isSigned ? (int)value : (uint)value,
        _ => value,
    };

    private void WriteDigits(PayloadBuffer output, long value, int width, int precisionArgument)
    {
        var isNegative = Kind == 'd' && value < 0;
        var magnitude = isNegative ? (ulong)-value : (ulong)value;
        var radix = Kind switch { 'x' or 'X' => 16u, 'o' => 8u, _ => 10u };
        Span<byte> digits = stackalloc byte[24];
        var start = digits.Length;
        do
        {
            var digit = (int)(magnitude % radix);
            digits[--start] = (byte)(digit < 10 ? '0' + digit : (Kind == 'X' ? 'A' : 'a') - 10 + digit);
            magnitude /= radix;
        }
        while (magnitude != 0);

        ReadOnlySpan<byte> prefix = isNegative ? "-"u8
            : _hasPlus && Kind == 'd' ? "+"u8
            : _hasBlank && Kind == 'd' ? " "u8
            : _hasPrefix && value != 0 && radix == 16 ? (Kind == 'X' ? "0X"u8 : "0x"u8)
            : _hasPrefix && radix == 8 ? "0"u8
            : default;
        var precision = HasPrecisionArgument ? precisionArgument : _precision;
        var zeros = Math.Clamp(precision - (digits.Length - start), 0, WidestField);
        var (field, isLeft) = Field(width);
        var blanks = field - prefix.Length - zeros - (digits.Length - start);
        if (_hasZeros && !isLeft && precision < 0 && blanks > 0)
        {
            zeros = blanks;
            blanks = 0;
        }

        output.Append((byte)' ', isLeft ? 0 : blanks);
        output.Append(prefix);
        output.Append((byte)'0', zeros);
        output.Append(digits[start..]);
        output.Append((byte)' ', isLeft ? blanks : 0);
    }

    // A text, or a number with 0x.
    private void Pad(PayloadBuffer output, int widthArgument, ReadOnlySpan<byte> text, ulong? pointer)
    {
        var (width, isLeft) = Field(widthArgument);
        var start = output.Length;
        var length = pointer is { } value ? 2 + Math.Max(1, (67 - System.Numerics.BitOperations.LeadingZeroCount(value)) / 4) : text.Length;
        output.Append((byte)' ', isLeft ? 0 : width - length);
        if (pointer is { } address)
        {
            output.Append("0x"u8);
            output.AppendHex(address);
        }
        else
        {
            output.Append(text);
        }

        output.Append((byte)' ', isLeft ? width - (output.Length - start) : 0);
    }

    private (int Width, bool IsLeft) Field(int argument)
    {
        var width = HasWidthArgument ? argument : _width;
        return ((int)Math.Min(Math.Abs((long)width), WidestField), _isLeft || width < 0);
    }

    private void ReadFlags(ref ReadOnlySpan<byte> format)
    {
        for (; !format.IsEmpty; format = format[1..])
        {
            switch (format[0])
            {
                case (byte)'-':
                    _isLeft = true;
                    break;
                case (byte)'0':
                    _hasZeros = true;
                    break;
                case (byte)'#':
                    _hasPrefix = true;
                    break;
                case (byte)'+':
                    _hasPlus = true;
                    break;
                case (byte)' ':
                    _hasBlank = true;
                    break;
                default:
                    return;
            }
        }
    }

    // True for '*'.
    private static bool ReadNumber(ref ReadOnlySpan<byte> format, out int number)
    {
        number = 0;
        if (!format.IsEmpty && format[0] == (byte)'*')
        {
            format = format[1..];
            return true;
        }

        for (; !format.IsEmpty && (uint)(format[0] - '0') <= 9; format = format[1..])
        {
            number = Math.Min((number * 10) + (format[0] - '0'), WidestField);
        }

        return false;
    }

    private void ReadSize(ref ReadOnlySpan<byte> format)
    {
        for (; !format.IsEmpty; format = format[1..])
        {
            switch (format[0])
            {
                case (byte)'l':
                    SizeBytes = SizeBytes == 0 ? 8 : 0;
                    break;
                case (byte)'L' or (byte)'q' or (byte)'j':
                    SizeBytes = 8;
                    break;
                case (byte)'z' or (byte)'Z' or (byte)'t':
                    SizeBytes = 0;
                    break;
                case (byte)'h':
                    SizeBytes = SizeBytes == 2 ? 1 : 2;
                    break;
                default:
                    return;
            }
        }
    }

    private void ReadKind(ref ReadOnlySpan<byte> format)
    {
        if (format.IsEmpty)
        {
            return;
        }

        Kind = (char)format[0] switch
        {
            'i' => 'd',
            'd' or 'u' or 'x' or 'X' or 'o' or 'c' or 's' or 'p' => (char)format[0],
            _ => '\0',
        };
        format = format[1..];
        if (Kind == 'p')
        {
            SizeBytes = 0;
            if (!format.IsEmpty && char.IsAsciiLetterOrDigit((char)format[0]))
            {
                PointerKind = (char)format[0];
                while (!format.IsEmpty && char.IsAsciiLetterOrDigit((char)format[0]))
                {
                    format = format[1..];
                }
            }
        }
    }
}
