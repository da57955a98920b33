using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Makes and completes stale records; objects are used again once completed.</summary>
internal sealed class StaleRecords(MachineState machine, IReplaySink sink)
{
    // One bit each in a mask.
    private const int MaxObligations = 64;

    private readonly Stack<StaleRecord> _free = [];
    private int _created;

    /// <summary>Records made so far.</summary>
    public int Created => _created;

    /// <summary>Called when a record is made.</summary>
    public Action<StaleRecord>? Added { get; set; }

    /// <summary>Called when a record is completed, before it is used again.</summary>
    public Action<StaleRecord>? Completed { get; set; }

    /// <summary>A cacheable value of a live table is no longer in memory.</summary>
    /// <returns>Its record; null where no CPU can have cached it.</returns>
    public StaleRecord? Add(TableUse use, int index, ulong value, ulong replacement, TransitionClass transition, in StoreContext store)
    {
        var space = use.Space;
        var level = use.Level;
        var isTable = space.Format.Kind(value, level) == DescriptorKind.Table;
        var obligations = space.ObligationsFor(IsGlobal(space, value, isTable));
        if (obligations.IsEmpty)
        {
            return null;
        }

        // The same value made and removed again without an invalidation in between is one stale value, not two.
        if (!isTable && FindSame(use, index, value) is { } same)
        {
            machine.Pending.Remove(same);
            same.Generation++;
            same.NewValue = replacement;
            same.Class = transition;
            same.Break = store;
            same.TlbiSeq = 0;
            same.TlbiWaits = false;
            same.TlbiMask = 0;
            same.EarlyTlbiSeq = 0;
            same.IsRestricted = false;
            AddObligations(same, obligations);
            machine.Pending.Add(same);
            return same;
        }

        var record = _free.Count > 0 ? _free.Pop() : new StaleRecord();
        record.Id = ++_created;
        record.Generation++;
        record.IsOpen = true;
        record.Space = space;
        record.Pa = use.PaOf(index);
        record.Level = level;
        record.Ia = use.IaOf(index);
        record.Size = space.Format.Granule.EntrySpan(level);
        record.Value = value;
        record.NewValue = replacement;
        record.Class = transition;
        record.Break = store;
        record.IsTable = isTable;
        record.IsContiguous = !isTable && (value & DescriptorBits.Contiguous) != 0 && space.Format.GroupMembers(level) != 0;
        record.HasXs = !isTable && space.Comparer.HasXs(value);
        record.IsReported = false;
        record.IsRestricted = false;
        record.TlbiSeq = 0;
        record.TlbiWaits = false;
        record.TlbiMask = 0;
        record.EarlyTlbiSeq = 0;
        record.Target = null;
        SetObligations(record, obligations);
        machine.Pending.Add(record);
        sink.StaleRecordMade(record.Id, record.Pa);
        Added?.Invoke(record);
        return record;
    }

    /// <summary>CPUs have taken a step under the obligations of the mask; the record is closed when nothing is left to be dropped.</summary>
    public void Complete(StaleRecord record, ulong mask, InvalidationStep step, bool broadcast, int cpu, long seq)
    {
        var open = false;
        for (var i = 0; i < record.ObligationCount; i++)
        {
            ref var obligation = ref record.Obligations[i];
            if (((mask >> i) & 1) != 0)
            {
                if (step != InvalidationStep.Combined)
                {
                    obligation.IpaPending = broadcast ? CpuSet.Empty : obligation.IpaPending.Without(cpu);
                }

                if (step != InvalidationStep.Ipa)
                {
                    obligation.Pending = broadcast ? CpuSet.Empty : obligation.Pending.Without(cpu);
                }
            }

            open |= !obligation.Pending.IsEmpty;
        }

        if (!open)
        {
            Close(record, seq);
        }
    }

    /// <summary>Closes a record. <paramref name="completeSeq"/> is null where nothing tells whether it was ever invalidated.</summary>
    public void Close(StaleRecord record, long? completeSeq)
    {
        machine.Pending.Remove(record);
        record.IsOpen = false;
        sink.StaleRecord(record, completeSeq is null ? null : machine.Now);
        Completed?.Invoke(record);
        if (record.Target is { } target)
        {
            record.Target = null;
            if (ReferenceEquals(target.StalePointer, record))
            {
                machine.Remove(target, completeSeq ?? record.Break.Header.Seq);
            }
        }

        record.Generation++;
        _free.Push(record);
    }

    /// <summary>Confidence that the record really is cached somewhere: what is known of its space.</summary>
    public static Confidence ConfidenceOf(AddressSpace space)
    {
        if (space.IsRooted)
        {
            return space.AsidUnknown || space.RegimeIsAssumed || space.ShapeIsAssumed ? Confidence.Likely : Confidence.Certain;
        }

        return space.Evidence >= LivenessEvidence.Likely ? Confidence.Likely : Confidence.Possible;
    }

    // Table descriptors are tagged with an ASID always (R_CHVGJ), but for a regime that has none.
    private static bool IsGlobal(AddressSpace space, ulong value, bool isTable) =>
        isTable ? space.Format.Layout == DescriptorLayout.OneRange : space.Format.IsGlobal(value);

    private static StaleRecord? FindSame(TableUse use, int index, ulong value)
    {
        var pa = use.PaOf(index);
        for (var record = use.Space.Pending.Find(use.Level, use.IaOf(index)); record is not null; record = record.NextSameKey)
        {
            if (record.Pa == pa && !record.IsTable && use.Space.Comparer.AreEquivalent(record.Value, value, use.Level))
            {
                return record;
            }
        }

        return null;
    }

    // Tags that the space has left since are still to be invalidated.
    private static void AddObligations(StaleRecord record, ReadOnlySpan<Obligation> obligations)
    {
        var left = new List<Obligation>();
        for (var i = 0; i < record.ObligationCount; i++)
        {
            var old = record.Obligations[i];
            if (!old.Pending.IsEmpty && !Contains(obligations, old))
            {
                left.Add(old);
            }
        }

        SetObligations(record, left.Count == 0 || left.Count + obligations.Length > MaxObligations ? obligations : [.. obligations, .. left]);
    }

    private static bool Contains(ReadOnlySpan<Obligation> obligations, in Obligation old)
    {
        foreach (ref readonly var obligation in obligations)
        {
            var isSameTag = obligation.IsGlobal == old.IsGlobal && (obligation.AllAsids || obligation.Asid == old.Asid);
            if (isSameTag && old.Pending.Except(obligation.Pending).IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    private static void SetObligations(StaleRecord record, ReadOnlySpan<Obligation> obligations)
    {
        if (record.Obligations.Length < obligations.Length)
        {
            record.Obligations = new Obligation[obligations.Length];
        }

        obligations.CopyTo(record.Obligations);
        record.ObligationCount = obligations.Length;
    }
}
