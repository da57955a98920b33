namespace TraceReplay.Rules;

/// <summary>The members of a contiguous group do not agree, at a moment when no update of the group is under way.</summary>
public static class ContiguousRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.ContiguousPartialSet, "Members of a group disagree about the Contiguous bit", Severity.Error, "R_QTRPM, R_NGLXZ",
            "At a quiescent point some valid members of a live group have the bit and some do not.",
            "This is misprogramming of the Contiguous bit: entries of two sizes may be cached together. Without FEAT_BBM a lookup may return values that no descriptor held."),
        new(
            RuleId.ContiguousPartialValid, "Some members of a contiguous group are invalid", Severity.Info, "I_PGVGZ, R_SKQHL",
            "At a quiescent point some members of a live group are valid with the bit and some are invalid.",
            "Not misprogramming of the bit, but an access to an invalid member may be answered by an entry made for the whole group."),
        new(
            RuleId.ContiguousMisaligned, "Output address of a contiguous group is not aligned", Severity.Error, "R_CBXXM, R_JQQTC",
            "At a quiescent point the output addresses of a live group follow one another, but the first is not aligned to the group's size.",
            "A TLB that makes one entry of the group drops the low address bits and translates to the wrong pages."),
        new(
            RuleId.ContiguousDiscontiguous, "Output addresses of a contiguous group do not follow one another", Severity.Error, "R_SKQHL, R_JQQTC",
            "At a quiescent point two members of a live group with the bit have output addresses that are not as far apart as their indexes.",
            "Any member may answer for any other, so an access may reach the wrong page."),
        new(
            RuleId.ContiguousAttributes, "Attributes differ inside a contiguous group", Severity.Error, "R_SKQHL, R_JQQTC",
            "At a quiescent point members of a live group with the bit differ in memory type, shareability, nG or NS; a warning where only permissions differ, "
            + "and where they differ at a barrier in the middle of an update of the kernel's, a hypervisor's or stage-2 entries.",
            "Any member may answer for any other with its own attributes and permissions, also after a TLBI."),
        new(
            RuleId.ContiguousNotAllowed, "Contiguous bit where it is RES0", Severity.Warning, "R_HMQXG",
            "A live leaf was stored with bit 52 at a level that has no contiguous groups.",
            "The bit has no effect there; software that counts on it is wrong."),
        new(
            RuleId.ContiguousExceedsInput, "Contiguous group larger than the table", Severity.Warning, "R_WMNPV",
            "A live leaf with the bit stands in a root table with fewer entries than the group has members.",
            "The group's span exceeds the input address range; accesses may fault or not."),
        new(
            RuleId.ContiguousAccessFlag, "Access flag or dirty state differs inside a contiguous group", Severity.Info, "R_LCGVS, R_XDPXQ",
            "At a quiescent point members of a live group differ in AF or dirty state only.",
            "Legal, because hardware updates one member; software must collect the state of all members."),
    ];
}
