namespace TraceReplay.Rules;

/// <summary>What is odd about single stores, and what the trace does not tell.</summary>
public static class StoreRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.HardwareDirtyRace, "Plain store cleared what hardware may set", Severity.Warning, "R_RTBRL, I_GXGZY",
            "With hardware update enabled (TCR HA, HD), the access flag or the dirty state of a live entry was cleared by a store that is told to be a plain one, not an exchange or an exclusive.",
            "Hardware may set the bit between the load and the store, and the update is lost: a dirty page is taken for clean."),
        new(
            RuleId.ValueChangedUnseen, "Value changed with no recorded store", Severity.Warning, "",
            "A store to a live table found another value than the last store in the trace left, beyond what hardware changes on its own, and no events were lost in between.",
            "Something wrote to the table that the tracer does not see, or two writers do not know of one another. Both stores are named."),
        new(
            RuleId.LockNotHeld, "Table stored to without its lock", Severity.Warning, "",
            "A hint associates the tree with a lock, or a descriptor with one CPU, and the store was made by a CPU that does not hold the lock, or is not that one. In the logs of casemate, also: no lock is associated, or a second plain store under the lock without a DSB in between. One finding a table and site.",
            "Nothing of the architecture: two CPUs that change a table at once lose one another's stores, or make what the other has not finished breaking. Judged only where the trace has hints; rems-project/casemate checks the same."),
        new(
            RuleId.StoreSize, "Part of a live descriptor was stored", Severity.Error, "I_LBMWQ",
            "A store to a live table was not a multiple of 8 bytes wide.",
            "Walks read 8 bytes at once: one may see half of the old and half of the new descriptor."),
        new(
            RuleId.DescriptorReservedEncoding, "Reserved descriptor encoding", Severity.Info, "R_KHVQT",
            "A value with bit 0 set was stored to a live table at a level that has no such descriptor: 0b01 at level 3, or a block where the granule has none. One finding a site.",
            "It is treated as invalid, and reads as if it were not."),
        new(
            RuleId.DescriptorReservedBits, "RES0 bits set in a descriptor", Severity.Info, "I_MWKTV",
            "A valid descriptor was stored to a live table with bits that are RES0 in its format. One finding a site.",
            "A later architecture may give them a meaning; often the value was made for another granule or address size."),
        new(
            RuleId.LinuxUnsafeChange, "Change of a kernel mapping that Linux refuses", Severity.Warning, "",
            "A live leaf of the kernel half was changed in place as the architecture allows, and pgattr_change_is_safe() of the policy's linux-version does not. Only with the policy linux-strict. One finding a site.",
            "Linux itself stops at such a change where it maps its own memory: execution at EL0, EL0 access, the Access flag and the guarded page bit are to stay, and so is all of a contiguous entry."),
        new(
            RuleId.LevelUnknown, "Store at an unknown level", Severity.Info, "",
            "The trace tells neither the level of a store nor a table that holds it. One finding a trace.",
            "A value is not decoded without its level, so these stores are not judged."),
        new(
            RuleId.TraceGap, "Stores are missing from the trace", Severity.Info, "",
            "A store found another value than replay expected, in memory that may have served another purpose meanwhile, or behind lost events. One finding a trace.",
            "Replay goes on from the value found; what happened in between is not judged."),
        new(
            RuleId.LostEvents, "Events were lost", Severity.Info, "",
            "The trace says that events of a CPU were lost. One finding a CPU.",
            "What depends on the gap is of confidence unknown: the missing TLBI may be in it."),
    ];
}
