using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>
/// Finds out why nothing made a CPU drop a whole tree: the TLBI of everything, or of the ASID, that came nearest to it, and the barrier
/// behind that. Runs only once a finding is certain, so it may search.
/// </summary>
internal sealed class FlushExplainer(MachineState machine, InvalidationTracker tracker)
{
    private enum Miss
    {
        Unrelated = 0,
        OtherAsid = 1,
        OtherCpu = 2,
        WhileLoaded = 3,
        NotCompleted = 4,
    }

    /// <summary>Explains why a CPU may still hold what it walked in a tree.</summary>
    /// <param name="space">The tree.</param>
    /// <param name="asid">The ASID that matters; null where only an operation on everything would do: global entries.</param>
    /// <param name="cpu">The CPU.</param>
    public Evidence Explain(AddressSpace space, ushort? asid, int cpu)
    {
        var best = Miss.Unrelated;
        TlbiEvent? nearest = null;
        for (var age = 0; age < tracker.Log.Count; age++)
        {
            ref readonly var tlbi = ref tracker.Log.Newest(age);
            if (tlbi.Header.Seq < space.LastSeq)
            {
                break;
            }

            var miss = MissOf(tlbi, space, asid, cpu);
            if (miss > best)
            {
                (best, nearest) = (miss, tlbi);
            }
        }

        var wanted = asid is { } tag ? $"of ASID {tag} or of everything" : "of everything";
        if (nearest is not { } found)
        {
            return new Evidence(null, $"there is no TLBI {wanted} for CPU {cpu} since {space.LastPlace}", null, null, "");
        }

        var why = best switch
        {
            Miss.NotCompleted => "covers the tree, but no DSB completed it",
            Miss.WhileLoaded => "came while the tree was still loaded: its entries may have been cached again",
            Miss.OtherCpu => $"reaches CPU {found.Header.Cpu} only",
            _ => found.Operation.Method == TlbiMethod.Asid && asid is null
                ? "is by ASID, and global entries stay"
                : $"names ASID {found.Operand.Asid}, not {asid}",
        };
        var next = machine.Cpu(found.Header.Cpu).NextBarrier(found.Header.Seq);
        var barrierWhy = next switch
        {
            { Barrier: { CompletesTlbi: true } dsb } when best == Miss.WhileLoaded => $"{dsb.Text} completes that TLBI, while the tree was loaded",
            { Barrier: { CompletesTlbi: true } dsb } => $"{dsb.Text} completes that TLBI, not one {wanted}",
            { Barrier: { } other } => $"{other.Text} does not complete a TLBI",
            _ => "",
        };
        return new Evidence(found.Header, why, next?.Seq, next?.Line, barrierWhy);
    }

    private Miss MissOf(in TlbiEvent tlbi, AddressSpace space, ushort? asid, int cpu)
    {
        if (tlbi.Operation.Method is not (TlbiMethod.All or TlbiMethod.Asid)
            || !TlbiMatch.IsForRegime(tlbi, space) || !TlbiMatch.IsForVmid(tlbi, space))
        {
            return Miss.Unrelated;
        }

        var reaches = tlbi.IsBroadcast || tlbi.Header.Cpu == cpu;
        if (tlbi.Operation.Method == TlbiMethod.Asid && tlbi.Operand.Asid != asid)
        {
            return tlbi.Header.Cpu == cpu ? Miss.OtherAsid : Miss.Unrelated;
        }

        if (!reaches)
        {
            return Miss.OtherCpu;
        }

        var seq = tlbi.Header.Seq;
        return machine.Cpu(tlbi.Header.Cpu).Flushes.Exists(flush => flush.TlbiSeq == seq) ? Miss.NotCompleted : Miss.WhileLoaded;
    }
}
