using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Why a break was not complete when the entry was made: the rule, and the TLBI and barrier that did not count.</summary>
internal readonly record struct BreakExplanation(string RuleId, Evidence Evidence, FoldKind Fold, long FoldKey);

/// <summary>Finds out why a break was not complete. Runs only once a violation is certain, so it may search.</summary>
internal sealed class BreakExplainer(MachineState machine, InvalidationTracker tracker, Policy policy)
{
    // TLBIs further away than this belong to something else.
    private const ulong NearbyBytes = 2UL << 20;

    // A TLBI this shortly before the break is worth showing: it came too early.
    private const int EarlierTlbisToShow = 64;

    public BreakExplanation Explain(StaleRecord record, int makerCpu, int makerTask)
    {
        if (record.Space.IsStage2 && ExplainStep(record) is { } step)
        {
            return step;
        }

        if (record.TlbiWaits && tracker.Log.Find(record.TlbiSeq) is { } waiting && CoversAll(record))
        {
            return MissingCompletion(record, waiting, makerCpu);
        }

        var best = TlbiMiss.Unrelated;
        TlbiEvent? bestTlbi = null;
        TlbiEvent? earlier = null;
        for (var age = 0; age < tracker.Log.Count; age++)
        {
            ref readonly var tlbi = ref tracker.Log.Newest(age);
            if (tlbi.Header.Seq < record.Break.Header.Seq)
            {
                earlier = FindEarlier(record, age);
                break;
            }

            var miss = MissOf(tlbi, record, makerCpu, makerTask);
            if (miss > best)
            {
                best = miss;
                bestTlbi = tlbi;
            }
        }

        return bestTlbi is { } nearest ? FromMiss(record, best, nearest) : NoTlbi(record, earlier);
    }

    // A stage-2 value that was invalidated by IPA still stands in entries that combine both stages.
    private BreakExplanation? ExplainStep(StaleRecord record)
    {
        var isFirstStepDone = !record.TlbiWaits && record.TlbiStep == InvalidationStep.Ipa && record.TlbiSeq != 0;
        var isFirstStepIssued = record.TlbiWaits && record.TlbiStep == InvalidationStep.Ipa;
        if (!isFirstStepDone && !isFirstStepIssued)
        {
            return null;
        }

        var early = record.EarlyTlbiSeq == 0 ? null : tracker.Log.Find(record.EarlyTlbiSeq);
        if ((early ?? tracker.Log.Find(record.TlbiSeq)) is not { } shown)
        {
            return null;
        }

        var why = early is not null
            ? "came before the DSB that completes the invalidation by IPA: combined entries may have been made again"
            : "drops the stage-2 entry, and no operation on stage 1 followed its DSB to drop the entries that combine both stages";
        var barrier = machine.Cpu(shown.Header.Cpu).NextBarrier(shown.Header.Seq);
        var barrierWhy = barrier is not { Barrier: { } seen } ? ""
            : seen.CompletesTlbi ? $"{seen.Text} completes that TLBI, the other step is missing" : $"{seen.Text} does not complete a TLBI";
        return new BreakExplanation(
            RuleId.Stage2Incomplete, new Evidence(shown.Header, why, barrier?.Seq, barrier?.Line, barrierWhy), FoldKind.Record, record.Id);
    }

    private static bool CoversAll(StaleRecord record)
    {
        for (var i = 0; i < record.ObligationCount; i++)
        {
            var left = record.Obligations[i].Pending;
            if (((record.TlbiMask >> i) & 1) != 0)
            {
                left = record.TlbiIsBroadcast ? CpuSet.Empty : left.Without(record.TlbiCpu);
            }

            if (!left.IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    private BreakExplanation MissingCompletion(StaleRecord record, in TlbiEvent tlbi, int makerCpu)
    {
        var cpu = machine.Cpu(tlbi.Header.Cpu);
        var name = tlbi.Operation.Mnemonic;
        if (WeakBarrierAfter(cpu, tlbi) is { } weak)
        {
            var why = $"{weak.Barrier!.Text} does not complete {name}: it takes a DSB for loads and stores of at least its domain";
            return new BreakExplanation(
                RuleId.WeakDsb, new Evidence(tlbi.Header, "covers the entry, but was not completed", weak.Seq, weak.Line, why),
                FoldKind.Tlbi, tlbi.Header.Seq);
        }

        var barrier = cpu.FirstBarrierAfter(tlbi.Header.Seq, exceptIsb: false);
        var barrierWhy = barrier is { Barrier: { } seen } ? $"{seen.Text} does not complete a TLBI" : "";
        if (tlbi.Header.Cpu != makerCpu)
        {
            if (barrier is null && machine.Cpu(makerCpu).NextBarrier(tlbi.Header.Seq) is { Barrier: { } own } ofMaker)
            {
                barrier = ofMaker;
                barrierWhy = $"{own.Text} on CPU {makerCpu} does not complete a TLBI of CPU {tlbi.Header.Cpu}";
            }

            return new BreakExplanation(
                RuleId.MakeBeforeRemoteDsb,
                new Evidence(
                    tlbi.Header, $"covers the entry; CPU {tlbi.Header.Cpu} had not run the DSB that completes it", barrier?.Seq, barrier?.Line, barrierWhy),
                FoldKind.Tlbi, tlbi.Header.Seq);
        }

        return new BreakExplanation(
            RuleId.NoDsbAfterTlbi, new Evidence(tlbi.Header, "covers the entry, but no DSB completed it", barrier?.Seq, barrier?.Line, barrierWhy),
            FoldKind.Tlbi, tlbi.Header.Seq);
    }

    // A barrier that was meant to complete the TLBI and does not: a DMB, or a DSB of the wrong kind or domain.
    private static SeenBarrier? WeakBarrierAfter(ProcessingElement cpu, in TlbiEvent tlbi)
    {
        if (cpu.FirstBarrierAfter(tlbi.Header.Seq, exceptIsb: true) is { } kept)
        {
            return kept;
        }

        return cpu.WeakDsb.Seq > tlbi.Header.Seq ? cpu.WeakDsb : null;
    }

    private TlbiMiss MissOf(in TlbiEvent tlbi, StaleRecord record, int makerCpu, int makerTask)
    {
        var involved = tlbi.Header.Cpu == record.Break.Header.Cpu || tlbi.Header.Cpu == makerCpu
            || (tlbi.Header.Task != 0 && (tlbi.Header.Task == record.Break.Header.Task || tlbi.Header.Task == makerTask));
        var miss = TlbiMatch.MatchEntry(tlbi, record);
        if (miss == TlbiMiss.Regime)
        {
            return involved && NamesAddress(tlbi, record) ? miss : TlbiMiss.Unrelated;
        }

        if (miss == TlbiMiss.Vmid)
        {
            return involved && (!tlbi.IsByAddress || TlbiMatch.Overlaps(tlbi, record)) ? miss : TlbiMiss.Unrelated;
        }

        if (miss is TlbiMiss.Address or TlbiMiss.Range)
        {
            var isNear = IsNearby(tlbi, record)
                || (tlbi.Operand.Defect == TlbiDefect.RangeGranule && IsNearby(InGranuleInUse(tlbi), record));
            var holdsAddress = TlbiMatch.Overlaps(tlbi, record);
            return involved && (holdsAddress || (isNear && MatchesSomeTag(tlbi, record))) ? miss : TlbiMiss.Unrelated;
        }

        if (record.Space.IsStage2 && miss == TlbiMiss.None && !MatchesSomeTag(tlbi, record))
        {
            return involved ? TlbiMiss.Vmid : TlbiMiss.Unrelated;
        }

        // Other processes use the same addresses, and other CPUs flush themselves, without meaning this entry.
        var isOfOthers = tlbi.Operation.Method == TlbiMethod.Asid || !tlbi.IsBroadcast || !MatchesSomeTag(tlbi, record);
        if (!involved && isOfOthers)
        {
            return TlbiMiss.Unrelated;
        }

        if (miss != TlbiMiss.None)
        {
            return miss;
        }

        if (!MatchesSomeTag(tlbi, record))
        {
            return record.Space.IsStage2 ? TlbiMiss.Vmid : TlbiMiss.Asid;
        }

        if (tlbi.StepFor(record) == InvalidationStep.Combined)
        {
            return TlbiMiss.Stage2Step;
        }

        if (policy.SameCpuTlbi && tlbi.Header.Cpu != record.Break.Header.Cpu)
        {
            return TlbiMiss.OtherCpu;
        }

        if (machine.Facts.HasBarriers && (!tracker.IsOrdered(record, tlbi) || WasUnordered(record, tlbi)))
        {
            return TlbiMiss.Unordered;
        }

        return tlbi.IsBroadcast ? TlbiMiss.Asid : TlbiMiss.Local;
    }

    // A DSB after the TLBI orders the store too late for it: such a TLBI never touched the record.
    private static bool WasUnordered(StaleRecord record, in TlbiEvent tlbi) =>
        TlbiMatch.CoveredObligations(tlbi, record) != 0 && record.TlbiSeq < tlbi.Header.Seq;

    private static bool MatchesSomeTag(in TlbiEvent tlbi, StaleRecord record)
    {
        for (var i = 0; i < record.ObligationCount; i++)
        {
            if (!record.Obligations[i].Pending.IsEmpty && TlbiMatch.MatchesTag(tlbi, record, record.Obligations[i]))
            {
                return true;
            }
        }

        return false;
    }

    // By address, in a regime that it does not act on: the operand holds the entry's address all the same.
    private static bool NamesAddress(in TlbiEvent tlbi, StaleRecord record) =>
        tlbi.Operation.Method is TlbiMethod.Address or TlbiMethod.AddressAnyAsid && record.Space.IsRooted && !record.Space.IsStage2
        && tlbi.Operand.Start <= record.LastIa && tlbi.Operand.Last >= record.Ia;

    private static bool IsNearby(in TlbiEvent tlbi, StaleRecord record)
    {
        var start = record.Ia;
        var first = tlbi.Operand.Start;
        var last = tlbi.Operand.Last;
        if (!record.Space.IsRooted)
        {
            if (record.Space.VaBase is { } vaBase)
            {
                start += vaBase;
            }
            else
            {
                var span = TlbiMatch.RootSpan(record.Space);
                first &= span - 1;
                last = first + (tlbi.Operand.Last - tlbi.Operand.Start);
            }
        }

        var end = start + record.Size - 1;
        var distance = last < start ? start - last : first > end ? first - end : 0;
        return distance <= NearbyBytes;
    }

    // A range with a wrong TG may have been meant for the granule in use: its base was then told in units of that.
    private TlbiEvent InGranuleInUse(in TlbiEvent tlbi)
    {
        const int granuleShift = 46;
        var granule = machine.Configuration.DefaultFormat.Granule;
        var code = granule.PageShift switch { 12 => 1UL, 14 => 2UL, _ => 3UL };
        var operand = (tlbi.RawOperand & ~(3UL << granuleShift)) | (code << granuleShift);
        var ds = machine.Configuration.HostControl?.Ds ?? machine.Configuration.AssumedDs;
        return tlbi with { Operand = TlbiOperand.Decode(tlbi.Operation, operand, granule, ds, machine.Configuration.HasTtl) };
    }

    private TlbiEvent? FindEarlier(StaleRecord record, int fromAge)
    {
        var to = Math.Min(tracker.Log.Count, fromAge + EarlierTlbisToShow);
        for (var age = fromAge; age < to; age++)
        {
            ref readonly var tlbi = ref tracker.Log.Newest(age);
            if (tlbi.IsByAddress && TlbiMatch.CoveredObligations(tlbi, record) != 0)
            {
                return tlbi;
            }
        }

        return null;
    }

    private BreakExplanation NoTlbi(StaleRecord record, in TlbiEvent? earlier)
    {
        var store = record.Break.Header;
        var next = machine.Cpu(store.Cpu).NextBarrier(store.Seq);
        var barrierWhy = next switch
        {
            null => "",
            { Barrier: { Kind: BarrierKind.Dsb, CoversStores: true } dsb } => $"{dsb.Text} orders the store before a TLBI, and none for it followed",
            { Barrier: { } other } => $"{other.Text} does not order a store before a TLBI",
            _ => "does not order a store before a TLBI",
        };
        return new BreakExplanation(
            RuleId.NoTlbi,
            new Evidence(
                earlier?.Header, earlier is null ? "there is no TLBI for it since the break" : "covers the entry, but came before the break",
                next?.Seq, next?.Line, barrierWhy),
            FoldKind.Record, record.Id);
    }

    private BreakExplanation FromMiss(StaleRecord record, TlbiMiss miss, in TlbiEvent tlbi)
    {
        var (rule, why) = miss switch
        {
            TlbiMiss.Unordered => (RuleId.NoDsbBeforeTlbi, UnorderedWhy(record, tlbi)),
            TlbiMiss.Local => (RuleId.TlbiLocal, $"reaches CPU {tlbi.Header.Cpu} only, and CPU {Holders(record)} may hold the entry"),
            TlbiMiss.LastLevel => (RuleId.TlbiLastLevel, "is last-level only, and the entry is a table"),
            TlbiMiss.Ttl => (RuleId.TlbiTtl, TtlWhy(tlbi, record)),
            TlbiMiss.Misaligned => (RuleId.TlbiRangeMisaligned, "has a base that is not aligned to its TTL hint"),
            TlbiMiss.Nxs => (RuleId.TlbiNxs, "is nXS, and the entry's memory has the XS attribute"),
            TlbiMiss.OtherCpu => (
                RuleId.NoTlbi, $"is of CPU {tlbi.Header.Cpu}, and the policy same-cpu-tlbi asks for one of CPU {record.Break.Header.Cpu}, which stored"),
            TlbiMiss.Stage2Step => (RuleId.Stage2Incomplete, "drops entries that combine both stages, and nothing invalidated the stage-2 entry by IPA"),
            TlbiMiss.Regime => (RuleId.TlbiRegime, RegimeWhy(tlbi, record)),
            TlbiMiss.Vmid => (RuleId.TlbiVmid, VmidWhy(tlbi, record)),
            TlbiMiss.Asid => (RuleId.TlbiAsid, AsidWhy(tlbi, record)),
            TlbiMiss.Range => (RuleId.TlbiRange, RangeWhy(tlbi)),
            _ => (RuleId.TlbiAddress, CoversWhy(tlbi)),
        };
        var barrier = BarrierWhy(record, tlbi, miss);
        var barrierText = barrier switch
        {
            null => "",
            { } seen when miss == TlbiMiss.Unordered => BarrierText(seen, tlbi),
            { Barrier: { CompletesTlbi: true } dsb } => $"{dsb.Text} completes that TLBI, not one that covers the entry",
            { Barrier: { } other } => $"{other.Text} does not complete a TLBI",
            _ => "",
        };
        return new BreakExplanation(rule, new Evidence(tlbi.Header, why, barrier?.Seq, barrier?.Line, barrierText), FoldKind.Record, record.Id);
    }

    private string UnorderedWhy(StaleRecord record, in TlbiEvent tlbi)
    {
        var store = record.Break.Header;
        var first = machine.Cpu(store.Cpu).FirstBarrierAfter(store.Seq, exceptIsb: true);
        return first is { Barrier: { } barrier } seen && seen.Seq < tlbi.Header.Seq
            ? $"covers the entry, but CPU {store.Cpu} had run only {barrier.Text} since it stored"
            : $"covers the entry, but CPU {store.Cpu} had run no DSB since it stored";
    }

    // What was to order the store before the TLBI, or what was to complete the TLBI.
    private SeenBarrier? BarrierWhy(StaleRecord record, in TlbiEvent tlbi, TlbiMiss miss) => miss == TlbiMiss.Unordered
        ? machine.Cpu(record.Break.Header.Cpu).FirstBarrierAfter(record.Break.Header.Seq, exceptIsb: false)
        : machine.Cpu(tlbi.Header.Cpu).NextBarrier(tlbi.Header.Seq);

    private static string BarrierText(in SeenBarrier barrier, in TlbiEvent tlbi) => barrier.Barrier switch
    {
        { Kind: BarrierKind.Dsb, CoversStores: true } dsb when barrier.Seq > tlbi.Header.Seq => $"{dsb.Text} came after the TLBI",
        { Kind: BarrierKind.Dsb, CoversStores: true } dsb => $"{dsb.Text} does not reach the domain of {tlbi.Operation.Mnemonic}",
        { } other => $"{other.Text} does not order a store before a TLBI",
        _ => "",
    };

    private static string Holders(StaleRecord record)
    {
        var holders = CpuSet.Empty;
        for (var i = 0; i < record.ObligationCount; i++)
        {
            holders = holders.Union(record.Obligations[i].Pending);
        }

        return holders.ToString();
    }

    private static string RegimeWhy(in TlbiEvent tlbi, StaleRecord record) => tlbi.Target.Stage1 is { } regime
        ? $"acts on {regime.Text()}, and the entry is of {record.Space.Regime.Text()}"
        : $"does not act on {record.Space.Regime.Text()}";

    private static string VmidWhy(in TlbiEvent tlbi, StaleRecord record)
    {
        var own = record.Space.IsStage2 ? record.Obligations[0].Asid : record.Space.Vmid;
        return $"executed with VMID {tlbi.Target.Vmid}, and the entry is tagged with VMID {own}";
    }

    private static string TtlWhy(in TlbiEvent tlbi, StaleRecord record) => tlbi.Operand.Defect == TlbiDefect.TtlGranule
        ? "has a TTL hint for another granule"
        : $"has a TTL hint for level {tlbi.Operand.LeafLevel}, and the entry is a {(record.IsTable ? "table" : "leaf")} at level {record.Level}";

    private static string AsidWhy(in TlbiEvent tlbi, StaleRecord record)
    {
        if (tlbi.Operand.Defect == TlbiDefect.AsidTooWide)
        {
            return $"names ASID {tlbi.Operand.Asid}, which has more than the 8 bits in use";
        }

        if (record.IsGlobal)
        {
            return "is by ASID, and the entry is global";
        }

        var left = new List<string>();
        for (var i = 0; i < record.ObligationCount; i++)
        {
            ref readonly var obligation = ref record.Obligations[i];
            if (!obligation.Pending.IsEmpty)
            {
                left.Add(obligation.AllAsids ? "any" : obligation.Asid.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return left.Contains("any")
            ? $"names ASID {tlbi.Operand.Asid}, and the entry may be cached under any"
            : $"names ASID {tlbi.Operand.Asid}, not {string.Join(", ", left)}";
    }

    private static string RangeWhy(in TlbiEvent tlbi) => tlbi.Operand.Defect == TlbiDefect.RangeGranule
        ? "has a TG that is not the granule in use"
        : CoversWhy(tlbi);

    private static string CoversWhy(in TlbiEvent tlbi) =>
        $"covers {(tlbi.Operation.Method == TlbiMethod.Ipa ? "IPA" : "VA")} 0x{tlbi.Operand.Start:x}..0x{tlbi.Operand.Last:x} only";
}
