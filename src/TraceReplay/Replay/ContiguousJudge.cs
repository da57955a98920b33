using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Judges contiguous groups at quiescent points: never in the middle of an update that takes several stores.</summary>
/// <remarks>
/// A group is quiescent when its writer ran a DSB after its last store to it and then stored elsewhere, when a TLBI that covers part of
/// it was completed, at a context switch or TTBR load of the writer, when another CPU stores to it, when the writer came back to a member it
/// had written after storing elsewhere or after writing all members, and at the end.
/// </remarks>
internal sealed class ContiguousJudge(FindingCollector findings)
{
    private const int MaxMembers = 128;

    private readonly Dictionary<ulong, Group> _dirty = [];
    private readonly List<CpuGroups> _cpus = [];

    private long _doubtfulBefore;

    private sealed class Group
    {
        public TableUse Use = null!;
        public ulong Pa;
        public int First;
        public int Members;
        public StoreContext Last;
        public bool StoredElsewhere;
        public int Written;
        public readonly ulong[] WrittenBits = new ulong[MaxMembers / 64];
        public bool IsDirty;
    }

    private sealed class CpuGroups
    {
        /// <summary>The group stored to last.</summary>
        public Group? Current;

        /// <summary>Groups after whose last store the CPU stored elsewhere, and ran no DSB yet.</summary>
        public readonly List<Group> Parked = [];

        /// <summary>Groups after whose last store the CPU ran a DSB: judged at its next store elsewhere.</summary>
        public readonly List<Group> Synchronised = [];
    }

    /// <summary>A store to a live or offline table, before it is applied.</summary>
    public void BeforeStore(TableUse use, int index, bool known, ulong oldValue, ulong newValue, in StoreContext store)
    {
        var cpu = Of(store.Header.Cpu);
        var members = use.Space.Format.GroupMembers(use.Level);
        var groupPa = members == 0 ? 0 : use.PaOf(index & ~(members - 1));
        if (cpu.Current is { } current && current.Pa != groupPa)
        {
            Leave(cpu, current);
        }

        if (cpu.Synchronised.Count > 0)
        {
            JudgeSynchronised(cpu, groupPa);
        }

        if (members == 0)
        {
            CheckNotAllowed(use, index, newValue, store);
            return;
        }

        _dirty.TryGetValue(groupPa, out var group);
        var involved = IsContiguousLeaf(use, newValue) || (known && IsContiguousLeaf(use, oldValue))
            || (group is null && JoinsContiguous(use, index, members, newValue));
        if (group is null && !involved)
        {
            return;
        }

        var member = index & (members - 1);
        if (group is not null && IsQuiescentBefore(group, member, store))
        {
            Judge(group);
            group = null;
        }

        group ??= Open(use, index, members, groupPa);
        Note(group, member, store);
        cpu.Current = group;
        if (involved && use.Parent is null && use.Entries < members)
        {
            ReportSimple(RuleId.ContiguousExceedsInput, use, index, newValue, store, $"a contiguous group of {members} entries in a root table of {use.Entries}");
        }
    }

    /// <summary>A DSB of a CPU.</summary>
    public void Synchronised(int cpu)
    {
        if (cpu >= _cpus.Count)
        {
            return;
        }

        var groups = _cpus[cpu];
        if (groups.Parked.Count > 0)
        {
            groups.Synchronised.AddRange(groups.Parked);
            groups.Parked.Clear();
        }

        if (groups.Current is { } current)
        {
            groups.Synchronised.Add(current);
            groups.Current = null;
        }
    }

    /// <summary>A stale record was completed: its group is quiescent if the update was over when the TLBI was issued.</summary>
    public void Completed(StaleRecord record)
    {
        if (_dirty.Count == 0)
        {
            return;
        }

        var members = record.Space.Format.GroupMembers(record.Level);
        if (members != 0 && _dirty.TryGetValue(record.Pa & ~((ulong)(members * 8) - 1), out var group)
            && group.Last.Header.Seq < record.TlbiSeq && group.Last.Header.Cpu == record.TlbiCpu)
        {
            Judge(group);
        }
    }

    /// <summary>A context switch or TTBR load on a CPU ends its updates.</summary>
    public void Switched(int cpu)
    {
        if (cpu >= _cpus.Count)
        {
            return;
        }

        var groups = _cpus[cpu];
        if (groups.Current is { } current)
        {
            groups.Current = null;
            Judge(current);
        }

        JudgeAll(groups.Parked);
        JudgeAll(groups.Synchronised);
    }

    /// <summary>The end of the trace ends all updates.</summary>
    public void Finish()
    {
        for (var cpu = 0; cpu < _cpus.Count; cpu++)
        {
            Switched(cpu);
        }
    }

    /// <summary>Events were lost: no group's state can be relied on, and no value stored before.</summary>
    public void Forget(long seq)
    {
        _doubtfulBefore = seq;
        foreach (var group in _dirty.Values)
        {
            group.IsDirty = false;
        }

        _dirty.Clear();
        foreach (var groups in _cpus)
        {
            groups.Current = null;
            groups.Parked.Clear();
            groups.Synchronised.Clear();
        }
    }

    private CpuGroups Of(int cpu)
    {
        while (_cpus.Count <= cpu)
        {
            _cpus.Add(new CpuGroups());
        }

        return _cpus[cpu];
    }

    private static bool IsQuiescentBefore(Group group, int member, in StoreContext store)
    {
        var otherCpu = group.Last.Header.Cpu != store.Header.Cpu;
        var writtenBefore = ((group.WrittenBits[member >> 6] >> (member & 63)) & 1) != 0;
        return otherCpu || (writtenBefore && (group.StoredElsewhere || group.Written == group.Members));
    }

    private Group Open(TableUse use, int index, int members, ulong groupPa)
    {
        var group = new Group();
        group.Use = use;
        group.Pa = groupPa;
        group.First = index & ~(members - 1);
        group.Members = members;
        group.StoredElsewhere = false;
        group.Written = 0;
        Array.Clear(group.WrittenBits);
        group.IsDirty = true;
        _dirty.Add(groupPa, group);
        return group;
    }

    private static void Note(Group group, int member, in StoreContext store)
    {
        group.Last = store;
        ref var word = ref group.WrittenBits[member >> 6];
        var bit = 1UL << (member & 63);
        group.Written += (word & bit) == 0 ? 1 : 0;
        word |= bit;
    }

    private static void Leave(CpuGroups cpu, Group current)
    {
        cpu.Current = null;
        if (current.IsDirty)
        {
            current.StoredElsewhere = true;
            cpu.Parked.Add(current);
        }
    }

    private void JudgeSynchronised(CpuGroups cpu, ulong exceptPa)
    {
        for (var i = 0; i < cpu.Synchronised.Count; i++)
        {
            var group = cpu.Synchronised[i];
            if (group.Pa == exceptPa && group.IsDirty)
            {
                // The update goes on.
                continue;
            }

            Judge(group);
        }

        cpu.Synchronised.Clear();
    }

    private void JudgeAll(List<Group> groups)
    {
        foreach (var group in groups)
        {
            Judge(group);
        }

        groups.Clear();
    }

    private void Judge(Group group)
    {
        if (!group.IsDirty)
        {
            return;
        }

        group.IsDirty = false;
        _dirty.Remove(group.Pa);
        if (group.Use.IsAttached && group.Use.Space.IsLive)
        {
            JudgeMembers(group);
        }

    }

    private void JudgeMembers(Group group)
    {
        var use = group.Use;
        var format = use.Space.Format;
        var span = format.Granule.EntrySpan(use.Level);
        var withBit = 0;
        var without = 0;
        var invalid = 0;
        ulong firstValue = 0;
        var firstMember = -1;
        var difference = DescriptorDifference.None;
        var isDiscontiguous = false;
        for (var member = 0; member < group.Members; member++)
        {
            if (ReliableValueAt(use, group.First + member) is not { } value)
            {
                continue;
            }

            if (format.Kind(value, use.Level) is not (DescriptorKind.Block or DescriptorKind.Page))
            {
                invalid += format.Kind(value, use.Level) == DescriptorKind.Invalid ? 1 : 0;
                continue;
            }

            if ((value & DescriptorBits.Contiguous) == 0)
            {
                without++;
                continue;
            }

            withBit++;
            if (firstMember < 0)
            {
                (firstMember, firstValue) = (member, value);
                continue;
            }

            var expected = format.OutputAddress(firstValue, use.Level) + ((ulong)(member - firstMember) * span);
            isDiscontiguous |= format.OutputAddress(value, use.Level) != expected;
            difference |= use.Space.Comparer.CompareSizes(firstValue, use.Level, 0, value, use.Level, 0).Difference;
        }

        if (withBit == 0)
        {
            return;
        }

        if (without > 0)
        {
            Report(group, RuleId.ContiguousPartialSet, null, firstValue, DescriptorDifference.Contiguous, $"{withBit} of {withBit + without} valid members have the Contiguous bit");
            return;
        }

        JudgeAgreement(group, firstValue, firstMember, span, isDiscontiguous, difference, withBit, invalid);
    }

    private void JudgeAgreement(
        Group group, ulong firstValue, int firstMember, ulong span, bool isDiscontiguous, DescriptorDifference difference, int withBit,
        int invalid)
    {
        var format = group.Use.Space.Format;
        const DescriptorDifference serious = DescriptorDifference.MemoryType | DescriptorDifference.Cacheability
            | DescriptorDifference.Shareability | DescriptorDifference.NotGlobal | DescriptorDifference.AddressSpace;
        var groupOutput = format.OutputAddress(firstValue, group.Use.Level) - ((ulong)firstMember * span);
        if (isDiscontiguous)
        {
            Report(group, RuleId.ContiguousDiscontiguous, null, firstValue, DescriptorDifference.OutputAddress, "output addresses of the members do not follow one another");
        }
        else if ((groupOutput & ((span * (ulong)group.Members) - 1)) != 0)
        {
            Report(group, RuleId.ContiguousMisaligned, null, firstValue, DescriptorDifference.OutputAddress, $"the group translates to 0x{groupOutput:x}, which is not aligned to its size");
        }

        if ((difference & serious) != 0)
        {
            Report(group, RuleId.ContiguousAttributes, null, firstValue, difference & serious, $"members differ in {DescriptorText.Describe(difference & serious)}");
        }
        else if ((difference & DescriptorDifference.Permissions) != 0)
        {
            Report(group, RuleId.ContiguousAttributes, Severity.Warning, firstValue, DescriptorDifference.Permissions, "members differ in permissions");
        }

        if (invalid > 0)
        {
            Report(group, RuleId.ContiguousPartialValid, null, firstValue, DescriptorDifference.None, $"valid members with the Contiguous bit: {withBit}, invalid members: {invalid}");
        }
        else if ((difference & DescriptorDifference.AccessFlag) != 0)
        {
            Report(group, RuleId.ContiguousAccessFlag, null, firstValue, DescriptorDifference.AccessFlag, "members differ in AF or dirty state");
        }
    }

    private void Report(Group group, string rule, Severity? severity, ulong value, DescriptorDifference difference, string what)
    {
        var use = group.Use;
        findings.Report(
            new Verdict
            {
                RuleId = rule,
                Severity = severity,
                Confidence = StaleRecords.ConfidenceOf(use.Space),
                Where = group.Last,
                Space = use.Space,
                Pa = group.Pa,
                Level = use.Level,
                Va = StoreJudge.VaOf(use, group.First),
                New = value,
                Difference = difference,
                Summary = $"contiguous group of {group.Members} level-{use.Level} entries: {what}",
            },
            FoldKind.Event, group.Last.Header.Seq ^ (long)(group.Pa << 20), null);
    }

    private void CheckNotAllowed(TableUse use, int index, ulong newValue, in StoreContext store)
    {
        var isLeaf = use.Space.Format.Kind(newValue, use.Level) is DescriptorKind.Block or DescriptorKind.Page;
        if (isLeaf && (newValue & DescriptorBits.Contiguous) != 0 && use.Space.IsLive)
        {
            ReportSimple(RuleId.ContiguousNotAllowed, use, index, newValue, store, $"bit 52 is RES0 in a level-{use.Level} leaf of a {use.Space.Format.Granule} granule");
        }
    }

    private void ReportSimple(string rule, TableUse use, int index, ulong newValue, in StoreContext store, string summary)
    {
        if (!use.Space.IsLive)
        {
            return;
        }

        findings.Report(
            new Verdict
            {
                RuleId = rule,
                Confidence = StaleRecords.ConfidenceOf(use.Space),
                Where = store,
                Space = use.Space,
                Pa = use.PaOf(index),
                Level = use.Level,
                Va = StoreJudge.VaOf(use, index),
                New = newValue,
                Difference = DescriptorDifference.Contiguous,
                Summary = summary,
            },
            FoldKind.Place, (long)use.Base, null);
    }

    private ulong? ReliableValueAt(TableUse use, int index)
    {
        var (frame, at) = use.Locate(index);
        return frame.IsKnown(at) && (_doubtfulBefore == 0 || frame.StoreSeqOf(at) > _doubtfulBefore) ? frame[at] : null;
    }

    // A valid leaf without the bit beside valid ones that have it.
    private bool JoinsContiguous(TableUse use, int index, int members, ulong newValue)
    {
        if ((newValue & DescriptorBits.Valid) == 0 || !use.Locate(index).Frame.MayHaveContiguous)
        {
            return false;
        }

        var first = index & ~(members - 1);
        for (var i = first; i < first + members; i++)
        {
            if (ReliableValueAt(use, i) is { } value && IsContiguousLeaf(use, value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsContiguousLeaf(TableUse use, ulong value) =>
        (value & (DescriptorBits.Contiguous | DescriptorBits.Valid)) == (DescriptorBits.Contiguous | DescriptorBits.Valid)
        && use.Space.Format.Kind(value, use.Level) is DescriptorKind.Block or DescriptorKind.Page;
}
