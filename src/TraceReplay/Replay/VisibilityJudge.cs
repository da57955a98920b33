using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Follows the makes of kernel entries until the CPU that stored them has run the DSB that makes them visible and the ISB behind it.
/// </summary>
/// <remarks>
/// A run of kernel stores may share both (lazy MMU mode). What the CPU does next other than storing to kernel tables tells that the
/// function is over: a user table, another task; and a TLBI or a translation register where the DSB is still missing. Behind the DSB
/// both belong to a sequence that has its ISB at the end.
/// </remarks>
internal sealed class VisibilityJudge(MachineState machine, FindingCollector findings)
{
    private Waiting[] _byCpu = [];
    private bool _sawIsb;

    private enum Lacks
    {
        Nothing = 0,
        Isb = 1,
        Dsb = 2,
    }

    private struct Waiting
    {
        public Lacks Lacks;
        public TableUse Use;
        public int Index;
        public ulong Value;
        public StoreContext Store;
    }

    /// <summary>A store to a live table, of a class.</summary>
    public void Stored(TableUse use, int index, ulong newValue, TransitionClass transition, in StoreContext store)
    {
        if (!IsKernel(use.Space))
        {
            Moved(store.Header.Cpu);
            return;
        }

        if (transition != TransitionClass.Make || !machine.Facts.HasBarriers)
        {
            return;
        }

        if (store.Header.Cpu >= _byCpu.Length)
        {
            Array.Resize(ref _byCpu, store.Header.Cpu + 1);
        }

        ref var waiting = ref _byCpu[store.Header.Cpu];
        if (waiting.Lacks == Lacks.Nothing)
        {
            waiting = new Waiting { Use = use, Index = index, Value = newValue, Store = store };
        }

        waiting.Lacks = Lacks.Dsb;
    }

    /// <summary>A barrier was executed.</summary>
    public void Ran(BarrierOperation? barrier, int cpu)
    {
        var isIsb = barrier is { Kind: BarrierKind.Isb };
        _sawIsb |= isIsb;
        if (cpu >= _byCpu.Length || _byCpu[cpu].Lacks == Lacks.Nothing)
        {
            return;
        }

        ref var waiting = ref _byCpu[cpu];
        if (waiting.Lacks == Lacks.Dsb && barrier is { Kind: BarrierKind.Dsb, CoversStores: true })
        {
            waiting.Lacks = _sawIsb ? Lacks.Isb : Lacks.Nothing;
        }
        else if (waiting.Lacks == Lacks.Isb && isIsb)
        {
            waiting.Lacks = Lacks.Nothing;
        }
    }

    /// <summary>The CPU does what needs the stores to be visible: a TLBI, a write to a translation register.</summary>
    public void Used(int cpu)
    {
        if (cpu < _byCpu.Length && _byCpu[cpu].Lacks == Lacks.Dsb)
        {
            Report(ref _byCpu[cpu]);
        }
    }

    /// <summary>The CPU does something that does not belong to the stores.</summary>
    public void Moved(int cpu)
    {
        if (cpu < _byCpu.Length && _byCpu[cpu].Lacks != Lacks.Nothing)
        {
            Report(ref _byCpu[cpu]);
        }
    }

    /// <summary>Events were lost: the barriers may be among them.</summary>
    public void Forget() => Array.Clear(_byCpu);

    /// <summary>The end of the trace, which may have come right before an ISB.</summary>
    public void Finish()
    {
        for (var cpu = 0; cpu < _byCpu.Length; cpu++)
        {
            Used(cpu);
        }
    }

    private void Report(ref Waiting waiting)
    {
        var what = waiting.Lacks == Lacks.Dsb
            ? "no DSB for stores followed, so a walk may still find it invalid"
            : "a DSB but no ISB followed, so the CPU itself may still take a fault";
        var (use, store) = (waiting.Use, waiting.Store);
        findings.Report(
            Verdict.At(RuleId.MakeNotSynchronised, use, waiting.Index, store, $"kernel entry made by CPU {store.Header.Cpu}, and {what}") with
            {
                Confidence = StaleRecords.ConfidenceOf(use.Space) < Confidence.Likely ? Confidence.Possible : Confidence.Likely,
                New = waiting.Value,
            },
            FoldKind.Place, store.Pc is { } pc ? (long)pc : store.How, null);
        waiting.Lacks = Lacks.Nothing;
    }

    private static bool IsKernel(AddressSpace space) => space.IsRooted ? space.Half == 1 : space.VaBase is { } vaBase && vaBase >> 63 != 0;
}
