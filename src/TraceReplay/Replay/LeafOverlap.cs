using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Finds an input address that one tree translates by a global leaf and another by a non-global one.</summary>
internal static class LeafOverlap
{
    /// <summary>The first such address, or null when there is none.</summary>
    public static ulong? Find(MachineState machine, AddressSpace globalSpace, AddressSpace other) =>
        globalSpace.Root.IsAttached && other.Root.IsAttached ? FindBelow(machine, globalSpace, globalSpace.Root, other) : null;

    private static ulong? FindBelow(MachineState machine, AddressSpace space, TableUse table, AddressSpace other)
    {
        for (var index = 0; index < table.Entries; index++)
        {
            if (table.ValueAt(index) is not { } value || !space.Format.IsCacheable(value, table.Level))
            {
                continue;
            }

            if (space.Format.Kind(value, table.Level) == DescriptorKind.Table)
            {
                if (MachineState.ChildOf(table, index) is { } child && FindBelow(machine, space, child, other) is { } va)
                {
                    return va;
                }
            }
            else if (space.Format.IsGlobal(value))
            {
                var start = table.IaOf(index);
                if (FindNonGlobal(other, other.Root, start, start + space.Format.Granule.EntrySpan(table.Level) - 1) is { } hit)
                {
                    return hit;
                }
            }
        }

        return null;
    }

    private static ulong? FindNonGlobal(AddressSpace space, TableUse table, ulong start, ulong last)
    {
        var shift = space.Format.Granule.Shift(table.Level);
        var tableLast = table.IaBase + (((ulong)table.Entries << shift) - 1);
        if (last < table.IaBase || start > tableLast)
        {
            return null;
        }

        var firstIndex = (int)((Math.Max(start, table.IaBase) - table.IaBase) >> shift);
        var lastIndex = (int)((Math.Min(last, tableLast) - table.IaBase) >> shift);
        for (var index = firstIndex; index <= lastIndex; index++)
        {
            if (table.ValueAt(index) is not { } value || !space.Format.IsCacheable(value, table.Level))
            {
                continue;
            }

            if (space.Format.Kind(value, table.Level) != DescriptorKind.Table)
            {
                if (!space.Format.IsGlobal(value))
                {
                    return Math.Max(start, table.IaOf(index));
                }
            }
            else if (MachineState.ChildOf(table, index) is { } child && FindNonGlobal(space, child, start, last) is { } va)
            {
                return va;
            }
        }

        return null;
    }
}
