using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Joins stores to neighbouring kernel entries into runs: what one operation mapped, unmapped, protected or split.</summary>
internal sealed class KernelRunTracker(IReplaySink sink)
{
    private readonly List<Run?> _byCpu = [];
    private readonly HashSet<(string Kind, ulong Start, ulong End)> _lastSingles = [];

    private sealed class Run
    {
        public required string Kind;
        public required ulong Start;
        public required ulong End;
        public required StoreContext First;
        public required StoreContext Last;
        public int Stores = 1;
    }

    /// <summary>A store to a live table of the kernel half.</summary>
    public void Stored(TableUse use, int index, TransitionClass transition, in StoreContext store)
    {
        if (KindOf(transition) is not { } kind || StoreJudge.VaOf(use, index) is not { } va || va >> 63 == 0)
        {
            return;
        }

        var cpu = store.Header.Cpu;
        while (_byCpu.Count <= cpu)
        {
            _byCpu.Add(null);
        }

        var end = va + use.Space.Format.Granule.EntrySpan(use.Level);
        if (_byCpu[cpu] is { } run)
        {
            if (run.Kind == kind && run.End == va && run.Last.Header.Task == store.Header.Task)
            {
                run.End = end;
                run.Last = store;
                run.Stores++;
                return;
            }

            Close(run);
        }

        _byCpu[cpu] = new Run { Kind = kind, Start = va, End = end, First = store, Last = store };
    }

    public void Finish()
    {
        foreach (var run in _byCpu)
        {
            if (run is not null)
            {
                Close(run);
            }
        }
    }

    // Fixmap slots are mapped and unmapped page by page a hundred thousand times: one row for each address tells as much.
    private void Close(Run run)
    {
        if (run.Stores == 1 && run.Kind is "map" or "unmap" && !_lastSingles.Add((run.Kind, run.Start, run.End)))
        {
            return;
        }

        sink.KernelRun(new KernelRun(
            run.Kind, run.Start, run.End, run.First.Header.Seq, run.Last.Header.Seq, run.Stores, run.First.Header.Cpu,
            run.First.Header.Task));
    }

    private static string? KindOf(TransitionClass transition) => transition switch
    {
        TransitionClass.Make => "map",
        TransitionClass.Break => "unmap",
        TransitionClass.PermissionRelax or TransitionClass.PermissionRestrict or TransitionClass.TablePermission => "permission",
        TransitionClass.Split or TransitionClass.Fuse or TransitionClass.SizeAndOther or TransitionClass.SizeAndPermission
            or TransitionClass.ContiguousChange or TransitionClass.ContiguousAndOther => "split",
        TransitionClass.None or TransitionClass.Rewrite or TransitionClass.SoftwareBits or TransitionClass.AccessFlagSet
            or TransitionClass.AccessFlagClear => null,
        _ => "other",
    };
}
