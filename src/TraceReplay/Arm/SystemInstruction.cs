using System.Text;

namespace TraceReplay.Arm;

/// <summary>What a system instruction does for translation.</summary>
public enum SystemInstructionKind
{
    /// <summary>Nothing that translation depends on.</summary>
    None = 0,

    /// <summary>DSB, DMB or ISB.</summary>
    Barrier = 1,

    /// <summary>TLBI.</summary>
    Tlbi = 2,

    /// <summary>MSR to a translation register.</summary>
    WriteRegister = 3,

    /// <summary>DC ZVA or DC GZVA: stores zeros.</summary>
    ZeroBlock = 4,
}

/// <summary>One A64 system instruction, decoded from its opcode.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Name">
/// Lower case: the barrier (<c>dsb ishst</c>), the TLBI operation (<c>vale1is</c>) or the register written (<c>ttbr0_el1</c>); empty for others.
/// </param>
/// <param name="Rt">Number of the general-purpose register that holds the operand; 31 is XZR.</param>
/// <param name="IsPair">The operand has 128 bits, Xt and the register behind it (FEAT_D128).</param>
/// <remarks>DDI 0487 C5.1 (system instruction class), C5.5 (TLBI), C6.2 (barriers, MSR), D24.2 (registers).</remarks>
public readonly record struct SystemInstruction(SystemInstructionKind Kind, string Name, int Rt, bool IsPair = false)
{
    private const uint SystemClass = 0xd500_0000;
    private const uint PairClass = 0xd540_0000;
    private const uint RtMask = 0x1f;

    private static readonly Dictionary<uint, (SystemInstructionKind Kind, string Name)> ByOpcode = Build();

    /// <summary>Decodes an opcode; a value of kind None where translation does not depend on it.</summary>
    public static SystemInstruction Decode(uint opcode)
    {
        if ((opcode & 0xff00_0000) != SystemClass)
        {
            return default;
        }

        // MSRR and TLBIP stand beside MSR and TLBI, with bit 22 set.
        var isPair = (opcode & PairClass) == PairClass;
        var key = (isPair ? opcode ^ (PairClass ^ SystemClass) : opcode) & ~RtMask;
        return ByOpcode.TryGetValue(key, out var row) && !(isPair && row.Kind is SystemInstructionKind.Barrier or SystemInstructionKind.ZeroBlock)
            ? new SystemInstruction(row.Kind, row.Name, (int)(opcode & RtMask), isPair)
            : default;
    }

    /// <summary>The register that translation depends on of this name, in any case; null for another one.</summary>
    public static string? FindRegister(ReadOnlySpan<byte> name)
    {
        foreach (var (_, _, _, _, register) in SystemEncodings.Registers)
        {
            if (register.Length == name.Length && Ascii.EqualsIgnoreCase(name, register))
            {
                return register;
            }
        }

        return null;
    }

    private static Dictionary<uint, (SystemInstructionKind Kind, string Name)> Build()
    {
        var table = new Dictionary<uint, (SystemInstructionKind Kind, string Name)>();
        AddBarriers(table);
        foreach (var (op1, crm, op2, name) in SystemEncodings.Tlbi)
        {
            table.Add(Sys(op1, 8, crm, op2), (SystemInstructionKind.Tlbi, name));

            // The nXS form has CRn=9.
            table.Add(Sys(op1, 9, crm, op2), (SystemInstructionKind.Tlbi, name + "nxs"));
        }

        foreach (var (op1, crn, crm, op2, name) in SystemEncodings.Registers)
        {
            table.Add(0xd518_0000 | Fields(op1, crn, crm, op2), (SystemInstructionKind.WriteRegister, name));
        }

        table.Add(Sys(3, 7, 4, 1), (SystemInstructionKind.ZeroBlock, ""));
        table.Add(Sys(3, 7, 4, 4), (SystemInstructionKind.ZeroBlock, ""));
        return table;
    }

    // Rt is 31 in all of them, and not part of the key.
    private static void AddBarriers(Dictionary<uint, (SystemInstructionKind Kind, string Name)> table)
    {
        string[] options = ["", "oshld", "oshst", "osh", "", "nshld", "nshst", "nsh", "sy", "ishld", "ishst", "ish", "sy", "ld", "st", "sy"];
        string[] nxs = ["oshnxs", "nshnxs", "ishnxs", "synxs"];
        for (uint crm = 0; crm < 16; crm++)
        {
            // 0 and 4 are SSBB and PSSBB for a DSB; other reserved options are SY.
            if (options[crm].Length > 0)
            {
                table.Add(0xd503_3080 | (crm << 8), (SystemInstructionKind.Barrier, "dsb " + options[crm]));
            }

            table.Add(0xd503_30a0 | (crm << 8), (SystemInstructionKind.Barrier, "dmb " + (options[crm].Length > 0 ? options[crm] : "sy")));
            table.Add(0xd503_30c0 | (crm << 8), (SystemInstructionKind.Barrier, "isb"));
        }

        for (uint imm = 0; imm < 4; imm++)
        {
            table.Add(0xd503_3220 | (imm << 10), (SystemInstructionKind.Barrier, "dsb " + nxs[imm]));
        }
    }

    private static uint Sys(uint op1, uint crn, uint crm, uint op2) => 0xd508_0000 | Fields(op1, crn, crm, op2);

    private static uint Fields(uint op1, uint crn, uint crm, uint op2) => (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5);
}
