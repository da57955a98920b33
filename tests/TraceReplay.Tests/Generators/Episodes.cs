using TraceReplay.Arm;

namespace TraceReplay.Tests.Generators;

/// <summary>Correct changes of one slot by one CPU; the model follows them.</summary>
/// <param name="memory">Where tables and pages come from.</param>
/// <param name="random">Decides what is done.</param>
/// <param name="mayResizeInPlace">With FEAT_BBM level 3 sizes and Contiguous bits now and then change over live entries.</param>
internal sealed class Episodes(TraceMemory memory, Random random, bool mayResizeInPlace)
{
    private readonly GeneratedRegime _regime = memory.Regime;

    /// <summary>Pages that a slot has: one contiguous group and some more.</summary>
    public int PageCount => _regime.GroupMembers + Singles;

    /// <summary>Pages beside the group.</summary>
    public const int Singles = 8;

    /// <summary>Some change that the slot's state allows.</summary>
    public void Any(TraceScript script, int cpu, Slot slot)
    {
        if (slot.Pages is null && !slot.IsBlock)
        {
            Run(script, cpu, slot, MapTable, MapBlock);
        }
        else if (slot.IsBlock)
        {
            Run(script, cpu, slot, RemapBlock, SplitBlock, PermissionsOfBlock, RemoveBlock);
        }
        else
        {
            Run(
                script, cpu, slot, RemapPage, RemapPage, RemapPages, PermissionsInPlace, MemoryTypeOfPage, Fold, Unfold, RemoveTable,
                FuseToBlock, ClearAccessFlag, SoftwareBits, PermissionsOfGroup, RemovePage);
        }
    }

    public void MapTable(TraceScript script, int cpu, Slot slot)
    {
        var table = NewTable(script, cpu, slot, _ => 0);
        script.Barrier(cpu, "dsb ishst");
        Link(script, cpu, slot, table);
    }

    public void MapBlock(TraceScript script, int cpu, Slot slot)
    {
        Store2(script, cpu, slot, Block(slot), Role.Make);
        script.Barrier(cpu, "dsb ishst");
    }

    public void RemapPage(TraceScript script, int cpu, Slot slot) => RemapPage(script, cpu, slot, null);

    /// <summary>One page gets another output address.</summary>
    public void RemapPage(TraceScript script, int cpu, Slot slot, FlushStyle? style)
    {
        var page = _regime.GroupMembers + random.Next(Singles);
        EnsurePages(script, cpu, slot, page, 1);
        Store3(script, cpu, slot, page, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Leaves(slot, page, 1), style);
        Store3(script, cpu, slot, page, Page(slot, memory.DataPage()), Role.Make);
        script.Barrier(cpu, "dsb ishst");
    }

    public void RemapPages(TraceScript script, int cpu, Slot slot) => RemapPages(script, cpu, slot, null);

    /// <summary>Several pages next to one another get other output addresses.</summary>
    public void RemapPages(TraceScript script, int cpu, Slot slot, FlushStyle? style)
    {
        var first = _regime.GroupMembers;
        EnsurePages(script, cpu, slot, first, Singles);
        for (var page = first; page < first + Singles; page++)
        {
            // A swap entry is as good as zero.
            Store3(script, cpu, slot, page, random.Next(2) == 0 ? 0 : 0x1234500UL, Role.Break);
        }

        FlushOf(script, cpu, FlushTarget.Leaves(slot, first, Singles), style);
        for (var page = first; page < first + Singles; page++)
        {
            Store3(script, cpu, slot, page, Page(slot, memory.DataPage()), Role.Make);
        }
    }

    /// <summary>A page that one CPU breaks and makes, and another invalidates.</summary>
    public void RemapByTwo(TraceScript script, int cpu, int other, Slot slot)
    {
        var page = _regime.GroupMembers;
        EnsurePages(script, cpu, slot, page, 1);
        Store3(script, cpu, slot, page, 0, Role.Break);
        script.Barrier(cpu, "dsb ish");
        FlushOf(script, other, FlushTarget.Leaves(slot, page, 1), FlushStyle.Address);
        Store3(script, cpu, slot, page, Page(slot, memory.DataPage()), Role.Make);
    }

    public void MemoryTypeOfPage(TraceScript script, int cpu, Slot slot)
    {
        var page = _regime.GroupMembers + random.Next(Singles);
        EnsurePages(script, cpu, slot, page, 1);
        var old = slot.Pages!.Values[page];
        var kind = slot.Tree.Kind;
        var attribute = old == GeneratedRegime.WithAttribute(kind, old, 0) ? random.Next(2) == 0 ? GeneratedRegime.Device : GeneratedRegime.NonCacheable : 0;
        Store3(script, cpu, slot, page, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Leaves(slot, page, 1), null);
        Store3(script, cpu, slot, page, GeneratedRegime.WithAttribute(kind, old, attribute), Role.Make);
    }

    /// <summary>A permission changes without a break, and is invalidated afterwards.</summary>
    public void PermissionsInPlace(TraceScript script, int cpu, Slot slot)
    {
        var page = _regime.GroupMembers + random.Next(Singles);
        EnsurePages(script, cpu, slot, page, 1);
        Store3(script, cpu, slot, page, slot.Pages!.Values[page] ^ DescriptorBits.ReadOnly, Role.Make);
        FlushOf(script, cpu, FlushTarget.Leaves(slot, page, 1), null);
    }

    public void PermissionsOfGroup(TraceScript script, int cpu, Slot slot)
    {
        EnsurePages(script, cpu, slot, 0, _regime.GroupMembers);
        for (var page = 0; page < _regime.GroupMembers; page++)
        {
            Store3(script, cpu, slot, page, slot.Pages!.Values[page] ^ DescriptorBits.ReadOnly, Role.Make);
        }

        FlushOf(script, cpu, FlushTarget.Leaves(slot, 0, _regime.GroupMembers), null);
    }

    public void ClearAccessFlag(TraceScript script, int cpu, Slot slot)
    {
        var page = _regime.GroupMembers + random.Next(Singles);
        EnsurePages(script, cpu, slot, page, 1);
        var value = slot.Pages!.Values[page];
        Store3(script, cpu, slot, page, value & ~DescriptorBits.AccessFlag, Role.Other, "cmpxchg");
        FlushOf(script, cpu, FlushTarget.Leaves(slot, page, 1), null);
        Store3(script, cpu, slot, page, value | DescriptorBits.AccessFlag, Role.Other);
    }

    public void SoftwareBits(TraceScript script, int cpu, Slot slot)
    {
        var page = _regime.GroupMembers + random.Next(Singles);
        EnsurePages(script, cpu, slot, page, 1);
        Store3(script, cpu, slot, page, slot.Pages!.Values[page] ^ (1UL << (55 + random.Next(4))), Role.Other);
    }

    public void RemovePage(TraceScript script, int cpu, Slot slot)
    {
        var page = _regime.GroupMembers + random.Next(Singles);
        Store3(script, cpu, slot, page, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Leaves(slot, page, 1), null);
    }

    public void Fold(TraceScript script, int cpu, Slot slot) => Regroup(script, cpu, slot, isContiguous: true, null);

    public void Unfold(TraceScript script, int cpu, Slot slot) => Regroup(script, cpu, slot, isContiguous: false, null);

    /// <summary>All members are broken, invalidated and made with the other Contiguous bit.</summary>
    public void Regroup(TraceScript script, int cpu, Slot slot, bool isContiguous, FlushStyle? style)
    {
        var members = _regime.GroupMembers;
        EnsurePages(script, cpu, slot, 0, members);
        var values = slot.Pages!.Values[..members];
        if (!ResizesInPlace(style))
        {
            for (var page = 0; page < members; page++)
            {
                Store3(script, cpu, slot, page, 0, Role.Break);
            }

            FlushOf(script, cpu, FlushTarget.Leaves(slot, 0, members), style);
        }

        for (var page = 0; page < members; page++)
        {
            var value = values[page] & ~DescriptorBits.Contiguous;
            Store3(script, cpu, slot, page, value | (isContiguous ? DescriptorBits.Contiguous : 0), Role.Make);
        }

        script.Barrier(cpu, "dsb ishst");
    }

    public void RemapBlock(TraceScript script, int cpu, Slot slot) => RemapBlock(script, cpu, slot, null);

    public void RemapBlock(TraceScript script, int cpu, Slot slot, FlushStyle? style)
    {
        Store2(script, cpu, slot, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Block(slot), style);
        slot.Data = memory.DataBlock();
        Store2(script, cpu, slot, Block(slot), Role.Make);
    }

    public void PermissionsOfBlock(TraceScript script, int cpu, Slot slot)
    {
        Store2(script, cpu, slot, slot.Value ^ DescriptorBits.ReadOnly, Role.Make);
        FlushOf(script, cpu, FlushTarget.Block(slot), null);
    }

    public void RemoveBlock(TraceScript script, int cpu, Slot slot)
    {
        Store2(script, cpu, slot, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Block(slot), null);
    }

    public void SplitBlock(TraceScript script, int cpu, Slot slot) => SplitBlock(script, cpu, slot, null);

    /// <summary>A table of pages is filled offline; the block is broken, invalidated, and the table linked in its place.</summary>
    public void SplitBlock(TraceScript script, int cpu, Slot slot, FlushStyle? style)
    {
        var permissions = slot.Value & DescriptorBits.ReadOnly;
        var table = NewTable(script, cpu, slot, _ => permissions);
        script.Barrier(cpu, "dsb ishst");
        if (!ResizesInPlace(style))
        {
            Store2(script, cpu, slot, 0, Role.Break);
            FlushOf(script, cpu, FlushTarget.Block(slot), style);
        }

        Link(script, cpu, slot, table);
    }

    public void RemoveTable(TraceScript script, int cpu, Slot slot) => RemoveTable(script, cpu, slot, null);

    /// <summary>A table is unlinked, invalidated with all below it, and its page given back.</summary>
    public void RemoveTable(TraceScript script, int cpu, Slot slot, FlushStyle? style)
    {
        var table = slot.Pages!;
        Store2(script, cpu, slot, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Table(slot, PageCount), style);
        Free(script, cpu, slot, table);
    }

    public void FuseToBlock(TraceScript script, int cpu, Slot slot) => FuseToBlock(script, cpu, slot, null);

    /// <summary>A table is unlinked and invalidated, and a block made in its place.</summary>
    public void FuseToBlock(TraceScript script, int cpu, Slot slot, FlushStyle? style)
    {
        var table = slot.Pages!;
        Store2(script, cpu, slot, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Table(slot, PageCount), style);
        slot.Pages = null;
        Store2(script, cpu, slot, Block(slot), Role.Make);
        Free(script, cpu, slot, table);
    }

    /// <summary>A table page is used again once it is invalidated, for another slot.</summary>
    public void ReuseTable(TraceScript script, int cpu, Slot slot, Slot next)
    {
        var table = slot.Pages!;
        Store2(script, cpu, slot, 0, Role.Break);
        FlushOf(script, cpu, FlushTarget.Table(slot, PageCount), FlushStyle.All);
        slot.Pages = null;
        var made = new GeneratedTable(table.Granule, table.Base, 3, table.Values.Length);
        memory.Tables.Remove(table);
        memory.Tables.Add(made);
        for (var page = 0; page < PageCount; page++)
        {
            var value = Page(next, next.Data + ((ulong)page << _regime.Granule.PageShift));
            script.Write(cpu, 3, made.Pa(page), table.Values[page], value, Role.Make);
            made.Values[page] = value;
            made.Told.Add(page);
        }

        script.Barrier(cpu, "dsb ishst");
        Link(script, cpu, next, made);
    }

    /// <summary>Stores a page descriptor.</summary>
    public void Store3(TraceScript script, int cpu, Slot slot, int page, ulong value, Role role, string how = "set_pte") =>
        Store(script, cpu, slot.Pages!, page, value, role, how);

    /// <summary>Value of a page of the slot's kind.</summary>
    public static ulong Page(Slot slot, ulong address, int attribute = 0) => GeneratedRegime.Leaf(slot.Tree.Kind, 3, address, attribute);

    /// <summary>Makes invalid pages valid: first-time mappings.</summary>
    public void EnsurePages(TraceScript script, int cpu, Slot slot, int first, int count)
    {
        for (var page = first; page < first + count; page++)
        {
            if ((slot.Pages!.Values[page] & 1) == 0)
            {
                var address = page < _regime.GroupMembers ? slot.Data + ((ulong)page << _regime.Granule.PageShift) : memory.DataPage();
                Store3(script, cpu, slot, page, Page(slot, address), Role.Other);
            }
        }
    }

    /// <summary>The content a new table of the slot gets.</summary>
    public ulong InitialPage(Slot slot, int page) => Page(slot, slot.Data + ((ulong)page << _regime.Granule.PageShift));

    private static ulong Block(Slot slot) => GeneratedRegime.Leaf(slot.Tree.Kind, 2, slot.Data);

    private static void Store2(TraceScript script, int cpu, Slot slot, ulong value, Role role) =>
        Store(script, cpu, slot.Tree.Level2, slot.Index, value, role);

    private static void Store(TraceScript script, int cpu, GeneratedTable table, int index, ulong value, Role role, string how = "set_pte")
    {
        script.Write(cpu, table.Level, table.Pa(index), table.Values[index], value, role, how);
        table.Values[index] = value;
        table.Told.Add(index);
    }

    private static void Link(TraceScript script, int cpu, Slot slot, GeneratedTable table)
    {
        Store2(script, cpu, slot, table.Base | 3, Role.Make);
        slot.Pages = table;
        script.Barrier(cpu, "dsb ishst");
        script.Table(cpu, table, parent: slot.Tree.Level2.Pa(slot.Index));
    }

    private GeneratedTable NewTable(TraceScript script, int cpu, Slot slot, Func<int, ulong> permissions)
    {
        var table = memory.NewTable(3);
        script.Frames(cpu, isFree: false, table.Base, _regime.Granule.PageShift);
        for (var page = 0; page < PageCount; page++)
        {
            var value = InitialPage(slot, page) | permissions(page);
            script.Write(cpu, 3, table.Pa(page), null, value);
            table.Values[page] = value;
            table.Told.Add(page);
        }

        return table;
    }

    private void Free(TraceScript script, int cpu, Slot slot, GeneratedTable table)
    {
        if (ReferenceEquals(slot.Pages, table))
        {
            slot.Pages = null;
        }

        memory.Tables.Remove(table);
        script.Gone(cpu, table, isFree: false);
        script.Gone(cpu, table, isFree: true);
        script.Frames(cpu, isFree: true, table.Base, _regime.Granule.PageShift);
        memory.FreeTables.Enqueue(table.Base);
    }

    private void FlushOf(TraceScript script, int cpu, FlushTarget target, FlushStyle? style) =>
        Flush.Tell(script, cpu, target, style ?? Flush.Choose(random, target), random);

    // A style is asked for by those who need the break.
    private bool ResizesInPlace(FlushStyle? style) => mayResizeInPlace && style is null && random.Next(2) == 0;

    private void Run(TraceScript script, int cpu, Slot slot, params Action<TraceScript, int, Slot>[] choices) =>
        choices[random.Next(choices.Length)](script, cpu, slot);
}
