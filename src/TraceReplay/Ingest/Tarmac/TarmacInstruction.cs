namespace TraceReplay.Ingest.Tarmac;

/// <summary>The fields of an instruction's line.</summary>
/// <remarks>
/// <c>IT (4) 002109bc a9be7bfd O EL3h_s : STP ...</c>; with the physical address <c>002109bc:0000002109bc_NS</c>; with the address in the
/// brackets <c>IT (00000000004d6eb8) 54fffea1 O ---_- :</c>; <c>ES (00000000002109bc:a9be7bfd) O el3h_s: [CCFAIL] STP ...</c>.
/// </remarks>
internal ref struct TarmacInstruction
{
    /// <summary>Virtual address of the instruction.</summary>
    public ulong Address { get; private set; }

    /// <summary>Its encoding; 0 where it could not be fetched.</summary>
    public uint Opcode { get; private set; }

    /// <summary>False for AArch32.</summary>
    public bool IsA64 { get; private set; }

    /// <summary>False where its condition failed.</summary>
    public bool IsExecuted { get; private set; }

    /// <summary>Exception level and security state as printed, <c>EL1h_n</c>; may be empty.</summary>
    public ReadOnlySpan<byte> Mode { get; private set; }

    /// <summary>True for a line that tells of an exception in place of an instruction, <c>ES EXC [0x200] Synchronous ...</c>.</summary>
    public static bool IsException(scoped in TarmacLine line)
    {
        var rest = line.Rest;
        return line.Kind == TarmacKind.CycleInstruction && TarmacText.Word(ref rest) is var word
            && (word.SequenceEqual("EXC"u8) || word.SequenceEqual("Reset"u8));
    }

    /// <summary>Reads the fields; false where the line is not of this shape.</summary>
    public static bool TryParse(scoped in TarmacLine line, out TarmacInstruction instruction)
    {
        instruction = default;
        instruction.IsExecuted = !line.Type.SequenceEqual("IS"u8);
        var rest = line.Rest.TrimStart((byte)' ');
        var bracket = default(ReadOnlySpan<byte>);
        if (!rest.IsEmpty && rest[0] == (byte)'(')
        {
            var end = rest.IndexOf((byte)')');
            if (end < 0)
            {
                return false;
            }

            bracket = rest[1..end];
            rest = rest[(end + 1)..];
        }

        ReadOnlySpan<byte> state, address, opcode;
        if (line.Kind == TarmacKind.CycleInstruction)
        {
            var colon = bracket.IndexOf((byte)':');
            if (colon < 0)
            {
                return false;
            }

            address = bracket[..colon];
            opcode = bracket[(colon + 1)..];
            state = TarmacText.Word(ref rest);
        }
        else
        {
            address = TarmacText.Word(ref rest);
            opcode = TarmacText.Word(ref rest);
            if (IsState(opcode))
            {
                state = opcode;
                opcode = address;
                address = bracket;
            }
            else
            {
                state = TarmacText.Word(ref rest);
            }

            var colon = address.IndexOf((byte)':');
            address = colon < 0 ? address : address[..colon];
        }

        return IsState(state) && instruction.Take(address, opcode, state, rest);
    }

    private bool Take(
        scoped ReadOnlySpan<byte> address, scoped ReadOnlySpan<byte> opcode, scoped ReadOnlySpan<byte> state, ReadOnlySpan<byte> rest)
    {
        IsA64 = state[0] == (byte)'O';
        if (!TarmacText.Hex(address, out var at))
        {
            return false;
        }

        Address = at;
        if (TarmacText.Hex(opcode, out var code))
        {
            Opcode = (uint)code;
        }
        else if (opcode.IndexOfAnyExcept((byte)'-') >= 0)
        {
            return false;
        }

        var mode = TarmacText.Word(ref rest);
        Mode = mode.IsEmpty || mode[^1] != (byte)':' ? mode : mode[..^1];
        if (state.Length == 1 && rest.IndexOf(" CCFAIL "u8) >= 0)
        {
            IsExecuted = false;
        }

        return true;
    }

    private static bool IsState(ReadOnlySpan<byte> word) => word switch
    {
        [(byte)'A' or (byte)'T' or (byte)'O' or (byte)'X'] => true,
        [(byte)'T', (byte)'1', (byte)'6'] or [(byte)'T', (byte)'3', (byte)'2'] => true,
        _ => false,
    };
}
