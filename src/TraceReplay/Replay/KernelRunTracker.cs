using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Joins stores to neighbouring kernel entries into runs: what one operation mapped, unmapped, protected or split.</summary>
internal sealed class KernelRunTracker(IReplaySink sink)
{
    // A run without stores is none.
    private Run[] _byCpu = [];

    // Runs of one store by what they did where: null once told, else the latest that was not told yet.
    private readonly Dictionary<(string Kind, ulong Start, ulong End), Run?> _singles = [];

    private struct Run
    {
        public string Kind;
        public ulong Start;
        public ulong End;
        public StoreContext First;
        public StoreContext Last;
        public int Stores;
    }

    /// <summary>A store to a live table of the kernel half.</summary>
    public void Stored(TableUse use, int index, TransitionClass transition, in StoreContext store)
    {
        if (KindOf(transition) is not { } kind || StoreJudge.VaOf(use, index) is not { } va || va >> 63 == 0)
        {
            return;
        }

        var cpu = store.Header.Cpu;
        if (cpu >= _byCpu.Length)
        {
            Array.Resize(ref _byCpu, cpu + 1);
        }

        var end = va + use.Space.Format.Granule.EntrySpan(use.Level);
        ref var run = ref _byCpu[cpu];
        if (run.Stores > 0)
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

        run = new Run { Kind = kind, Start = va, End = end, First = store, Last = store, Stores = 1 };
    }

    public void Finish()
    {
        foreach (var run in _byCpu)
        {
            if (run.Stores > 0)
            {
                Close(run);
            }
        }

        TellSingles(0, ulong.MaxValue);
    }

    // Fixmap slots are mapped and unmapped page by page a hundred thousand times. Of such single stores the first and the last of each
    // address are told, and the last before any other change that touches the address.
    private void Close(in Run run)
    {
        if (run.Stores == 1 && run.Kind is "map" or "unmap")
        {
            if (_singles.ContainsKey((run.Kind, run.Start, run.End)))
            {
                _singles[(run.Kind, run.Start, run.End)] = run;
                return;
            }

            _singles.Add((run.Kind, run.Start, run.End), null);
        }
        else if (run.Kind is not ("map" or "unmap"))
        {
            TellSingles(run.Start, run.End);
        }

        Tell(run);
    }

    private void TellSingles(ulong start, ulong end)
    {
        foreach (var (key, latest) in _singles)
        {
            if (latest is { } run && key.Start < end && key.End > start)
            {
                Tell(run);
                _singles[key] = null;
            }
        }
    }

    private void Tell(in Run run) => sink.KernelRun(new KernelRun(
        run.Kind, run.Start, run.End, run.First.Header.Seq, run.Last.Header.Seq, run.Stores, run.First.Header.Cpu,
        run.First.Header.Task));

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
