using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Tests.Generators;

/// <summary>A correct sequence on a slot of its own, to be spoilt.</summary>
/// <param name="Generator">The trace it becomes part of.</param>
/// <param name="Script">Receives its events.</param>
/// <param name="Tree">The process, or the kernel.</param>
/// <param name="Cpu">CPU that acts.</param>
/// <param name="Other">Another CPU that ran with the tree.</param>
internal sealed record Target(TraceGenerator Generator, TraceScript Script, Tree Tree, int Cpu, int Other)
{
    public Episodes Episodes => Generator.Episodes;

    public Slot Table() => Generator.NewSlot(Tree, hasTable: true);

    public Slot Block() => Generator.NewSlot(Tree, hasTable: false);
}

/// <summary>Makes a correct sequence wrong; the function gives the ids of names it brings in.</summary>
internal delegate void Spoiling(List<TraceItem> items, Func<string, int> intern);

/// <summary>One fault, and the rule it breaks.</summary>
/// <param name="Name">What was done to the trace.</param>
/// <param name="RuleId">The rule that must be raised.</param>
/// <param name="On">Whose tree the sequence is on.</param>
/// <param name="Build">Tells the correct sequence.</param>
/// <param name="Spoil">Makes it wrong.</param>
internal sealed record Mutation(string Name, string RuleId, TreeKind On, Action<Target> Build, Spoiling Spoil)
{
    /// <summary>The rule where the fault happens to join translations of different sizes; null for the same.</summary>
    public string? RuleIdForSizes { get; init; }

    /// <summary>The rule that what follows in the sequence breaks too; null for none.</summary>
    public string? AlsoBreaks { get; init; }

    public override string ToString() => Name;
}

/// <summary>All mutations.</summary>
internal static class Mutations
{
    public static readonly Mutation[] All =
    [
        Of("Dropping_the_tlbi", "brk-no-tlbi", Page, Drop(Role.Tlbi)),
        Of("Moving_the_tlbi_before_the_break", "brk-no-tlbi", Page, MoveFirst(Role.Tlbi)),
        Of("Dropping_the_dsb_before_the_tlbi", "brk-no-dsb-before-tlbi", Page, Drop(Role.DsbBefore)),
        Of("Weakening_the_dsb_before_to_loads", "brk-no-dsb-before-tlbi", Page, Rename(Role.DsbBefore, "dsb ishld")),
        Of("Narrowing_the_dsb_before", "brk-no-dsb-before-tlbi", Page, Rename(Role.DsbBefore, "dsb nshst")),
        Of("A_dmb_before_the_tlbi", "brk-no-dsb-before-tlbi", Page, Rename(Role.DsbBefore, "dmb ish")),
        Of("Moving_the_dsb_before_to_another_cpu", "brk-no-dsb-before-tlbi", Page, Rename(Role.DsbBefore, "dsb ish", otherCpu: true)),
        Of("Dropping_the_dsb_after_the_tlbi", "brk-no-dsb-after-tlbi", Page, Drop(Role.DsbAfter)),
        Of("An_isb_after_the_tlbi", "brk-no-dsb-after-tlbi", Page, Rename(Role.DsbAfter, "isb")),
        Of("Moving_the_dsb_after_to_another_cpu", "brk-no-dsb-after-tlbi", Page, Rename(Role.DsbAfter, "dsb ish", otherCpu: true)),
        Of("Weakening_the_dsb_after_to_ishst", "brk-weak-dsb", Page, Rename(Role.DsbAfter, "dsb ishst")),
        Of("Weakening_the_dsb_after_to_ishld", "brk-weak-dsb", Page, Rename(Role.DsbAfter, "dsb ishld")),
        Of("Narrowing_the_dsb_after", "brk-weak-dsb", Page, Rename(Role.DsbAfter, "dsb nsh")),
        Of("Making_before_the_other_cpus_dsb", "brk-make-before-remote-dsb", PageByTwo, MoveLast(Role.DsbAfter)),
        Of("Wrong_asid", "brk-tlbi-asid", Page, Operand(operand => operand ^ (0x7ffUL << 48))),
        Of("Wrong_address", "brk-tlbi-va", Page, Operand(operand => operand ^ 0x40)),
        Of("Wrong_ttl", "brk-tlbi-ttl", PageWithTtl, Operand(operand => operand ^ (1UL << 44))),
        Of("A_local_tlbi", "brk-tlbi-local", Page, Operation("vale1")),
        Of("A_local_flush_of_everything", "brk-tlbi-local", Page, Operation("vmalle1")),
        Of("A_range_that_misses", "brk-tlbi-range", Pages, Operand(operand => operand + 0x10)),
        Of("A_range_of_another_granule", "brk-tlbi-range", Pages, Operand(OtherGranule)),
        Of("A_misaligned_range_with_ttl", "brk-tlbi-range-misaligned", BlockByRange, Operand(operand => operand + 1)),
        Of("An_nxs_tlbi_for_device_memory", "brk-tlbi-nxs", DevicePage, Operation("vale1isnxs")),
        Of("Last_level_only_for_a_removed_table", "brk-tlbi-last-level", FuseByAddress, Operation("vale1is")) with { AlsoBreaks = "table-reuse-before-tlbi" },
        Of("Dropping_one_member_of_a_group", "brk-tlbi-va", Fold, DropOneTlbi),
        Of("Dropping_the_tlbi_of_a_fold", "brk-no-tlbi", Fold, Drop(Role.Tlbi)),
        Of("Dropping_the_dsb_of_a_split", "brk-no-dsb-after-tlbi", Split, Drop(Role.DsbAfter)),
        Of("By_asid_for_a_removed_kernel_table", "brk-tlbi-asid", FuseByAnyAsid, ByOtherAsid, TreeKind.Kernel) with
        {
            AlsoBreaks = "table-reuse-before-tlbi",
        },
        Of("Dropping_the_tlbi_of_a_kernel_page", "brk-no-tlbi", Page, Drop(Role.Tlbi), TreeKind.Kernel),
        Of("A_flush_by_asid_of_a_kernel_page", "brk-tlbi-asid", Page, Operation("aside1is"), TreeKind.Kernel),

        Of("Changing_the_output_address_in_place", "bbm-oa-change", Relaxed, NewValue(value => value + 0x10000)),
        Of("Changing_the_memory_type_in_place", "bbm-memtype", Relaxed, NewValue(value => GeneratedRegime.WithAttribute(TreeKind.Process, value, GeneratedRegime.Device))),
        Of("Changing_the_cacheability_in_place", "bbm-cacheability", Relaxed, NewValue(value => GeneratedRegime.WithAttribute(TreeKind.Process, value, GeneratedRegime.NonCacheable))),
        Of("Changing_the_shareability_in_place", "bbm-shareability", Relaxed, NewValue(value => value & ~DescriptorBits.Shareability)),
        Of("Making_global_in_place", "bbm-ng-to-global", Relaxed, NewValue(value => value & ~DescriptorBits.NotGlobal)),
        Of("Flipping_contiguous_in_place", "bbm-cont-change", Fold, InPlace),
        Of("Splitting_in_place", "bbm-block-to-table", Split, InPlace),
        Of("Fusing_in_place", "bbm-table-to-block", FuseByAddress, InPlace),

        // The same faults in a guest's stage 2, which is invalidated in two steps under its VMID.
        Of("Dropping_both_steps_of_stage_2", "brk-no-tlbi", Page, Drop(Role.Tlbi, Role.DsbMiddle, Role.TlbiStage1), TreeKind.Guest),
        Of("Dropping_the_step_by_ipa", "brk-s2-incomplete", Page, Drop(Role.Tlbi), TreeKind.Guest),
        Of("Dropping_the_step_on_stage_1", "brk-s2-incomplete", Page, Drop(Role.TlbiStage1), TreeKind.Guest),
        Of("Dropping_the_dsb_between_the_steps", "brk-s2-incomplete", Page, Drop(Role.DsbMiddle), TreeKind.Guest),
        Of("Moving_the_step_on_stage_1_first", "brk-s2-incomplete", Page, MoveBefore(Role.TlbiStage1, Role.Tlbi), TreeKind.Guest),
        Of("Another_guests_vmid", "brk-tlbi-vmid", PageOfFirstGuest, InOtherContext, TreeKind.Guest),
        Of("Wrong_ipa", "brk-tlbi-va", Page, Operand(operand => operand ^ 0x40), TreeKind.Guest),
        Of("Wrong_ttl_at_stage_2", "brk-tlbi-ttl", PageWithTtl, Operand(operand => operand ^ (1UL << 44)), TreeKind.Guest),
        Of("A_range_of_ipas_that_misses", "brk-tlbi-range", Pages, Operand(operand => operand + 0x10), TreeKind.Guest),
        Of("Dropping_the_dsb_before_at_stage_2", "brk-no-dsb-before-tlbi", Page, Drop(Role.DsbBefore), TreeKind.Guest),
        Of("Dropping_the_dsb_after_at_stage_2", "brk-no-dsb-after-tlbi", Page, Drop(Role.DsbAfter), TreeKind.Guest),
        Of("Weakening_the_dsb_after_at_stage_2", "brk-weak-dsb", Page, Rename(Role.DsbAfter, "dsb ishst"), TreeKind.Guest),
        Of("Local_steps_of_stage_2", "brk-tlbi-local", PageByAll, Operation("vmalls12e1"), TreeKind.Guest),
        Of("Last_level_only_for_a_table_of_stage_2", "brk-tlbi-last-level", FuseByAddress, Operation("ipas2le1is"), TreeKind.Guest) with
        {
            AlsoBreaks = "table-reuse-before-tlbi",
        },
        Of("Changing_the_output_address_at_stage_2", "bbm-oa-change", Relaxed, NewValue(value => value + 0x10000), TreeKind.Guest),
        Of("Changing_the_memory_type_at_stage_2", "bbm-memtype", Relaxed, NewValue(value => GeneratedRegime.WithAttribute(TreeKind.Guest, value, GeneratedRegime.Device)), TreeKind.Guest),
        Of("Changing_the_cacheability_at_stage_2", "bbm-cacheability", Relaxed, NewValue(value => GeneratedRegime.WithAttribute(TreeKind.Guest, value, GeneratedRegime.NonCacheable)), TreeKind.Guest),
        Of("Splitting_in_place_at_stage_2", "bbm-block-to-table", Split, InPlace, TreeKind.Guest),
        Of("Fusing_in_place_at_stage_2", "bbm-table-to-block", FuseByAddress, InPlace, TreeKind.Guest),
        Of("Flipping_contiguous_in_place_at_stage_2", "bbm-cont-change", Fold, InPlace, TreeKind.Guest),
        Of("Another_guest_under_the_vmid_without_flush", "vmid-reuse-no-flush", NextGuest, Drop(Role.Tlbi), TreeKind.Guest),

        // And in the hypervisor's own tables at EL2.
        Of("Dropping_the_tlbi_at_el2", "brk-no-tlbi", Page, Drop(Role.Tlbi), TreeKind.Hypervisor),
        Of("A_tlbi_for_el1_at_el2", "brk-tlbi-regime", Page, Operation("vaale1is"), TreeKind.Hypervisor),
        Of("A_local_tlbi_at_el2", "brk-tlbi-local", Page, Operation("vale2"), TreeKind.Hypervisor),
        Of("Wrong_address_at_el2", "brk-tlbi-va", Page, Operand(operand => operand ^ 0x40), TreeKind.Hypervisor),
        Of("Wrong_ttl_at_el2", "brk-tlbi-ttl", PageWithTtl, Operand(operand => operand ^ (1UL << 44)), TreeKind.Hypervisor),
        Of("A_range_that_misses_at_el2", "brk-tlbi-range", Pages, Operand(operand => operand + 0x10), TreeKind.Hypervisor),
        Of("Dropping_the_dsb_before_at_el2", "brk-no-dsb-before-tlbi", Page, Drop(Role.DsbBefore), TreeKind.Hypervisor),
        Of("Dropping_the_dsb_after_at_el2", "brk-no-dsb-after-tlbi", Page, Drop(Role.DsbAfter), TreeKind.Hypervisor),
        Of("Last_level_only_for_a_table_at_el2", "brk-tlbi-last-level", FuseByAddress, Operation("vale2is"), TreeKind.Hypervisor) with
        {
            AlsoBreaks = "table-reuse-before-tlbi",
        },
        Of("Changing_the_output_address_at_el2", "bbm-oa-change", Relaxed, NewValue(value => value + 0x10000), TreeKind.Hypervisor),
        Of("Splitting_in_place_at_el2", "bbm-block-to-table", Split, InPlace, TreeKind.Hypervisor),
        Of("Flipping_contiguous_in_place_at_el2", "bbm-cont-change", Fold, InPlace, TreeKind.Hypervisor),

        Of("Reusing_a_table_page_before_its_tlbi", "table-reuse-before-tlbi", Reuse, Drop(Role.Tlbi)),
        Of("Another_root_under_the_asid_without_flush", "asid-reuse-no-flush", Recycle, Drop(Role.Tlbi)) with
        {
            RuleIdForSizes = "overlap-block-table",
        },
    ];

    private static Mutation Of(string name, string rule, Action<Target> build, Spoiling spoil, TreeKind on = TreeKind.Process) =>
        new(name, rule, on, build, spoil);

    private static void Page(Target t) => t.Episodes.RemapPage(t.Script, t.Cpu, t.Table(), FlushStyle.Address);

    private static void PageWithTtl(Target t) => t.Episodes.RemapPage(t.Script, t.Cpu, t.Table(), FlushStyle.AddressWithTtl);

    private static void Pages(Target t) => t.Episodes.RemapPages(t.Script, t.Cpu, t.Table(), FlushStyle.Range);

    private static void PageByTwo(Target t) => t.Episodes.RemapByTwo(t.Script, t.Cpu, t.Other, t.Table());

    private static void BlockByRange(Target t) => t.Episodes.RemapBlock(t.Script, t.Cpu, t.Block(), FlushStyle.RangeWithTtl);

    private static void Fold(Target t) => t.Episodes.Regroup(t.Script, t.Cpu, t.Table(), isContiguous: true, FlushStyle.Address);

    private static void Split(Target t) => t.Episodes.SplitBlock(t.Script, t.Cpu, t.Block(), FlushStyle.Address);

    private static void FuseByAddress(Target t) => t.Episodes.FuseToBlock(t.Script, t.Cpu, t.Table(), FlushStyle.Address);

    private static void FuseByAnyAsid(Target t) => t.Episodes.FuseToBlock(t.Script, t.Cpu, t.Table(), FlushStyle.AnyAsid);

    private static void DevicePage(Target t)
    {
        var slot = t.Table();
        var script = t.Generator.NewScript();
        var page = t.Generator.Regime.GroupMembers + Episodes.Singles;
        t.Episodes.Store3(script, t.Cpu, slot, page, Episodes.Page(slot, t.Generator.Memory.DataPage(), GeneratedRegime.Device), Role.Other);
        t.Generator.Append(script.Items);
        t.Episodes.Store3(t.Script, t.Cpu, slot, page, 0, Role.Break);
        Flush.Tell(t.Script, t.Cpu, FlushTarget.Leaves(slot, page, 1), FlushStyle.Address, t.Generator.Random);
        t.Episodes.Store3(t.Script, t.Cpu, slot, page, Episodes.Page(slot, t.Generator.Memory.DataPage(), GeneratedRegime.Device), Role.Make);
    }

    // A read-only page becomes writable in place, which needs no break.
    private static void Relaxed(Target t)
    {
        var slot = t.Table();
        var script = t.Generator.NewScript();
        var value = slot.Pages!.Values[0] | DescriptorBits.ReadOnly;
        t.Episodes.Store3(script, t.Cpu, slot, 0, value, Role.Other);
        Flush.Tell(script, t.Cpu, FlushTarget.Leaves(slot, 0, 1), FlushStyle.Address, t.Generator.Random);
        t.Generator.Append(script.Items);
        t.Episodes.Store3(t.Script, t.Cpu, slot, 0, value & ~DescriptorBits.ReadOnly, Role.Make);
        Flush.Tell(t.Script, t.Cpu, FlushTarget.Leaves(slot, 0, 1), FlushStyle.Address, t.Generator.Random);
    }

    private static void Reuse(Target t)
    {
        var next = t.Generator.NewSlot(t.Generator.Processes[1], hasTable: false);
        var script = t.Generator.NewScript();
        t.Episodes.RemoveBlock(script, t.Cpu, next);
        t.Generator.Append(script.Items);
        t.Episodes.ReuseTable(t.Script, t.Cpu, t.Table(), next);
    }

    // A process ends and its ASID is given to the next.
    private static void Recycle(Target t)
    {
        var heir = t.Generator.Processes[1];
        for (var cpu = 0; cpu < t.Generator.CpuCount; cpu++)
        {
            t.Generator.LoadReserved(t.Script, cpu);
        }

        heir.Asid = t.Tree.Asid;
        t.Script.Barrier(t.Cpu, "dsb ishst", Role.DsbBefore);
        t.Script.Tlbi(t.Cpu, "aside1is", (ulong)t.Tree.Asid << 48);
        t.Script.Barrier(t.Cpu, "dsb ish", Role.DsbAfter);
        t.Generator.Load(t.Script, t.Cpu, heir);
    }

    private static void PageByAll(Target t) => t.Episodes.RemapPage(t.Script, t.Cpu, t.Table(), FlushStyle.All);

    // The other guest's VTTBR_EL2 is known to the trace, whatever it is spoilt with.
    private static void PageOfFirstGuest(Target t)
    {
        t.Script.Register(t.Cpu, "vttbr_el2", t.Generator.OtherGuest.Vttbr, Role.Other);
        t.Script.Barrier(t.Cpu, "isb");
        t.Script.Register(t.Cpu, "vttbr_el2", 0);
        t.Script.Barrier(t.Cpu, "isb");
        Page(t);
    }

    // A guest ends and its VMID is given to another, on the CPU that invalidated it.
    private static void NextGuest(Target t)
    {
        var next = t.Generator.OtherGuest;
        t.Script.Register(t.Cpu, "vttbr_el2", t.Tree.Vttbr);
        t.Script.Barrier(t.Cpu, "isb");
        t.Script.Register(t.Cpu, "vttbr_el2", 0);
        t.Script.Barrier(t.Cpu, "isb");
        t.Script.Tlbi(t.Cpu, "alle1is");
        t.Script.Barrier(t.Cpu, "dsb ish", Role.DsbAfter);
        next.Asid = t.Tree.Asid;
        t.Script.Register(t.Cpu, "vttbr_el2", next.Vttbr);
        t.Script.Barrier(t.Cpu, "isb");
    }

    private static Spoiling Drop(params Role[] roles) => (items, _) => items.RemoveAll(item => roles.Contains(item.Role));

    private static Spoiling MoveBefore(Role role, Role other) => (items, _) =>
    {
        var moved = items.FindAll(item => item.Role == role);
        items.RemoveAll(item => item.Role == role);
        items.InsertRange(items.FindIndex(item => item.Role == other), moved);
    };

    private static void InOtherContext(List<TraceItem> items, Func<string, int> intern)
    {
        var other = ((SystemRegisterWrite)items.First(item => item.Event is SystemRegisterWrite).Event).Value;
        Edit<SystemRegisterWrite>(Role.Context, (e, _) => e with { Value = other })(items, intern);
    }

    private static Spoiling MoveFirst(Role role) => (items, _) =>
    {
        var moved = items.FindAll(item => item.Role == role);
        items.RemoveAll(item => item.Role == role);
        items.InsertRange(items.FindIndex(item => item.Role == Role.Break), moved);
    };

    private static Spoiling MoveLast(Role role) => (items, _) =>
    {
        var moved = items.FindAll(item => item.Role == role);
        items.RemoveAll(item => item.Role == role);
        items.AddRange(moved);
    };

    private static Spoiling Rename(Role role, string barrier, bool otherCpu = false) => Edit<BarrierInstruction>(
        role, (e, names) => e with { Kind = names(barrier), Header = otherCpu ? e.Header with { Cpu = e.Header.Cpu == 0 ? 1 : 0 } : e.Header });

    private static Spoiling Operation(string name) =>
        Edit<TlbiInstruction>(Role.Tlbi, (e, names) => e with { Operation = names(name) });

    private static Spoiling Operand(Func<ulong, ulong> change) =>
        Edit<TlbiInstruction>(Role.Tlbi, (e, _) => e with { Operand = change(e.Operand) });

    private static Spoiling ByOtherAsid => Edit<TlbiInstruction>(
        Role.Tlbi, (e, names) => e with { Operation = names("vae1is"), Operand = e.Operand ^ (0x7ffUL << 48) });

    private static Spoiling NewValue(Func<ulong, ulong> change) =>
        Edit<PageTableWrite>(Role.Make, (e, _) => e with { New = change(e.New) });

    private static void DropOneTlbi(List<TraceItem> items, Func<string, int> intern) =>
        items.RemoveAt(items.FindIndex(item => item.Role == Role.Tlbi) + 3);

    private static ulong OtherGranule(ulong operand)
    {
        var granule = (operand >> 46) & 3;
        return (operand & ~(3UL << 46)) | ((granule == 1 ? 2UL : 1UL) << 46);
    }

    // The made values overwrite those that were to be broken; nothing is invalidated in between.
    private static void InPlace(List<TraceItem> items, Func<string, int> intern)
    {
        var before = new Dictionary<ulong, ulong?>();
        foreach (var item in items.Where(item => item.Role == Role.Break))
        {
            var store = (PageTableWrite)item.Event;
            before[store.Pa] = store.Old;
        }

        var flush = items.FindAll(item => item.Role is not (Role.Other or Role.Break or Role.Make));
        items.RemoveAll(item => item.Role is not (Role.Other or Role.Make));
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Role == Role.Make && items[i].Event is PageTableWrite store && before.TryGetValue(store.Pa, out var old))
            {
                items[i] = items[i] with { Event = store with { Old = old } };
            }
        }

        items.InsertRange(items.FindLastIndex(item => item.Role == Role.Make) + 1, flush);
    }

    private static Spoiling Edit<T>(Role role, Func<T, Func<string, int>, T> edit)
        where T : struct => (items, intern) =>
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].Role == role && items[i].Event is T e)
            {
                items[i] = items[i] with { Event = edit(e, intern) };
            }
        }
    };
}
