namespace TraceReplay.Rules;

/// <summary>Tables, ASIDs and roots used again too early, and invalidations that are late or missing.</summary>
public static class LifetimeRules
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        new(
            RuleId.TableReuse, "Table page reused before its pointer was invalidated", Severity.Error, "R_SQBCS",
            "While a walk cache may still hold the pointer to a table page: a value with bit 0 set was stored to it, it was linked at another level or in another tree, or it was given back or handed out again.",
            "Hardware may walk the page through the stale pointer and take arbitrary data for descriptors."),
        new(
            RuleId.TableMoved, "Table linked elsewhere before its old pointer was invalidated", Severity.Info, "R_WHZWS",
            "A table was unlinked and linked at the same level and in the same space at another address, as mremap does, before the TLBI.",
            "Two pointers to one table are legal, and its content is right for both; the old address keeps answering until the TLBI."),
        new(
            RuleId.TableUninitialised, "Table linked before its content was visible", Severity.Warning, "R_SPVBD",
            "A table was linked into a live one, and the CPU that linked it had stored a valid entry of it since its last barrier for stores; the linking store was no release either. In a trace without DMBs not judged where the table takes the place of a block: Linux orders that with a DMB.",
            "A walker may follow the pointer before the entries: it then sees what the page held before."),
        new(
            RuleId.TableDoubleUse, "Table linked at two places", Severity.Warning, "R_WHZWS",
            "A table was linked while it serves at another level, or at another address, of the same tree or of one with the same ASID. Tables that are empty, or whose entries all point to the same place (the early shadow of an address sanitizer), are left out.",
            "A change through one place changes the other, and the TLBI is issued for one address only. At two levels, the same bits are a page and a table."),
        new(
            RuleId.TableCopyStale, "Copied tables swapped in after the original changed", Severity.Error, "R_WHZWS",
            "A TTBR was switched to a copy of its tree although an entry of the original had been stored after it was copied; or the original was written while some CPU already ran on the copy, and the store was not repeated there.",
            "The update is lost on the CPUs that use the copy. Copying tables and swapping TTBR avoids break-before-make only if nobody writes the original meanwhile."),
        new(
            RuleId.AsidReuse, "ASID used for another tree without invalidation", Severity.Error, "R_XXNPZ, R_GPPYH",
            "A root was loaded under an ASID while the CPU may still hold entries of another tree, or of an earlier state of the same tree, under that ASID, and no invalidation followed at once; or another root at EL2, where it is a warning if nothing is known to be cached.",
            "Entries of the old tree answer for the new one."),
        new(
            RuleId.OverlapBlockTable, "A block and smaller entries may be cached for one address", Severity.Error, "I_HYQMB, R_XXNPZ",
            "A root was loaded under an ASID while the CPU may still hold entries of another tree under that ASID, and one translates an address by a block and the other by smaller entries. By the setting swap-strict also while CPUs swap one by one to such a copy of the kernel's tree.",
            "Both entries match the address: a conflict abort, or a mixture of the two."),
        new(
            RuleId.VmidReuse, "VMID used for another tree without invalidation", Severity.Error, "R_QNPQX",
            "VTTBR_EL2 was loaded with another tree, or one that changed meanwhile, under a VMID of which the CPU may still hold entries; a warning where nothing is known to be cached.",
            "Entries of the old tree answer for the new guest."),
        new(
            RuleId.GlobalOverlap, "Global and non-global entries for one address", Severity.Error, "R_WHZWS",
            "A root with global leaves was loaded while the CPU may hold non-global leaves for the same addresses, or the other way round, without an invalidation in between.",
            "Both entries match: a conflict abort, or the wrong page."),
        new(
            RuleId.PageReuse, "Page used again while a TLB may still write to it", Severity.Error, "R_GPPYH",
            "A page frame was handed out again (mm_page_alloc) while a writable translation to it was removed or restricted and not yet invalidated. Given back (mm_page_free, mm_page_free_batched) and invalidated before it was handed out again: a warning. Kernel addresses that were unmapped and not even followed by a DSB are unmapped lazily (vfree): a warning tagged linux-tolerated when handed out, nothing when given back. So is an address space that is torn down as a whole.",
            "Whoever kept the old mapping can write to a page that now belongs to another: use after free by way of the TLB. Giving the page back opens the window; handing it out again is the damage."),
        new(
            RuleId.PermissionStale, "Restricted permission not invalidated", Severity.Warning, "R_GPPYH",
            "A live leaf lost a permission, or became non-global, and no covering TLBI and DSB followed within one second (half a million events with a counter clock) or before the end of the trace.",
            "The old permission may be used until the entry is invalidated: a write to a page that memory says is read-only."),
        new(
            RuleId.PermissionRelax, "Relaxed permission not invalidated", Severity.Info, "R_GPPYH",
            "A live leaf gained a permission, and no TLBI for it followed before the end of the trace. One finding a table.",
            "CPUs that hold the old entry take a permission fault for nothing; Linux counts on that fault on CPUs other than its own."),
        new(
            RuleId.AccessFlagStale, "Cleared access flag not invalidated", Severity.Info, "I_GXGZY",
            "The access flag or the dirty state of a live leaf was cleared, and no TLBI and DSB for it followed before the end of the trace. One finding a table.",
            "Accesses through the old entry leave no trace: a page in use looks idle."),
        new(
            RuleId.MakeNotSynchronised, "Kernel entry made without DSB and ISB", Severity.Info, "I_WZCBG, R_SPVBD",
            "A valid entry was stored to a live kernel table, and the CPU went on to something else than storing kernel entries before it ran a DSB for stores and an ISB. One finding a site.",
            "The next access through it may fault, and the kernel does not expect faults on its own addresses."),
        new(
            RuleId.TlbiIneffective, "TLBI that can invalidate nothing", Severity.Info, "R_SQXYZ, R_XKMMX, I_ZRWYC",
            "Records were pending and a TLBI was issued whose TTL or TG names another granule, whose base is not aligned to its TTL, or whose ASID has more bits than are in use. One finding a site.",
            "The operation costs a broadcast and need not do anything."),
        new(
            RuleId.PendingAtEnd, "Stale entries never invalidated in this trace", Severity.Info, "R_GPPYH",
            "The trace ended while overwritten or removed descriptors of a table were not invalidated. One finding a table.",
            "Lazy unmapping leaves such entries on every healthy system; they only matter if the page is used again before the flush."),
    ];
}
