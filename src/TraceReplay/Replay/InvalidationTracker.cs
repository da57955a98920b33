using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Moves stale records from broken to completed: DSB by the writer, covering TLBI, DSB by the TLBI's CPU.</summary>
internal sealed class InvalidationTracker(MachineState machine, StaleRecords records, Policy policy)
{
    // Spaces with nothing pending are dropped from the lists after so many TLBIs.
    private const int CompactInterval = 256;

    private readonly List<StaleRecord> _candidates = [];
    private int _sinceCompact;

    /// <summary>The TLBIs last executed.</summary>
    public TlbiLog Log { get; } = new();

    /// <summary>Called with a flush of everything or of an ASID once its DSB completed it.</summary>
    public Action<OutstandingFlush, int, long>? FlushCompleted { get; set; }

    /// <summary>A TLBI was executed.</summary>
    /// <returns>Stale records it covered; -1 where it reached some and its TTL hint was wrong for all of them.</returns>
    public int Execute(in TlbiEvent tlbi)
    {
        Log.Add(tlbi);
        PlaceLearner.Forget(tlbi, machine.Learnt);
        var cpu = machine.Cpu(tlbi.Header.Cpu);
        var covered = machine.Pending.Count == 0 ? 0 : Cover(tlbi, cpu);

        // Last: where barriers are not traced it takes the ASID from the spaces that were just searched for it.
        NoteFlush(tlbi, cpu);
        return covered;
    }

    private int Cover(in TlbiEvent tlbi, ProcessingElement cpu)
    {
        _candidates.Clear();
        CollectRooted(tlbi);
        CollectUnrooted(tlbi);
        var covered = 0;
        var wrongHint = 0;
        foreach (var record in _candidates)
        {
            covered += Touch(tlbi, record, cpu) ? 1 : 0;
            wrongHint += tlbi.Operand.LeafLevel is not null && TlbiMatch.MatchEntry(tlbi, record) == TlbiMiss.Ttl ? 1 : 0;
        }

        CompactNowAndThen();
        return covered == 0 && wrongHint > 0 && wrongHint == _candidates.Count ? -1 : covered;
    }

    /// <summary>A DSB: orders stores before TLBIs, and completes TLBIs if it is full.</summary>
    public void Synchronise(BarrierOperation barrier, in EventHeader header)
    {
        var cpu = machine.Cpu(header.Cpu);
        if (barrier.CoversStores && (!policy.StrictDsb || (barrier.CoversLoads && barrier.Domain >= Shareability.Inner)))
        {
            for (var domain = 0; domain <= (int)barrier.Domain; domain++)
            {
                cpu.StoreDsbSeq[domain] = header.Seq;
            }
        }

        if (!barrier.CompletesTlbi || barrier.Domain == Shareability.Local)
        {
            cpu.WeakDsb = new SeenBarrier(header.Seq, header.Line, barrier);
        }

        if (barrier.CompletesTlbi)
        {
            CompleteInvalidations(cpu, barrier, header.Seq);
            CompleteFlushes(cpu, barrier, header.Seq);
        }
    }

    /// <summary>True when a DSB by the CPU that stored made the store visible to what the TLBI reaches, before the TLBI.</summary>
    public bool IsOrdered(StaleRecord record, in TlbiEvent tlbi)
    {
        if (!machine.Facts.HasBarriers)
        {
            return true;
        }

        var store = record.Break.Header;
        var domain = tlbi.Reach;
        if (domain == Shareability.Local && store.Cpu != tlbi.Header.Cpu)
        {
            domain = Shareability.Inner;
        }

        return machine.Cpu(store.Cpu).StoreDsbSeq[(int)domain] > store.Seq;
    }

    private void NoteFlush(in TlbiEvent tlbi, ProcessingElement cpu)
    {
        if (tlbi.Operation.Method is not (TlbiMethod.All or TlbiMethod.Asid) || tlbi.Operand.Defect != TlbiDefect.None)
        {
            return;
        }

        var flush = new OutstandingFlush(
            tlbi.Operation.Method, tlbi.Target.Stage1, tlbi.Target.Vmid, tlbi.Target.Stage2, tlbi.Operand.Asid, tlbi.IsBroadcast,
            tlbi.Reach, tlbi.Header.Seq);
        if (machine.Facts.HasBarriers)
        {
            cpu.Flushes.Add(flush);
        }
        else
        {
            FlushCompleted?.Invoke(flush, cpu.Cpu, tlbi.Header.Seq);
        }
    }

    private void CollectRooted(in TlbiEvent tlbi)
    {
        if (tlbi.Operation.Method == TlbiMethod.CleanOnly)
        {
            return;
        }

        if (tlbi.Target.Stage1 is { } regime)
        {
            CollectStage1(tlbi, regime);
            if (regime == TranslationRegime.El1)
            {
                CollectStage1(tlbi, TranslationRegime.El1Guest);
            }
        }

        if (tlbi.Operation.Method == TlbiMethod.Ipa)
        {
            CollectAddressed(tlbi, RootSlot.Stage2);
        }
        else if (tlbi.Target.Stage2 || tlbi.DropsCombined)
        {
            // Which IPAs the addresses of a stage-1 operation lead to is not told: those that drop combined entries are taken to drop all.
            CollectWhole(tlbi, RootSlot.Stage2);
        }
    }

    private void CollectStage1(in TlbiEvent tlbi, TranslationRegime regime)
    {
        if (tlbi.IsByAddress)
        {
            CollectAddressed(tlbi, RootSlot.Of(regime, tlbi.Half));
            return;
        }

        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            CollectWhole(tlbi, RootSlot.Of(regime, half));
        }
    }

    private void CollectAddressed(in TlbiEvent tlbi, int slot)
    {
        foreach (var space in machine.Pending.Rooted(slot))
        {
            if (space.Pending.Count != 0 && MayReach(tlbi, space))
            {
                space.Pending.Collect(tlbi.Operand.Start, tlbi.Operand.Last, _candidates);
            }
        }
    }

    private void CollectWhole(in TlbiEvent tlbi, int slot)
    {
        foreach (var space in machine.Pending.Rooted(slot))
        {
            if (space.Pending.Count != 0 && MayReach(tlbi, space))
            {
                space.Pending.CollectAll(_candidates);
            }
        }
    }

    private static bool MayReach(in TlbiEvent tlbi, AddressSpace space) => space.IsStage2 || tlbi.Operation.Method switch
    {
        TlbiMethod.Address => space.Pending.AnyAsidCount != 0 || space.HasAsid(tlbi.Operand.Asid),
        TlbiMethod.Asid => space.AsidUnknown || space.HasAsid(tlbi.Operand.Asid),
        _ => true,
    };

    private void CollectUnrooted(in TlbiEvent tlbi)
    {
        var unrooted = machine.Pending.Unrooted;
        if (unrooted.Count == 0 || tlbi.Target.Stage1 != machine.Configuration.Host)
        {
            return;
        }

        if (!tlbi.IsByAddress)
        {
            foreach (var space in unrooted)
            {
                space.Pending.CollectAll(_candidates);
            }

            return;
        }

        PlaceLearner.Learn(tlbi, unrooted, this, machine.Learnt);
        foreach (var space in unrooted)
        {
            if (space.Pending.Count != 0)
            {
                CollectUnrooted(tlbi.Operand, space);
            }
        }
    }

    private void CollectUnrooted(in TlbiOperand operand, AddressSpace space)
    {
        var span = TlbiMatch.RootSpan(space);
        var first = operand.Start & (span - 1);
        var length = operand.Last - operand.Start;
        if (length >= span - 1)
        {
            space.Pending.CollectAll(_candidates);
            return;
        }

        space.Pending.Collect(first, Math.Min(first + length, span - 1), _candidates);
        if (first + length >= span)
        {
            space.Pending.Collect(0, first + length - span, _candidates);
        }
    }

    private bool Touch(in TlbiEvent tlbi, StaleRecord record, ProcessingElement cpu)
    {
        var mask = TlbiMatch.CoveredObligations(tlbi, record);
        if (mask == 0 || !IsOrdered(record, tlbi) || (policy.SameCpuTlbi && tlbi.Header.Cpu != record.Break.Header.Cpu))
        {
            return false;
        }

        var step = tlbi.StepFor(record);
        if (step == InvalidationStep.Combined && (mask = WithoutFirstStepDue(record, mask, tlbi)) == 0)
        {
            record.EarlyTlbiSeq = tlbi.Header.Seq;
            return false;
        }

        if (!machine.Facts.HasBarriers)
        {
            record.TlbiSeq = tlbi.Header.Seq;
            record.TlbiLine = tlbi.Header.Line;
            record.TlbiStep = step;
            records.Complete(record, mask, step, tlbi.IsBroadcast, cpu.Cpu, tlbi.Header.Seq);
            return true;
        }

        var alreadyWaits = record.TlbiWaits && record.TlbiCpu == cpu.Cpu && (record.TlbiMask & mask) == mask
            && (record.TlbiIsBroadcast || !tlbi.IsBroadcast) && record.TlbiStep == step;
        if (alreadyWaits && record.TlbiReach <= tlbi.Reach)
        {
            // Every DSB that completes this one completes the earlier one too.
            return true;
        }

        if (!alreadyWaits)
        {
            // One TLBI for each ASID of an address space: the DSB behind them completes all.
            var joinsEarlier = record.TlbiWaits && record.TlbiCpu == cpu.Cpu && record.TlbiIsBroadcast == tlbi.IsBroadcast
                && record.TlbiStep == step;
            record.TlbiSeq = tlbi.Header.Seq;
            record.TlbiLine = tlbi.Header.Line;
            record.TlbiCpu = cpu.Cpu;
            record.TlbiMask = joinsEarlier ? record.TlbiMask | mask : mask;
            record.TlbiIsBroadcast = tlbi.IsBroadcast;
            record.TlbiReach = tlbi.Reach;
            record.TlbiStep = step;
            record.TlbiWaits = true;
        }

        cpu.Invalidations.Add(new OutstandingInvalidation(
            record, record.Generation, mask, tlbi.IsBroadcast, tlbi.Reach, tlbi.Operation.IsNxs, tlbi.Header.Seq, step));
        return true;
    }

    // While a CPU that the operation reaches may hold the stage-2 entry, it may make combined ones again.
    private static ulong WithoutFirstStepDue(StaleRecord record, ulong mask, in TlbiEvent tlbi)
    {
        for (var i = 0; i < record.ObligationCount; i++)
        {
            ref readonly var obligation = ref record.Obligations[i];
            if (tlbi.IsBroadcast ? !obligation.IpaPending.IsEmpty : obligation.IpaPending.Contains(tlbi.Header.Cpu))
            {
                mask &= ~(1UL << i);
            }
        }

        return mask;
    }

    private void CompleteInvalidations(ProcessingElement cpu, BarrierOperation barrier, long seq)
    {
        var waiting = cpu.Invalidations;
        var kept = 0;
        for (var i = 0; i < waiting.Count; i++)
        {
            var entry = waiting[i];
            if (!entry.Record.IsOpen || entry.Record.Generation != entry.Generation)
            {
                continue;
            }

            var completes = barrier.Domain >= entry.Reach && (!barrier.IsNxs || entry.IsNxs || !entry.Record.HasXs);
            if (!completes)
            {
                waiting[kept++] = entry;
                continue;
            }

            if (entry.Record.TlbiSeq == entry.TlbiSeq)
            {
                entry.Record.TlbiWaits = false;
            }

            records.Complete(entry.Record, entry.Mask, entry.Step, entry.IsBroadcast, cpu.Cpu, seq);
        }

        waiting.RemoveRange(kept, waiting.Count - kept);
    }

    private void CompleteFlushes(ProcessingElement cpu, BarrierOperation barrier, long seq)
    {
        var waiting = cpu.Flushes;
        var kept = 0;
        for (var i = 0; i < waiting.Count; i++)
        {
            if (barrier.Domain >= waiting[i].Reach && !barrier.IsNxs)
            {
                FlushCompleted?.Invoke(waiting[i], cpu.Cpu, seq);
            }
            else
            {
                waiting[kept++] = waiting[i];
            }
        }

        waiting.RemoveRange(kept, waiting.Count - kept);
    }

    private void CompactNowAndThen()
    {
        if (++_sinceCompact < CompactInterval)
        {
            return;
        }

        _sinceCompact = 0;
        for (var slot = 0; slot <= RootSlot.Unrooted; slot++)
        {
            machine.Pending.Compact(slot);
        }
    }
}
