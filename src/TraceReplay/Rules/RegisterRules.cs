namespace TraceReplay.Rules;

/// <summary>Translation registers that contradict each other, or change under entries made with them.</summary>
public static class RegisterRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.AsidShared, "Two processes share an ASID and, by CnP, TLB entries", Severity.Error, "R_QLGWZ",
            "Two CPUs run different TTBR0 trees under one ASID at the same time, both with CnP=1.",
            "CnP=1 allows CPUs of the Inner Shareable domain to use entries that others made under the same ASID: one process reads the other's memory. Without CnP it is legal."),
        new(
            RuleId.CommonNotPrivate, "CnP=1 with different roots", Severity.Error, "R_QLGWZ",
            "Two CPUs have different roots in the same TTBR or VTTBR, under the same ASID or VMID, both with CnP=1; where both are trees of processes it is asid-shared-live.",
            "CnP=1 promises that the tables are the same. Otherwise several entries may match: conflict aborts or the wrong page."),
        new(
            RuleId.RegisterChange, "Register field changed without invalidation", Severity.Warning, "R_VNRFW",
            "MAIR, or a field of TCR, VTCR or SCTLR that TLB entries are made with, changed while the CPU may hold entries of a tree with content, and no TLBI of everything followed before the next tree was loaded, 4096 events passed or the trace ended.",
            "Entries made under the old value stay beside those made under the new one."),
        new(
            RuleId.Stage2ShapeInconsistent, "VTCR_EL2 describes no tree", Severity.Warning, "R_VCLZN",
            "VTTBR_EL2 was loaded while T0SZ, SL0, SL2, TG0 and DS of VTCR_EL2 do not fit together.",
            "Every access through it faults at level 0, nothing is cached, and nothing of the tree can be judged."),
        new(
            RuleId.UnsupportedD128, "128-bit descriptors", Severity.Error, "FEAT_D128",
            "TCR2_ELx.D128 was set.",
            "VMSAv9-128 descriptors have another layout. Rather than misread them, replay stops judging at that line."),
        new(
            RuleId.TtbrMisaligned, "Bits of a TTBR that must be zero are not", Severity.Warning, "K1.2.5, R_SHVGC",
            "A TTBR, or VTTBR_EL2, was written with address bits below the size of the first table; or TTBR0_EL2 with an ASID where HCR_EL2.E2H is 0.",
            "The base address is CONSTRAINED UNPREDICTABLE: the bits may count or not. EL2 without E2H has no ASIDs: software that counts on one is wrong."),
    ];
}
