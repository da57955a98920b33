namespace TraceReplay.Arm;

/// <summary>Encodings of the TLBI operations and of the registers that translation depends on.</summary>
/// <remarks>DDI 0487 C5.5 and D24.2; <see cref="SystemInstruction"/> makes opcodes of them.</remarks>
internal static class SystemEncodings
{
    /// <summary>op1, CRm, op2 and mnemonic of the TLBI operations with CRn=8.</summary>
    public static readonly (uint Op1, uint CRm, uint Op2, string Name)[] Tlbi =
    [
        (0, 1, 0, "vmalle1os"), (0, 1, 1, "vae1os"), (0, 1, 2, "aside1os"), (0, 1, 3, "vaae1os"), (0, 1, 5, "vale1os"), (0, 1, 7, "vaale1os"),
        (0, 2, 1, "rvae1is"), (0, 2, 3, "rvaae1is"), (0, 2, 5, "rvale1is"), (0, 2, 7, "rvaale1is"),
        (0, 3, 0, "vmalle1is"), (0, 3, 1, "vae1is"), (0, 3, 2, "aside1is"), (0, 3, 3, "vaae1is"), (0, 3, 5, "vale1is"), (0, 3, 7, "vaale1is"),
        (0, 5, 1, "rvae1os"), (0, 5, 3, "rvaae1os"), (0, 5, 5, "rvale1os"), (0, 5, 7, "rvaale1os"),
        (0, 6, 1, "rvae1"), (0, 6, 3, "rvaae1"), (0, 6, 5, "rvale1"), (0, 6, 7, "rvaale1"),
        (0, 7, 0, "vmalle1"), (0, 7, 1, "vae1"), (0, 7, 2, "aside1"), (0, 7, 3, "vaae1"), (0, 7, 5, "vale1"), (0, 7, 7, "vaale1"),
        (4, 0, 1, "ipas2e1is"), (4, 0, 2, "ripas2e1is"), (4, 0, 5, "ipas2le1is"), (4, 0, 6, "ripas2le1is"),
        (4, 1, 0, "alle2os"), (4, 1, 1, "vae2os"), (4, 1, 4, "alle1os"), (4, 1, 5, "vale2os"), (4, 1, 6, "vmalls12e1os"),
        (4, 2, 1, "rvae2is"), (4, 2, 2, "vmallws2e1is"), (4, 2, 5, "rvale2is"),
        (4, 3, 0, "alle2is"), (4, 3, 1, "vae2is"), (4, 3, 4, "alle1is"), (4, 3, 5, "vale2is"), (4, 3, 6, "vmalls12e1is"),
        (4, 4, 0, "ipas2e1os"), (4, 4, 1, "ipas2e1"), (4, 4, 2, "ripas2e1"), (4, 4, 3, "ripas2e1os"),
        (4, 4, 4, "ipas2le1os"), (4, 4, 5, "ipas2le1"), (4, 4, 6, "ripas2le1"), (4, 4, 7, "ripas2le1os"),
        (4, 5, 1, "rvae2os"), (4, 5, 2, "vmallws2e1os"), (4, 5, 5, "rvale2os"),
        (4, 6, 1, "rvae2"), (4, 6, 2, "vmallws2e1"), (4, 6, 5, "rvale2"),
        (4, 7, 0, "alle2"), (4, 7, 1, "vae2"), (4, 7, 4, "alle1"), (4, 7, 5, "vale2"), (4, 7, 6, "vmalls12e1"),
        (6, 1, 0, "alle3os"), (6, 1, 1, "vae3os"), (6, 1, 5, "vale3os"),
        (6, 2, 1, "rvae3is"), (6, 2, 5, "rvale3is"),
        (6, 3, 0, "alle3is"), (6, 3, 1, "vae3is"), (6, 3, 5, "vale3is"),
        (6, 5, 1, "rvae3os"), (6, 5, 5, "rvale3os"),
        (6, 6, 1, "rvae3"), (6, 6, 5, "rvale3"),
        (6, 7, 0, "alle3"), (6, 7, 1, "vae3"), (6, 7, 5, "vale3"),
    ];

    /// <summary>
    /// op1, CRn, CRm, op2 and name of registers with op0=3. The EL12 names are EL1's registers as a host at EL2 writes them.
    /// </summary>
    public static readonly (uint Op1, uint CRn, uint CRm, uint Op2, string Name)[] Registers =
    [
        (0, 1, 0, 0, "sctlr_el1"), (0, 2, 0, 0, "ttbr0_el1"), (0, 2, 0, 1, "ttbr1_el1"), (0, 2, 0, 2, "tcr_el1"), (0, 2, 0, 3, "tcr2_el1"),
        (0, 10, 2, 0, "mair_el1"),
        (4, 1, 0, 0, "sctlr_el2"), (4, 1, 1, 0, "hcr_el2"), (4, 2, 0, 0, "ttbr0_el2"), (4, 2, 0, 1, "ttbr1_el2"), (4, 2, 0, 2, "tcr_el2"),
        (4, 2, 0, 3, "tcr2_el2"), (4, 2, 1, 0, "vttbr_el2"), (4, 2, 1, 2, "vtcr_el2"), (4, 10, 2, 0, "mair_el2"),
        (5, 1, 0, 0, "sctlr_el12"), (5, 2, 0, 0, "ttbr0_el12"), (5, 2, 0, 1, "ttbr1_el12"), (5, 2, 0, 2, "tcr_el12"), (5, 2, 0, 3, "tcr2_el12"),
        (5, 10, 2, 0, "mair_el12"),
    ];
}
