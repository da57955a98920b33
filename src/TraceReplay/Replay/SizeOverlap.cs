using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Finds an input address that two trees translate by leaves of different sizes.</summary>
internal static class SizeOverlap
{
    /// <summary>The first such address, or null when there is none.</summary>
    public static ulong? Find(AddressSpace left, AddressSpace right) =>
        left.Root.IsAttached && right.Root.IsAttached && left.Format.Granule == right.Format.Granule && left.Root.Level == right.Root.Level
            ? FindIn(left.Root, right.Root)
            : null;

    private static ulong? FindIn(TableUse left, TableUse right)
    {
        for (var index = 0; index < Math.Min(left.Entries, right.Entries); index++)
        {
            if (left.ValueAt(index) is not { } leftValue || right.ValueAt(index) is not { } rightValue
                || !left.Space.Format.IsCacheable(leftValue, left.Level) || !right.Space.Format.IsCacheable(rightValue, right.Level))
            {
                continue;
            }

            var leftIsTable = left.Space.Format.Kind(leftValue, left.Level) == DescriptorKind.Table;
            var rightIsTable = right.Space.Format.Kind(rightValue, right.Level) == DescriptorKind.Table;
            if (!leftIsTable && !rightIsTable)
            {
                continue;
            }

            var leftChild = leftIsTable ? MachineState.ChildOf(left, index) : null;
            var rightChild = rightIsTable ? MachineState.ChildOf(right, index) : null;
            var found = (leftIsTable, rightIsTable) switch
            {
                (true, true) => leftChild is not null && rightChild is not null ? FindIn(leftChild, rightChild) : null,
                (true, false) => leftChild is null ? null : FirstLeaf(leftChild),
                _ => rightChild is null ? null : FirstLeaf(rightChild),
            };
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static ulong? FirstLeaf(TableUse table)
    {
        for (var index = 0; index < table.Entries; index++)
        {
            if (table.ValueAt(index) is not { } value || !table.Space.Format.IsCacheable(value, table.Level))
            {
                continue;
            }

            if (table.Space.Format.Kind(value, table.Level) != DescriptorKind.Table)
            {
                return table.IaOf(index);
            }

            if (MachineState.ChildOf(table, index) is { } child && FirstLeaf(child) is { } va)
            {
                return va;
            }
        }

        return null;
    }
}
