using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Payloads of the events that are one instruction: <c>tlbi</c>, <c>barrier</c>, <c>sysreg_write</c>.</summary>
internal static class InstructionPayloads
{
    // Longest names accepted; the architecture's are shorter than half of it.
    private const int LongestName = 32;

    // Domain and access type of DSB and DMB (DDI 0487, "Limited ordering options").
    private static readonly byte[][] BarrierOptions =
    [
        [.. "ish"u8], [.. "ishst"u8], [.. "sy"u8], [.. "ishld"u8], [.. "nsh"u8], [.. "nshst"u8], [.. "nshld"u8],
        [.. "osh"u8], [.. "oshst"u8], [.. "oshld"u8], [.. "st"u8], [.. "ld"u8],
    ];

    // Those that the vocabulary names, TCR2_ELx, and CONTEXTIDR_EL1, which emulators print with them and which only debuggers use.
    private static readonly byte[][] KnownRegisters =
    [
        [.. "ttbr0_el1"u8], [.. "ttbr1_el1"u8], [.. "tcr_el1"u8], [.. "mair_el1"u8], [.. "sctlr_el1"u8],
        [.. "ttbr0_el12"u8], [.. "ttbr1_el12"u8], [.. "tcr_el12"u8], [.. "tcr2_el12"u8], [.. "mair_el12"u8], [.. "sctlr_el12"u8],
        [.. "ttbr0_el2"u8], [.. "ttbr1_el2"u8], [.. "vttbr_el2"u8], [.. "tcr_el2"u8], [.. "vtcr_el2"u8], [.. "hcr_el2"u8],
        [.. "sctlr_el2"u8], [.. "mair_el2"u8], [.. "contextidr_el1"u8],
        [.. "tcr2_el1"u8], [.. "tcr2_el2"u8],
    ];

    // DSB nXS (FEAT_XS) has a domain only, no access type.
    private static readonly byte[][] NxsOptions = [[.. "ishnxs"u8], [.. "synxs"u8], [.. "nshnxs"u8], [.. "oshnxs"u8]];

    /// <summary><c>op=vale1is arg=0x2c000ffff8a92f pc=...</c></summary>
    public static void Tlbi(ReadOnlySpan<byte> payload, LineContext context)
    {
        ulong operand = 0;
        ulong? pc = null;
        var hasOperand = false;
        var operation = default(ReadOnlySpan<byte>);
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("op"u8))
            {
                if (context.IsRepeated("op", !operation.IsEmpty))
                {
                    return;
                }

                operation = value;
            }
            else if (key.SequenceEqual("arg"u8))
            {
                // A wrong operand invalidates something else, so this optional key is not ignored when it is damaged.
                if (context.IsRepeated("arg", hasOperand) || !context.Required("arg", value, out operand))
                {
                    return;
                }

                hasOperand = true;
            }
            else if (key.SequenceEqual("pc"u8))
            {
                pc = context.Optional("pc", value);
            }
        }

        if (operation.IsEmpty)
        {
            context.ReportMissing("tlbi", "op=");
            return;
        }

        SendTlbi(operation, operand, pc, context);
    }

    /// <summary>Sends a TLBI named in any case, unless the name cannot be one.</summary>
    public static void SendTlbi(ReadOnlySpan<byte> operation, ulong operand, ulong? pc, LineContext context)
    {
        Span<byte> lower = stackalloc byte[LongestName];
        if (!ToLower(operation, lower, allowUnderscore: false, out var length))
        {
            context.Malformed("op", operation, "letters and digits");
            return;
        }

        var name = context.Intern(lower[..length]);
        if (!context.IsTlbi(name))
        {
            var found = ImportProblems.Quote(operation);
            context.Report(ImportProblems.UnknownTlbi, $"op={found}: expected a TLBI operation such as vae1is");
        }

        context.Sink.On(new TlbiInstruction(context.NextHeader(), name, operand, pc));
    }

    /// <summary><c>reg=ttbr0_el1 val=0x41650000 pc=...</c></summary>
    public static void SystemRegisterWrite(ReadOnlySpan<byte> payload, LineContext context)
    {
        ulong written = 0;
        ulong? pc = null;
        var hasValue = false;
        var register = default(ReadOnlySpan<byte>);
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("reg"u8))
            {
                if (context.IsRepeated("reg", !register.IsEmpty))
                {
                    return;
                }

                register = value;
            }
            else if (key.SequenceEqual("val"u8))
            {
                hasValue = !context.IsRepeated("val", hasValue) && context.Required("val", value, out written);
                if (!hasValue)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("pc"u8))
            {
                pc = context.Optional("pc", value);
            }
        }

        if (register.IsEmpty || !hasValue)
        {
            context.ReportMissing("sysreg_write", "reg= and val=");
            return;
        }

        SendRegister(register, written, pc, context);
    }

    /// <summary>Sends the write of a register named in any case, unless the name cannot be one.</summary>
    public static void SendRegister(ReadOnlySpan<byte> register, ulong value, ulong? pc, LineContext context)
    {
        Span<byte> lower = stackalloc byte[LongestName];
        if (!ToLower(register, lower, allowUnderscore: true, out var length))
        {
            context.Malformed("reg", register, "letters, digits and _");
            return;
        }

        var name = context.Intern(lower[..length]);
        if (!IsKnownRegister(lower[..length]))
        {
            context.ReportUnknownRegister(name);
        }

        context.Sink.On(new SystemRegisterWrite(context.NextHeader(), name, value, pc));
    }

    /// <summary><c>dsb ishst pc=...</c>, <c>dmb ld</c>, <c>isb</c></summary>
    public static void Barrier(ReadOnlySpan<byte> payload, LineContext context)
    {
        var rest = payload;
        var mnemonic = NextWord(ref rest);
        if (mnemonic.StartsWith("op="u8))
        {
            // 'trace-cmd report -R' prints fields by name.
            mnemonic = mnemonic[3..];
        }

        Span<byte> text = stackalloc byte[LongestName];
        if (!ToLower(mnemonic, text, allowUnderscore: false, out var length))
        {
            ReportUnknown(payload, context);
            return;
        }

        var isDsb = text[..length].SequenceEqual("dsb"u8);
        if (isDsb || text[..length].SequenceEqual("dmb"u8))
        {
            var option = NextWord(ref rest);
            text[length++] = (byte)' ';
            if (!ToLower(option, text[length..], allowUnderscore: false, out var optionLength) ||
                !IsOption(text.Slice(length, optionLength), isDsb))
            {
                ReportUnknown(payload, context);
                return;
            }

            length += optionLength;
        }
        else if (!text[..length].SequenceEqual("isb"u8))
        {
            ReportUnknown(payload, context);
            return;
        }

        ulong? pc = null;
        var fields = new FieldReader(rest);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("pc"u8))
            {
                pc = context.Optional("pc", value);
            }
        }

        context.Sink.On(new BarrierInstruction(context.NextHeader(), context.Intern(text[..length]), pc));
    }

    private static bool IsKnownRegister(ReadOnlySpan<byte> name)
    {
        foreach (var known in KnownRegisters)
        {
            if (name.SequenceEqual(known))
            {
                return true;
            }
        }

        return false;
    }

    private static void ReportUnknown(ReadOnlySpan<byte> payload, LineContext context)
    {
        var found = ImportProblems.Quote(payload);
        context.Report(ImportProblems.UnknownBarrier, $"expected dsb, dmb with an option or isb, found '{found}'");
    }

    private static bool IsOption(ReadOnlySpan<byte> option, bool isDsb)
    {
        foreach (var known in BarrierOptions)
        {
            if (option.SequenceEqual(known))
            {
                return true;
            }
        }

        if (isDsb)
        {
            foreach (var known in NxsOptions)
            {
                if (option.SequenceEqual(known))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart((byte)' ');
        var end = rest.IndexOf((byte)' ');
        var word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return word;
    }

    // False when the name is empty, too long or holds anything but letters, digits and, where allowed, underscores.
    private static bool ToLower(ReadOnlySpan<byte> name, Span<byte> lower, bool allowUnderscore, out int length)
    {
        length = name.Length;
        if (length == 0 || length >= lower.Length)
        {
            return false;
        }

        for (var i = 0; i < name.Length; i++)
        {
            var b = name[i];
            if ((uint)(b - 'A') <= 'Z' - 'A')
            {
                b |= 0x20;
            }

            if ((uint)(b - 'a') > 'z' - 'a' && (uint)(b - '0') > 9 && !(allowUnderscore && b == '_'))
            {
                return false;
            }

            lower[i] = b;
        }

        return true;
    }
}
