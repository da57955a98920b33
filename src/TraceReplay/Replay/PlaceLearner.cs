using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>
/// Learns the input address and ASID of tables older than the trace from the TLBIs that follow breaks in them: the same CPU or task,
/// and an address whose index in the table is that of the broken entry.
/// </summary>
internal static class PlaceLearner
{
    // A place that this many TLBIs agreed with is kept against one that does not.
    private const int ConfirmationsToTrust = 2;

    /// <summary>A TLBI by address was executed.</summary>
    public static void Learn(in TlbiEvent tlbi, IReadOnlyList<AddressSpace> unrooted, InvalidationTracker tracker, List<AddressSpace> learnt)
    {
        if (tlbi.Operation.IsRange && tlbi.Operand.Last - tlbi.Operand.Start > 1UL << 21)
        {
            return;
        }

        AddressSpace? candidate = null;
        foreach (var space in unrooted)
        {
            if (space.Pending.Count == 0 || !Follows(tlbi, space, tracker))
            {
                continue;
            }

            if (candidate is not null)
            {
                // Several tables were broken at this index: the address belongs to one of them, which is not told.
                return;
            }

            candidate = space;
        }

        if (candidate is not null)
        {
            Note(tlbi, candidate);
            if (candidate.LearnedAsid is not null && !learnt.Contains(candidate))
            {
                learnt.Add(candidate);
            }
        }
    }

    /// <summary>
    /// Forgets what a flush may have ended: one of this CPU alone is how an ASID rollover ends, so that ASIDs learnt before it may have
    /// been given away; one of a whole ASID is how a process ends, whose tables the next one may have at other addresses.
    /// </summary>
    public static void Forget(in TlbiEvent tlbi, List<AddressSpace> learnt)
    {
        if (tlbi.Operation.Method == TlbiMethod.Asid)
        {
            for (var i = learnt.Count - 1; i >= 0; i--)
            {
                if (learnt[i].LearnedAsid == tlbi.Operand.Asid)
                {
                    learnt[i].VaBase = null;
                    learnt[i].Confirmations = 0;
                    ForgetAsid(learnt[i]);
                    learnt.RemoveAt(i);
                }
            }
        }
        else if (tlbi.Operation.Method == TlbiMethod.All && !tlbi.IsBroadcast)
        {
            learnt.ForEach(ForgetAsid);
            learnt.Clear();
        }
    }

    private static void ForgetAsid(AddressSpace space)
    {
        space.LearnedAsid = null;
        space.ForgetTemplates();
    }

    private static bool Follows(in TlbiEvent tlbi, AddressSpace space, InvalidationTracker tracker)
    {
        var span = TlbiMatch.RootSpan(space);
        var first = tlbi.Operand.Start & (span - 1);
        for (var level = space.Root.Level; level <= 3; level++)
        {
            for (var record = space.Pending.Find(level, first); record is not null; record = record.NextSameKey)
            {
                var store = record.Break.Header;
                var sameActor = store.Cpu == tlbi.Header.Cpu || (store.Task != 0 && store.Task == tlbi.Header.Task);
                var isKernel = tlbi.Half == 1;
                var halfAgrees = record.IsTable || isKernel == space.Format.IsGlobal(record.Value);
                if (sameActor && halfAgrees && tracker.IsOrdered(record, tlbi))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static void Note(in TlbiEvent tlbi, AddressSpace space)
    {
        var vaBase = tlbi.Operand.Start & ~(TlbiMatch.RootSpan(space) - 1);
        var asid = tlbi.Operation.Method == TlbiMethod.Address && tlbi.Half == 0 ? tlbi.Operand.Asid : (ushort?)null;
        var agrees = space.VaBase == vaBase && (asid is null || space.LearnedAsid is null || space.LearnedAsid == asid);
        if (space.VaBase is not null && !agrees)
        {
            if (space.Confirmations >= ConfirmationsToTrust)
            {
                return;
            }

            space.Confirmations = 0;
            space.LearnedAsid = null;
        }

        space.VaBase = vaBase;
        space.LearnedAsid ??= asid;
        space.Confirmations++;
        if (space.Evidence == LivenessEvidence.Presumed)
        {
            space.Evidence = LivenessEvidence.Likely;
        }

        space.ForgetTemplates();
    }
}
