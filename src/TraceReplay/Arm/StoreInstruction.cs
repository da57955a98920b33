namespace TraceReplay.Arm;

/// <summary>What kind of instruction stores: whether it looks at what it overwrites, and orders the stores before it.</summary>
public static class StoreInstruction
{
    // DDI 0487 C4.1, loads and stores; searched from the top.
    private static readonly (uint Mask, uint Value, string Name)[] Table =
    [
        (0x3a00_0000, 0x2800_0000, "stp"),
        (0xbfa0_0000, 0x0820_0000, "cas"),
        (0x3fa0_0000, 0x08a0_0000, "cas"),
        (0x3f80_8000, 0x0800_8000, "stlxr"),
        (0x3f80_0000, 0x0800_0000, "stxr"),
        (0x3fa0_0000, 0x0880_0000, "stlr"),
        (0x3f20_0c00, 0x1900_0000, "stlr"),
        (0x3f20_0c00, 0x1900_0400, "memcpy"),
        (0x3b20_0c00, 0x3820_0000, "lse"),
        (0x3a00_0000, 0x3800_0000, "str"),
        (0xffff_ff00, 0xd50b_7400, "zva"),
    ];

    /// <summary>
    /// <c>str</c>, <c>stp</c>, <c>stlr</c>, <c>stxr</c>, <c>stlxr</c>, <c>cas</c>, <c>lse</c> (SWP and atomic operations), <c>memcpy</c>
    /// (CPY and SET) or <c>zva</c>; empty for an opcode that does not store.
    /// </summary>
    public static string NameOf(uint opcode)
    {
        foreach (var (mask, value, name) in Table)
        {
            if ((opcode & mask) == value)
            {
                return name;
            }
        }

        return "";
    }
}
