using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>
/// The entries that traced TLBs and walk caches hold: one made from a stale value, and neither given up nor invalidated since, proves that
/// the value is still cached. Where no such entry is traced this holds nothing.
/// </summary>
internal sealed class TlbFills(MachineState machine, RegimeSelector selector)
{
    // No TLB has more; where evictions are not traced the oldest are forgotten, which proves less and nothing wrong.
    private const int Most = 8192;

    private readonly List<Fill> _fills = [];

    private readonly record struct Fill(TlbEntry Entry, TranslationRegime Regime)
    {
        public ulong Last => Entry.Va + Entry.SizeBytes - 1;
    }

    /// <summary>True where any is held.</summary>
    public bool Any => _fills.Count > 0;

    /// <summary>A TLB took an entry or gave one up.</summary>
    public void On(in TlbEntry e)
    {
        var entry = e;
        if (e.IsEviction)
        {
            _fills.RemoveAll(fill => fill.Entry.Header.Cpu == entry.Header.Cpu && fill.Entry.IsWalkCache == entry.IsWalkCache
                && fill.Entry.Va == entry.Va && fill.Entry.SizeBytes == entry.SizeBytes);
            return;
        }

        if (_fills.Count == Most)
        {
            _fills.RemoveRange(0, Most / 2);
        }

        var isHost = selector.HypervisorOf(machine.Cpu(e.Header.Cpu)) is { HostAtEl2: true };
        _fills.Add(new Fill(e, e.ExceptionLevel == 1 ? TranslationRegime.El1 : isHost ? TranslationRegime.El2Host : TranslationRegime.El2));
    }

    /// <summary>A TLBI was executed: what it may have dropped proves nothing any more.</summary>
    public void Executed(in TlbiEvent tlbi)
    {
        if (_fills.Count == 0)
        {
            return;
        }

        var kept = 0;
        for (var i = 0; i < _fills.Count; i++)
        {
            if (!MayDrop(tlbi, _fills[i]))
            {
                _fills[kept++] = _fills[i];
            }
        }

        _fills.RemoveRange(kept, _fills.Count - kept);
    }

    /// <summary>What was dropped is not known: nothing is proven any more.</summary>
    public void Forget() => _fills.Clear();

    /// <summary>The entry made from a stale value; null where none is traced.</summary>
    /// <param name="record">The value.</param>
    /// <param name="replacement">What memory holds now; null where that is not told.</param>
    public EventHeader? ProofOf(StaleRecord record, ulong? replacement)
    {
        // An entry made later may be of the value that took the place, unless that leads elsewhere.
        var format = record.Space.Format;
        var isElsewhere = replacement is { } value && (format.Kind(value, record.Level) is var kind)
            && (kind == DescriptorKind.Invalid || (kind == DescriptorKind.Table) != record.IsTable || TargetOf(format, value, record) != TargetOf(format, record.Value, record));
        foreach (var fill in _fills)
        {
            if ((isElsewhere || fill.Entry.Header.Seq < record.Break.Header.Seq) && IsMadeFrom(fill, record))
            {
                return fill.Entry.Header;
            }
        }

        return null;
    }

    // An operation on stage 2 may drop any entry of EL1&0, and a TTL hint or nXS is not relied on to spare one.
    private static bool MayDrop(in TlbiEvent tlbi, in Fill fill)
    {
        var entry = fill.Entry;
        if (!tlbi.IsBroadcast && tlbi.Header.Cpu != entry.Header.Cpu)
        {
            return false;
        }

        if (tlbi.Target.Stage2 && fill.Regime == TranslationRegime.El1)
        {
            return true;
        }

        if (tlbi.Target.Stage1 != fill.Regime)
        {
            return false;
        }

        var isAddressed = !tlbi.IsByAddress || (tlbi.Operand.Start <= fill.Last && tlbi.Operand.Last >= entry.Va);
        return isAddressed && tlbi.Operation.Method switch
        {
            TlbiMethod.Asid or TlbiMethod.Address => entry.Asid is not { } asid || entry.IsWalkCache || asid == tlbi.Operand.Asid,
            _ => true,
        };
    }

    private static bool IsMadeFrom(in Fill fill, StaleRecord record)
    {
        var space = record.Space;
        if (space.IsStage2 || space.Regime != fill.Regime || fill.Entry.IsWalkCache != record.IsTable || fill.Entry.Pa is not { } pa
            || (space.Vmid is { } vmid && fill.Entry.Vmid is { } told && vmid != told) || (space.VaBase is not { } vaBase))
        {
            return false;
        }

        var start = space.IsRooted ? record.Ia : vaBase + record.Ia;
        if (fill.Entry.Va > start + record.Size - 1 || fill.Last < start || !HasTag(fill.Entry, record))
        {
            return false;
        }

        var target = TargetOf(space.Format, record.Value, record);
        return record.IsTable ? pa == target : pa - fill.Entry.Va == target - start;
    }

    private static ulong TargetOf(in DescriptorFormat format, ulong value, StaleRecord record) =>
        record.IsTable ? format.NextTable(value) : format.OutputAddress(value, record.Level);

    private static bool HasTag(in TlbEntry entry, StaleRecord record)
    {
        for (var i = 0; i < record.ObligationCount; i++)
        {
            ref readonly var obligation = ref record.Obligations[i];
            var hasAsid = entry.Asid is not { } asid || record.IsTable
                || (!obligation.IsGlobal && (obligation.AllAsids || obligation.AsidUnknown || obligation.Asid == asid));
            if (hasAsid && obligation.Pending.Contains(entry.Header.Cpu))
            {
                return true;
            }
        }

        return false;
    }
}
