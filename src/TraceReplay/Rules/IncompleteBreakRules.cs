namespace TraceReplay.Rules;

/// <summary>An invalid value was stored in between, but the old value was not invalidated everywhere before the next one was made.</summary>
/// <remarks>All of them ask that the pair of stale and made value needs break-before-make; a permission change never does.</remarks>
public static class IncompleteBreakRules
{
    private const string StillCached =
        "A break is complete only when every CPU that may have cached the old value has dropped it: store, DSB by the CPU that stored, a TLBI that covers the entry "
        + "on every such CPU, DSB by the CPU that issued the TLBI. Until then the old and the made value may be cached together.";

    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.NoTlbi, "Made again without any TLBI", Severity.Error, "R_WHZWS, R_DDMVT",
            "No TLBI near the entry's address was issued between the break and the make.",
            StillCached),
        new(
            RuleId.NoDsbBeforeTlbi, "No DSB between the break and its TLBI", Severity.Error, "R_DDMVT, R_SPVBD",
            "A covering TLBI was issued, but the CPU that stored had run no DSB for stores of the TLBI's domain since the store.",
            "Without the DSB a walk may read the old descriptor again after the TLBI. DMB, ISB and store-release do not order a store before a TLBI, nor does a DSB on another CPU. " + StillCached),
        new(
            RuleId.NoDsbAfterTlbi, "No DSB after the TLBI", Severity.Error, "R_DDMVT, R_PSMWS",
            "A covering TLBI was issued after the DSB, but its CPU made the entry again before any DSB completed it. One finding a TLBI.",
            "A TLBI is only known to be complete after a DSB for loads and stores by the same CPU; an ISB is not enough. " + StillCached),
        new(
            RuleId.MakeBeforeRemoteDsb, "Made by another CPU before the TLBI's DSB", Severity.Error, "R_YNJCP",
            "A covering TLBI was issued, and another CPU made the entry before the TLBI's CPU ran the DSB that completes it.",
            "A DSB on another CPU than the one that issued the TLBI does not complete it. " + StillCached),
        new(
            RuleId.WeakDsb, "The DSB after the TLBI is too weak", Severity.Error, "R_PSMWS",
            "The DSB after a covering TLBI waits for stores or loads only, or reaches a smaller domain than the TLBI.",
            "Only a DSB for loads and stores of at least the TLBI's shareability domain completes it: not ISHST, not ISHLD, not NSH for an IS operation. " + StillCached),
        new(
            RuleId.TlbiAddress, "The TLBI covers another address", Severity.Error, "R_VMSWQ, R_LQLSD, I_JQPNP",
            "TLBIs of the right kind were issued near the entry, none of which covers its address; members of a contiguous group each need their own.",
            "The Contiguous bit does not widen a TLBI: an operation on one member need not touch the others. " + StillCached),
        new(
            RuleId.TlbiAsid, "The TLBI names another ASID", Severity.Error, "R_VMSWQ, R_CHVGJ, R_XXNPZ",
            "The address is covered, but not under every ASID that the entry may be cached with; or an ASID operation was used for a global leaf or a kernel table.",
            "Table descriptors are always tagged with the ASID of the walk, also in the kernel half, so removing a kernel table needs an all-ASID operation. By-ASID operations skip global leaves. " + StillCached),
        new(
            RuleId.TlbiVmid, "The TLBI executed under another VMID", Severity.Error, "R_QNPQX",
            "The address is covered, but VTTBR_EL2 of the CPU held another VMID than that of the entry when the TLBI executed.",
            "EL1 and IPA operations act on the VMID that VTTBR_EL2 holds at that moment. " + StillCached),
        new(
            RuleId.TlbiRegime, "The TLBI acts on another regime", Severity.Error, "R_VMSWQ, R_SHVGC",
            "The operand names the entry's address, but the operation acts on another translation regime: an E1 operation for an EL2 entry, or one executed while HCR_EL2.{E2H,TGE} select another.",
            "Which regime an E1 operation acts on is decided by HCR_EL2 of its CPU when it executes. " + StillCached),
        new(
            RuleId.Stage2Incomplete, "Stage 2 invalidated in one of two steps only", Severity.Error, "I_CKZGP, R_VZZVZ",
            "A stage-2 entry was made again after one of: only the invalidation by IPA; an operation on stage 1 that came before the DSB completing that by IPA; only an operation on stage 1.",
            "An operation by IPA need not touch entries that combine both stages, and while the stage-2 entry may be cached, combined ones may be made from it again: IPAS2E1IS, DSB, VMALLE1IS, DSB; or VMALLS12E1IS. " + StillCached),
        new(
            RuleId.TlbiLastLevel, "A last-level TLBI after removing a table", Severity.Error, "R_VMSWQ, R_JXKNN",
            "The stale value is a table descriptor and only last-level (L) operations were issued.",
            "Last-level operations need not touch walk caches, which may keep leading to the old table. " + StillCached),
        new(
            RuleId.TlbiLocal, "A local TLBI where other CPUs may hold the entry", Severity.Error, "R_DDMVT",
            "Only operations without IS or OS were issued, and CPUs other than their issuers ran with the table.",
            "A CPU may have cached the entry by speculation, even for an address only one CPU ever uses. " + StillCached),
        new(
            RuleId.TlbiRange, "The range TLBI misses the entry", Severity.Error, "R_XKMMX, R_QKRKL",
            "A range operation was issued near the entry, but its decoded range does not hold it, or its TG is not the granule of the translation.",
            "The base is in units of the granule, or of 64 KiB with TCR_ELx.DS=1; with another TG nothing need be invalidated. " + StillCached),
        new(
            RuleId.TlbiRangeMisaligned, "The range TLBI has a TTL and a base not aligned to it", Severity.Warning, "I_TYBWT",
            "A range operation with a TTL hint whose base is not aligned to that level was the only one.",
            "What such an operation invalidates is unpredictable. " + StillCached),
        new(
            RuleId.TlbiTtl, "The TTL hint names another level", Severity.Error, "R_SQXYZ",
            "The operation's TTL hint is not the level, or the granule, of the stale leaf; or a hint was given although a table was removed.",
            "With a wrong hint nothing need be invalidated. " + StillCached),
        new(
            RuleId.TlbiNxs, "An nXS TLBI for memory with the XS attribute", Severity.Warning, "R_KBSSD",
            "Only nXS operations were issued, and the stale leaf's memory has the XS attribute.",
            "Whether an nXS operation invalidates such entries is implementation specific. " + StillCached),
        new(
            RuleId.PartialGroup, "Part of a contiguous group broken and made again", Severity.Warning, "R_SKQHL, R_JQQTC",
            "A member of a contiguous group was broken and made differently while other members stayed valid with the Contiguous bit.",
            "A TLB entry for the whole group may be made from a member that stayed, and answer for the one that changed, also after the TLBI. Unfold the group first."),
    ];
}
