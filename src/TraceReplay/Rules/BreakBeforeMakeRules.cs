namespace TraceReplay.Rules;

/// <summary>A live cacheable descriptor overwritten by another one with no invalid value in between.</summary>
public static class BreakBeforeMakeRules
{
    private const string Conflict =
        "A CPU may hold the old value and walk the new one at the same time. Two TLB entries for one address may raise a "
        + "conflict abort, or answer with an amalgamation of both.";

    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.OutputAddressChange, "Output address changed in place", Severity.Error, "R_WHZWS",
            "A live leaf was overwritten by a leaf of the same level with another output address. A warning where both are read-only, since equal contents would make it legal.",
            "CPUs may use either page until the old entry is invalidated: writes are split between two pages, and coherency and ordering are lost. " + Conflict),
        new(
            RuleId.OutputAddressSpace, "Output address space changed in place", Severity.Error, "R_WHZWS, I_WZRHR",
            "NS of a live leaf, or NSTable of a live table, changed in Secure state.",
            "A change of the output address space counts as a change of the output address. " + Conflict),
        new(
            RuleId.MemoryType, "Memory type changed in place", Severity.Error, "R_WHZWS",
            "A live leaf changed between Device and Normal memory, or between Device types.",
            "Two CPUs access one location with mismatched attributes: ordering and coherency are lost. " + Conflict),
        new(
            RuleId.Cacheability, "Cacheability changed in place", Severity.Error, "R_WHZWS",
            "A live Normal leaf changed its inner or outer cacheability; allocation hints do not count.",
            "Two CPUs access one location with mismatched cacheability: coherency is lost. " + Conflict),
        new(
            RuleId.Shareability, "Shareability changed in place", Severity.Error, "R_WHZWS",
            "A live leaf changed its effective shareability. Device and Normal Non-cacheable memory is always Outer Shareable, whatever SH says.",
            "Two CPUs access one location with mismatched shareability: coherency is lost. " + Conflict),
        new(
            RuleId.NonGlobalToGlobal, "Non-global leaf made global in place", Severity.Error, "R_WHZWS",
            "A live leaf changed nG from 1 to 0.",
            "A global entry matches under every ASID, so it and the non-global one hit together. " + Conflict),
        new(
            RuleId.BlockToTable, "Block split into a table in place", Severity.Error, "R_WHZWS, R_KFLJB, R_HHCXC",
            "A live block was overwritten by a table. An error without FEAT_BBM, a warning at level 1 without nT, information at level 2, nothing at level 3.",
            "Entries of two sizes for one address may be cached together. " + Conflict),
        new(
            RuleId.TableToBlock, "Table fused into a block in place", Severity.Error, "R_WHZWS, R_KFLJB, R_HHCXC",
            "A live table was overwritten by a block. An error without FEAT_BBM, a warning at level 1 without nT, information at level 2, nothing at level 3.",
            "Entries of two sizes for one address may be cached together, and a walk cache may still lead to the old table. " + Conflict),
        new(
            RuleId.SizeAndOther, "Size changed in place together with another property", Severity.Error, "R_PVTFW",
            "A live split, fuse or change of the Contiguous bit also changed the output address, memory type, cacheability, shareability or made it global.",
            "FEAT_BBM relaxes a change of size alone; with any other property break-before-make is required at every level. " + Conflict),
        new(
            RuleId.TableSwap, "Table pointer changed in place", Severity.Error, "R_WHZWS",
            "A live table descriptor was overwritten by one that points to another table. An error where some leaf below needs break-before-make, a warning where all translate the same.",
            "Walk caches may lead to the old table until they are invalidated: its page must stay intact, and what is changed through the new table is not seen."),
        new(
            RuleId.ContiguousChange, "Contiguous bit changed in place", Severity.Error, "R_QTRPM, R_NGLXZ, R_KHRBC, R_FCPSG",
            "A live leaf changed its Contiguous bit. An error without FEAT_BBM, a warning at levels 1 and 2, nothing at level 3. One finding a group.",
            "While members of one group disagree about the Contiguous bit, a TLB may hold an entry for the whole group and one for a member. Without FEAT_BBM a "
            + "lookup may return an address or attributes that no descriptor ever held. Splitting and fusing contiguous ranges has the caveats of splitting and fusing blocks."),
        new(
            RuleId.GlobalToNonGlobal, "Global leaf made non-global in place", Severity.Error, "R_WHZWS",
            "A live global leaf was made non-global in place. Only with the policy ng-strict: the architecture lists the other direction.",
            "The old global entry keeps answering under every ASID until an operation for all of them."),
        new(
            RuleId.ExecutePermission, "User page made non-executable in place", Severity.Error, "Erratum 2645198",
            "A live user page lost its permission to execute in place. Only with the policy's erratum 2645198.",
            "On Cortex-A715 with this erratum such a change needs break-before-make."),
    ];
}
