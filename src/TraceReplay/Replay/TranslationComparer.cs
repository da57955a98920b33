using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Classifies changes whose one or other side is a table, by the leaves below it.</summary>
internal static class TranslationComparer
{
    /// <summary>The change from one cacheable value to another at an entry of a table in its place.</summary>
    public static DescriptorChange Compare(MachineState machine, TableUse use, int index, ulong oldValue, ulong newValue)
    {
        var comparer = use.Space.Comparer;
        var change = comparer.Compare(oldValue, newValue, use.Level);
        return change.Class switch
        {
            TransitionClass.Split => CompareBlockAndTable(
                machine, use.Space, new Leaf(oldValue, use.Level, comparer.Format.OutputAddress(oldValue, use.Level)), use.Level, newValue, isSplit: true),
            TransitionClass.Fuse => CompareBlockAndTable(
                machine, use.Space, new Leaf(newValue, use.Level, comparer.Format.OutputAddress(newValue, use.Level)), use.Level, oldValue, isSplit: false),
            TransitionClass.TableSwapEqual => CompareTables(machine, use.Space, use.Level + 1, oldValue, newValue, change),
            _ => change,
        };
    }

    /// <summary>The change from a stale leaf to what a table translates at the same address; null where the table has no leaf there.</summary>
    public static DescriptorChange? CompareWithTable(
        MachineState machine, AddressSpace space, StaleRecord record, ulong recordOutput, int tableLevel, ulong tableValue)
    {
        var comparer = space.Comparer;
        var (level, value) = (tableLevel, tableValue);
        while (comparer.Format.Kind(value, level) == DescriptorKind.Table)
        {
            level++;
            var shift = comparer.Format.Granule.Shift(level);
            var index = (record.Ia >> shift) & (ulong)(comparer.Format.Granule.EntriesPerTable - 1);
            if (space.TableAt(value) is not { } table || machine.Memory.ValueAt(table + (index << 3)) is not { } next)
            {
                return null;
            }

            value = next;
        }

        if (!comparer.Format.IsCacheable(value, level))
        {
            return null;
        }

        var offset = record.Ia & (comparer.Format.Granule.EntrySpan(level) - 1);
        var output = comparer.Format.OutputAddress(value, level) + (level < record.Level ? offset : 0);
        return comparer.CompareSizes(record.Value, record.Level, recordOutput, value, level, output);
    }

    // A block, or the part of one that lies below an entry.
    private readonly record struct Leaf(ulong Value, int Level, ulong Output);

    private static DescriptorChange CompareBlockAndTable(
        MachineState machine, AddressSpace space, in Leaf block, int level, ulong table, bool isSplit)
    {
        var (comparer, format) = (space.Comparer, space.Format);
        var worst = new DescriptorChange(isSplit ? TransitionClass.Split : TransitionClass.Fuse, DescriptorDifference.Size);
        if (space.TableAt(table) is not { } next)
        {
            return worst;
        }

        var below = level + 1;
        for (var index = 0; index < format.Granule.EntriesPerTable; index++)
        {
            if (machine.Memory.ValueAt(next + ((ulong)index << 3)) is not { } value || !format.IsCacheable(value, below))
            {
                continue;
            }

            var part = block with { Output = block.Output + ((ulong)index << format.Granule.Shift(below)) };
            var change = format.Kind(value, below) == DescriptorKind.Table
                ? CompareBlockAndTable(machine, space, part, below, value, isSplit)
                : isSplit
                    ? comparer.CompareSizes(part.Value, part.Level, part.Output, value, below, format.OutputAddress(value, below))
                    : comparer.CompareSizes(value, below, format.OutputAddress(value, below), part.Value, part.Level, part.Output);
            if (Rank(change.Class) > Rank(worst.Class))
            {
                worst = change;
            }
        }

        return worst;
    }

    private static DescriptorChange CompareTables(
        MachineState machine, AddressSpace space, int level, ulong oldTable, ulong newTable, DescriptorChange same)
    {
        var (comparer, format) = (space.Comparer, space.Format);
        if (space.TableAt(oldTable) is not { } oldBase || space.TableAt(newTable) is not { } newBase)
        {
            return same;
        }

        for (var index = 0; index < format.Granule.EntriesPerTable; index++)
        {
            var offset = (ulong)index << 3;
            if (machine.Memory.ValueAt(oldBase + offset) is not { } before || machine.Memory.ValueAt(newBase + offset) is not { } after
                || !format.IsCacheable(before, level) || !format.IsCacheable(after, level))
            {
                continue;
            }

            var change = comparer.Compare(before, after, level);
            if (change.Class == TransitionClass.TableSwapEqual)
            {
                change = CompareTables(machine, space, level + 1, before, after, change);
            }

            if (change.RequirementAt(bbmLevel: 0, noTranslate: false) == Requirement.BreakBeforeMake)
            {
                return new DescriptorChange(TransitionClass.TableSwapDifferent, same.Difference | change.Difference);
            }
        }

        return same;
    }

    private static int Rank(TransitionClass transition) => transition switch
    {
        TransitionClass.SizeAndOther => 2,
        TransitionClass.SizeAndPermission => 1,
        _ => 0,
    };
}
