using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>The rooted spaces that some CPU ran with and has not invalidated since, found by half and by ASID.</summary>
internal sealed class TaintedSpaces
{
    private readonly List<AddressSpace>[] _byHalf = [[], []];
    private readonly List<AddressSpace>[] _global = [[], []];
    private readonly Dictionary<int, List<AddressSpace>> _byAsid = [];
    private readonly List<Taint> _scratch = [];
    private readonly List<AddressSpace> _spaceScratch = [];

    /// <summary>Spaces that may be cached, of one half.</summary>
    public IReadOnlyList<AddressSpace> Of(int half) => _byHalf[half];

    /// <summary>Spaces whose global entries may be cached, of one half.</summary>
    public IReadOnlyList<AddressSpace> WithGlobal(int half) => _global[half];

    /// <summary>Spaces that may be cached under an ASID, of one half.</summary>
    public IReadOnlyList<AddressSpace> WithAsid(int half, ushort asid) =>
        _byAsid.TryGetValue(Key(half, asid), out var spaces) ? spaces : [];

    /// <summary>A space was loaded.</summary>
    public void Load(AddressSpace space, ushort asid, int cpu)
    {
        var knewAsid = space.HasAsid(asid);
        space.Load(asid, cpu);
        if (!knewAsid)
        {
            if (!_byAsid.TryGetValue(Key(space.Half, asid), out var spaces))
            {
                spaces = [];
                _byAsid.Add(Key(space.Half, asid), spaces);
            }

            spaces.Add(space);
        }

        if (space.TaintedListIndex < 0)
        {
            space.TaintedListIndex = _byHalf[space.Half].Count;
            _byHalf[space.Half].Add(space);
        }

        ListGlobal(space);
    }

    /// <summary>A global leaf appeared in a space: the CPUs that have it loaded may hold it.</summary>
    public void NoteGlobal(AddressSpace space)
    {
        if (!space.MayHaveGlobal)
        {
            return;
        }

        foreach (var taint in space.Taints.Values)
        {
            if (taint.IsLoaded && !space.GlobalHolders.Contains(taint.Cpu))
            {
                _scratch.Add(taint);
            }
        }

        foreach (var taint in _scratch)
        {
            space.NoteGlobal(taint.Cpu);
        }

        _scratch.Clear();
        ListGlobal(space);
    }

    /// <summary>A flush was completed: CPUs that it reached hold nothing of trees that were not loaded while it ran.</summary>
    public void Complete(in OutstandingFlush flush, int cpu)
    {
        for (var half = 0; half <= 1; half++)
        {
            _spaceScratch.Clear();
            _spaceScratch.AddRange(flush.Method == TlbiMethod.Asid ? WithAsid(half, flush.Asid) : _byHalf[half]);
            foreach (var space in _spaceScratch)
            {
                Clean(space, flush, cpu);
            }
        }
    }

    /// <summary>Nothing is known any more of what a CPU holds of trees that it has not loaded.</summary>
    public void Forget(int cpu, int half)
    {
        var everything = new OutstandingFlush(TlbiMethod.All, 0, IsBroadcast: false, Shareability.Local, long.MaxValue);
        _spaceScratch.Clear();
        _spaceScratch.AddRange(_byHalf[half]);
        foreach (var space in _spaceScratch)
        {
            Clean(space, everything, cpu);
        }
    }

    private void ListGlobal(AddressSpace space)
    {
        if (!space.IsInGlobalList && !space.GlobalHolders.IsEmpty)
        {
            space.IsInGlobalList = true;
            _global[space.Half].Add(space);
        }
    }

    private void Clean(AddressSpace space, in OutstandingFlush flush, int cpu)
    {
        foreach (var taint in space.Taints.Values)
        {
            var reached = flush.IsBroadcast || taint.Cpu == cpu;
            var tagged = flush.Method == TlbiMethod.All || taint.Asid == flush.Asid;
            if (reached && tagged && !taint.IsLoaded && taint.UnloadSeq < flush.TlbiSeq)
            {
                _scratch.Add(taint);
            }
        }

        foreach (var taint in _scratch)
        {
            space.Clean(taint.Asid, taint.Cpu);
            if (!space.HasAsid(taint.Asid))
            {
                _byAsid[Key(space.Half, taint.Asid)].Remove(space);
            }
        }

        _scratch.Clear();
        if (flush.Method == TlbiMethod.All)
        {
            CleanGlobal(space, flush, cpu);
        }

        if (space.Taints.Count == 0 && space.GlobalHolders.IsEmpty)
        {
            Drop(space);
        }
    }

    // Global entries of a tree that the CPU still has in a TTBR may be cached again at once.
    private void CleanGlobal(AddressSpace space, in OutstandingFlush flush, int cpu)
    {
        if (space.GlobalHolders.IsEmpty)
        {
            return;
        }

        if (!flush.IsBroadcast)
        {
            if (space.GlobalHolders.Contains(cpu) && !space.HoldsTaintOf(cpu))
            {
                space.CleanGlobal(cpu);
            }
        }
        else
        {
            for (var holder = 0; !space.GlobalHolders.IsEmpty && holder < 1024; holder++)
            {
                if (space.GlobalHolders.Contains(holder) && !space.HoldsTaintOf(holder))
                {
                    space.CleanGlobal(holder);
                }
            }
        }

        if (space.GlobalHolders.IsEmpty)
        {
            space.IsInGlobalList = false;
            _global[space.Half].Remove(space);
        }
    }

    private void Drop(AddressSpace space)
    {
        var list = _byHalf[space.Half];
        var at = space.TaintedListIndex;
        if (at < 0)
        {
            return;
        }

        list[at] = list[^1];
        list[at].TaintedListIndex = at;
        list.RemoveAt(list.Count - 1);
        space.TaintedListIndex = -1;
    }

    private static int Key(int half, ushort asid) => (half << 16) | asid;
}
