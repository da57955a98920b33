using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Judges contiguous groups at quiescent points: never in the middle of an update that takes several stores.</summary>
/// <remarks>
/// A group is quiescent when its writer ran a DSB after its last store to it and then stored elsewhere, when a TLBI that covers part of
/// it was completed, at a context switch or TTBR load of the writer, when another CPU stores to it, when the writer came back to a member it
/// had written after storing elsewhere or after writing all members, and at the end.
/// </remarks>
internal sealed class ContiguousJudge(MachineState machine, ContiguousMembers contents, Policy policy)
{
    private readonly Dictionary<ulong, ContiguousGroup> _dirty = [];
    private readonly List<CpuGroups> _cpus = [];

    private sealed class CpuGroups
    {
        /// <summary>The group stored to last.</summary>
        public ContiguousGroup? Current;

        /// <summary>Groups after whose last store the CPU stored elsewhere, and ran no DSB yet.</summary>
        public readonly List<ContiguousGroup> Parked = [];

        /// <summary>Groups after whose last store the CPU ran a DSB: judged at its next store elsewhere.</summary>
        public readonly List<ContiguousGroup> Synchronised = [];
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
            contents.CheckAllowed(use, index, newValue, store);
            return;
        }

        _dirty.TryGetValue(groupPa, out var group);
        var involved = ContiguousGroup.IsMember(use, newValue) || (known && ContiguousGroup.IsMember(use, oldValue))
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
        group.Note(member, store);
        cpu.Current = group;
        if (involved)
        {
            contents.CheckFits(use, index, newValue, store);
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
            if (current.IsDirty && MustAgreeAlways(current.Use.Space) && current.Use.IsAttached)
            {
                contents.JudgeUnderWay(current);
            }
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

    /// <summary>The end of the trace ends all updates; it may have come in the middle of one that no DSB had ended.</summary>
    public void Finish()
    {
        foreach (var groups in _cpus)
        {
            JudgeAll(groups.Synchronised);
            if (groups.Current is { } current)
            {
                Judge(current, Confidence.Possible);
            }

            foreach (var parked in groups.Parked)
            {
                Judge(parked, Confidence.Possible);
            }
        }
    }

    /// <summary>
    /// A table, filled before, became reachable by hardware: the groups in it and below it are judged, but for those being updated.
    /// </summary>
    public void BecameLive(TableUse use, in StoreContext store)
    {
        if (!use.Space.IsLive || use.IsStaleLinked)
        {
            return;
        }

        var members = use.Space.Format.GroupMembers(use.Level);
        for (var first = 0; members != 0 && first + members <= use.Entries; first += members)
        {
            if (!use.Locate(first).Frame.MayHaveContiguous)
            {
                // The rest of this frame has none either.
                first += TableFrame.Entries - members;
                continue;
            }

            if (!_dirty.ContainsKey(use.PaOf(first)))
            {
                contents.Judge(new ContiguousGroup(use, first, members) { Last = store }, Confidence.Certain);
            }
        }

        for (var child = use.FirstChild; child is not null; child = child.NextSibling)
        {
            BecameLive(child, store);
        }
    }

    /// <summary>Events were lost: no group's state can be relied on, and no value stored before.</summary>
    public void Forget(long seq)
    {
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

    // A process can be stopped, or made to fault, until its group agrees again. Nothing stops what the kernel, a hypervisor or a guest
    // does with its own memory meanwhile.
    private static bool MustAgreeAlways(AddressSpace space) =>
        space is { IsLive: true, IsRooted: true } && (space.Half == 1 || RootSlot.Halves(space.Regime) == 1);

    private CpuGroups Of(int cpu)
    {
        while (_cpus.Count <= cpu)
        {
            _cpus.Add(new CpuGroups());
        }

        return _cpus[cpu];
    }

    private bool IsQuiescentBefore(ContiguousGroup group, int member, in StoreContext store)
    {
        var otherCpu = group.Last.Header.Cpu != store.Header.Cpu;
        if (policy.GroupEager)
        {
            return true;
        }

        return otherCpu || (group.IsWritten(member) && (group.StoredElsewhere || group.Written == group.Members));
    }

    private ContiguousGroup Open(TableUse use, int index, int members, ulong groupPa)
    {
        var group = new ContiguousGroup(use, index & ~(members - 1), members) { IsDirty = true };
        _dirty.Add(groupPa, group);
        return group;
    }

    private static void Leave(CpuGroups cpu, ContiguousGroup current)
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

    private void JudgeAll(List<ContiguousGroup> groups)
    {
        foreach (var group in groups)
        {
            Judge(group);
        }

        groups.Clear();
    }

    private void Judge(ContiguousGroup group, Confidence atMost = Confidence.Certain)
    {
        if (!group.IsDirty)
        {
            return;
        }

        group.IsDirty = false;
        _dirty.Remove(group.Pa);
        if (group.Use.IsAttached && group.Use.Space.IsLive)
        {
            contents.Judge(group, atMost);
        }
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
            if (machine.ReliableValueAt(use, i) is { } value && ContiguousGroup.IsMember(use, value))
            {
                return true;
            }
        }

        return false;
    }
}
