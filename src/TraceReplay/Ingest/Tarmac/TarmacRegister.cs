namespace TraceReplay.Ingest.Tarmac;

/// <summary>The fields of a line that tells a register's new value.</summary>
/// <remarks>
/// <c>R X30 0000000000008004</c>, <c>R W1 00000000</c>, <c>R X0 01234567 89abcdef</c>, <c>R TTBR0_EL1 0000000000000000</c>,
/// <c>R TLBI ALLE3 00000000:00000000</c> for the operand of a TLBI. Dashes stand for what the tracer did not know.
/// </remarks>
internal ref struct TarmacRegister
{
    private const int MaxDigits = 16;

    /// <summary>Name as printed.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Number of a general-purpose register of AArch64, -1 for others.</summary>
    public int General { get; private set; }

    /// <summary>The operation whose operand this is, for a line of a TLBI; empty for others.</summary>
    public ReadOnlySpan<byte> Operation { get; private set; }

    /// <summary>Value, extended with zeros.</summary>
    public ulong Value { get; private set; }

    /// <summary>False where the value was not known, or is that of a part or a bank of the register.</summary>
    public bool HasValue { get; private set; }

    /// <summary>Reads the fields; false where the line is not of this shape.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out TarmacRegister register)
    {
        register = default;
        var rest = text;
        var name = TarmacText.Word(ref rest);
        if (name.IsEmpty)
        {
            return false;
        }

        register.Name = name;
        register.General = NumberOf(name);
        if (name.SequenceEqual("TLBI"u8))
        {
            register.Operation = TarmacText.Word(ref rest);
        }

        rest = rest.TrimStart((byte)' ');
        if (rest.IsEmpty)
        {
            return false;
        }

        // 'SCTLR (AARCH32)', 'V0<127:64>'.
        register.HasValue = rest[0] != (byte)'(' && name[^1] != (byte)'>' && register.TakeValue(rest);
        return true;
    }

    private bool TakeValue(scoped ReadOnlySpan<byte> text)
    {
        var value = 0ul;
        var digits = 0;
        foreach (var b in text)
        {
            if (b is (byte)' ' or (byte)':' or (byte)'_' && digits is > 0 and < MaxDigits)
            {
                continue;
            }

            var digit = DigitOf(b);
            if (digit < 0 || digits == MaxDigits)
            {
                break;
            }

            value = (value << 4) | (uint)digit;
            digits++;
        }

        Value = value;
        return digits > 0;
    }

    private static int DigitOf(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };

    // 'X0' to 'X30' and 'W0' to 'W30', of any case; 'r0' is AArch32's.
    private static int NumberOf(ReadOnlySpan<byte> name)
    {
        if (name.Length is not (2 or 3) || (name[0] | 0x20) is not ('x' or 'w'))
        {
            return -1;
        }

        var number = name[1] - '0';
        if (name.Length == 3)
        {
            number = (number * 10) + (name[2] - '0');
        }

        return (uint)(name[1] - '0') <= 9 && (uint)(name[^1] - '0') <= 9 && number <= 30 ? number : -1;
    }
}
