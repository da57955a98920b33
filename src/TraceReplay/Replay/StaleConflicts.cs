using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>A stale value that must not be cached together with a value that was made.</summary>
internal readonly record struct StaleConflict(StaleRecord Stale, DescriptorChange Change, Requirement Requirement);

/// <summary>Finds the stale values that conflict with a value made: by input address, whatever table they stood in.</summary>
internal sealed class StaleConflicts(MachineState machine, Requirements requirements)
{
    private readonly List<StaleRecord> _overlapping = [];
    private readonly List<StaleRecord> _restricted = [];

    /// <summary>
    /// Records of the entry itself, found by the last search, against which the value made restricts: mprotect breaks, makes with fewer
    /// permissions, and invalidates later.
    /// </summary>
    public IReadOnlyList<StaleRecord> Restricted => _restricted;

    /// <summary>The conflict that asks most, that of the entry itself before others; null when there is none.</summary>
    /// <param name="use">Table made in.</param>
    /// <param name="index">Entry made.</param>
    /// <param name="newValue">Value made.</param>
    /// <param name="except">A record that was judged already.</param>
    public StaleConflict? FindWorst(TableUse use, int index, ulong newValue, StaleRecord? except)
    {
        _overlapping.Clear();
        _restricted.Clear();
        CollectOverlapping(use, index);
        StaleConflict? worst = null;
        foreach (var record in _overlapping)
        {
            if (ReferenceEquals(record, except) || CompareStale(use, index, newValue, record) is not { } change)
            {
                continue;
            }

            if (change.Class is TransitionClass.PermissionRestrict or TransitionClass.GlobalToNonGlobal
                && record.Pa == use.PaOf(index) && !record.IsRestricted)
            {
                record.IsRestricted = true;
                _restricted.Add(record);
            }

            var requirement = requirements.Of(change, HasNoTranslate(use, record.Value, newValue), use.Space.Format, record.Value, newValue);
            var found = new StaleConflict(record, change, requirement);
            if (requirement != Requirement.None && (worst is not { } known || IsWorse(found, known, use.PaOf(index))))
            {
                worst = found;
            }
        }

        return worst;
    }

    /// <summary>True when a block on either side has nT=1, the FEAT_BBM level 1 sequence for changing sizes.</summary>
    public static bool HasNoTranslate(TableUse use, ulong oldValue, ulong newValue) =>
        use.Level < 3
        && ((IsBlock(use, oldValue) && (oldValue & DescriptorBits.NoTranslate) != 0)
            || (IsBlock(use, newValue) && (newValue & DescriptorBits.NoTranslate) != 0));

    private static bool IsBlock(TableUse use, ulong value) => use.Space.Format.Kind(value, use.Level) == DescriptorKind.Block;

    private static bool IsWorse(in StaleConflict found, in StaleConflict known, ulong pa) =>
        (known.Stale.IsSuperseded && !found.Stale.IsSuperseded)
        || found.Requirement > known.Requirement
        || (found.Requirement == known.Requirement && found.Stale.Pa == pa && known.Stale.Pa != pa);

    private void CollectOverlapping(TableUse use, int index)
    {
        var format = use.Space.Format;
        var pending = use.Space.Pending;
        var ia = use.IaOf(index);
        for (var level = -1; level <= use.Level; level++)
        {
            for (var record = pending.Find(level, ia); record is not null; record = record.NextSameKey)
            {
                // A walk cache that still leads to a removed table is judged where its pointer is made again.
                if (level == use.Level || !record.IsTable)
                {
                    _overlapping.Add(record);
                }
            }
        }

        for (var level = use.Level + 1; level <= 3; level++)
        {
            pending.CollectAt(level, ia, ia + format.Granule.EntrySpan(use.Level) - 1, _overlapping);
        }

        // An entry for a whole group may have been made from any member that had the Contiguous bit.
        if (pending.ContiguousAt(use.Level) > 0)
        {
            CollectGroup(use, ia);
        }
    }

    private void CollectGroup(TableUse use, ulong ia)
    {
        var format = use.Space.Format;
        var members = format.GroupMembers(use.Level);
        var span = format.Granule.EntrySpan(use.Level);
        var first = ia & ~((span * (ulong)members) - 1);
        for (var i = 0; i < members; i++)
        {
            var memberIa = first + (span * (ulong)i);
            if (memberIa == ia)
            {
                continue;
            }

            for (var record = use.Space.Pending.Find(use.Level, memberIa); record is not null; record = record.NextSameKey)
            {
                if (record.IsContiguous)
                {
                    _overlapping.Add(record);
                }
            }
        }
    }

    private DescriptorChange? CompareStale(TableUse use, int index, ulong newValue, StaleRecord record)
    {
        var comparer = use.Space.Comparer;
        var format = comparer.Format;
        var isTable = format.Kind(newValue, use.Level) == DescriptorKind.Table;
        if (record.IsTable)
        {
            if (record.Level != use.Level)
            {
                return isTable ? null : new DescriptorChange(TransitionClass.Fuse, DescriptorDifference.Size);
            }

            var change = comparer.Compare(record.Value, newValue, use.Level);
            return change.Class is TransitionClass.Rewrite or TransitionClass.TablePermission ? null : change;
        }

        // What the stale entry answers for the made entry's first address, or for its own where that is the smaller one.
        var ia = use.IaOf(index);
        var output = format.OutputAddress(record.Value, record.Level) + (ia > record.Ia ? ia - record.Ia : 0);
        if (record.IsContiguous && ia < record.Ia && record.Level == use.Level)
        {
            output -= record.Ia - ia;
        }

        if (isTable)
        {
            return CompareWithTable(use, newValue, record, format.OutputAddress(record.Value, record.Level));
        }

        var newOutput = format.OutputAddress(newValue, use.Level) + (record.Level > use.Level ? record.Ia - ia : 0);
        return comparer.CompareSizes(record.Value, record.Level, output, newValue, use.Level, newOutput);
    }

    private DescriptorChange? CompareWithTable(TableUse use, ulong newValue, StaleRecord record, ulong output)
    {
        var change = TranslationComparer.CompareWithTable(machine, use.Space, record, output, use.Level, newValue);
        if (change is null && record.Level <= use.Level)
        {
            // The table's content is not told, or has a hole at that address; the sizes differ all the same.
            return new DescriptorChange(TransitionClass.Split, DescriptorDifference.Size);
        }

        return change;
    }
}
