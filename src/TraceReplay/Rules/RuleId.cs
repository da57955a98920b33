namespace TraceReplay.Rules;

/// <summary>The ids of the rules, for those who raise them.</summary>
public static class RuleId
{
    public const string OutputAddressChange = "bbm-oa-change";
    public const string OutputAddressSpace = "bbm-oa-space";
    public const string MemoryType = "bbm-memtype";
    public const string Cacheability = "bbm-cacheability";
    public const string Shareability = "bbm-shareability";
    public const string NonGlobalToGlobal = "bbm-ng-to-global";
    public const string BlockToTable = "bbm-block-to-table";
    public const string TableToBlock = "bbm-table-to-block";
    public const string SizeAndOther = "bbm-size-and-other";
    public const string TableSwap = "bbm-table-swap";
    public const string ContiguousChange = "bbm-cont-change";

    public const string GlobalToNonGlobal = "bbm-global-to-ng";
    public const string ExecutePermission = "bbm-exec-erratum";

    public const string NoTlbi = "brk-no-tlbi";
    public const string NoDsbBeforeTlbi = "brk-no-dsb-before-tlbi";
    public const string NoDsbAfterTlbi = "brk-no-dsb-after-tlbi";
    public const string MakeBeforeRemoteDsb = "brk-make-before-remote-dsb";
    public const string WeakDsb = "brk-weak-dsb";
    public const string TlbiAddress = "brk-tlbi-va";
    public const string TlbiAsid = "brk-tlbi-asid";
    public const string TlbiLastLevel = "brk-tlbi-last-level";
    public const string TlbiLocal = "brk-tlbi-local";
    public const string TlbiRange = "brk-tlbi-range";
    public const string TlbiRangeMisaligned = "brk-tlbi-range-misaligned";
    public const string TlbiTtl = "brk-tlbi-ttl";
    public const string TlbiNxs = "brk-tlbi-nxs";
    public const string TlbiRegime = "brk-tlbi-regime";
    public const string TlbiVmid = "brk-tlbi-vmid";
    public const string Stage2Incomplete = "brk-s2-incomplete";
    public const string PartialGroup = "brk-partial-group";

    public const string ContiguousPartialSet = "cont-partial-set";
    public const string ContiguousPartialValid = "cont-partial-valid";
    public const string ContiguousMisaligned = "cont-oa-misaligned";
    public const string ContiguousDiscontiguous = "cont-oa-discontiguous";
    public const string ContiguousAttributes = "cont-attr-mismatch";
    public const string ContiguousNotAllowed = "cont-not-allowed";
    public const string ContiguousExceedsInput = "cont-exceeds-ia";
    public const string ContiguousAccessFlag = "cont-af-dirty-divergent";

    public const string TableReuse = "table-reuse-before-tlbi";
    public const string TableMoved = "table-moved-before-tlbi";
    public const string TableCopyStale = "table-copy-stale";
    public const string AsidReuse = "asid-reuse-no-flush";
    public const string VmidReuse = "vmid-reuse-no-flush";
    public const string AsidShared = "asid-shared-live";
    public const string CommonNotPrivate = "cnp-root-mismatch";
    public const string RegisterChange = "sysreg-change-no-tlbi";
    public const string Stage2ShapeInconsistent = "vtcr-inconsistent";
    public const string UnsupportedD128 = "unsupported-d128";
    public const string GlobalOverlap = "ng-global-overlap";
    public const string PermissionStale = "perm-stale";
    public const string TlbiIneffective = "tlbi-ineffective";
    public const string PendingAtEnd = "pending-at-end";
    public const string PageReuse = "page-reuse-before-tlbi";
    public const string TableUninitialised = "table-published-uninitialised";
    public const string TableDoubleUse = "table-double-use";
    public const string OverlapBlockTable = "overlap-block-table";
    public const string HardwareDirtyRace = "hw-dirty-race";
    public const string MakeNotSynchronised = "make-not-synchronised";
    public const string PermissionRelax = "perm-relax-no-tlbi";
    public const string AccessFlagStale = "af-stale";

    public const string ValueChangedUnseen = "value-changed-unseen";
    public const string LockNotHeld = "lock-not-held";
    public const string StoreSize = "store-size-not-8";
    public const string DescriptorReservedEncoding = "desc-reserved-encoding";
    public const string DescriptorReservedBits = "desc-res0-set";
    public const string TtbrMisaligned = "ttbr-misaligned";
    public const string LinuxUnsafeChange = "linux-unsafe-change";
    public const string LevelUnknown = "level-unknown";
    public const string TraceGap = "trace-gap";
    public const string LostEvents = "lost-events";

    public const string RedundantBreak = "redundant-break";
    public const string OverInvalidation = "over-invalidation";
    public const string TlbiRedundant = "tlbi-redundant";
}
