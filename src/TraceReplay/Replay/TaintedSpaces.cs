using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>The rooted spaces that some CPU ran with and has not invalidated since, found by register and by ASID.</summary>
internal sealed class TaintedSpaces
{
    private readonly List<AddressSpace>[] _bySlot = RootSlot.Lists();
    private readonly List<AddressSpace>[] _global = RootSlot.Lists();
    private readonly Dictionary<int, List<AddressSpace>> _byAsid = [];
    private readonly List<Taint> _scratch = [];
    private readonly List<AddressSpace> _spaceScratch = [];

    /// <summary>Spaces that may be cached, of one register.</summary>
    public IReadOnlyList<AddressSpace> Of(int slot) => _bySlot[slot];

    /// <summary>Spaces whose global entries may be cached, of one register.</summary>
    public IReadOnlyList<AddressSpace> WithGlobal(int slot) => _global[slot];

    /// <summary>Spaces that may be cached under an ASID, of one register.</summary>
    public IReadOnlyList<AddressSpace> WithAsid(int slot, ushort asid) =>
        _byAsid.TryGetValue(Key(slot, asid), out var spaces) ? spaces : [];

    /// <summary>A space was loaded.</summary>
    public void Load(AddressSpace space, ushort asid, int cpu)
    {
        var knewAsid = space.HasAsid(asid);
        space.Load(asid, cpu);
        if (!knewAsid)
        {
            if (!_byAsid.TryGetValue(Key(space.Slot, asid), out var spaces))
            {
                spaces = [];
                _byAsid.Add(Key(space.Slot, asid), spaces);
            }

            spaces.Add(space);
        }

        if (space.TaintedListIndex < 0)
        {
            space.TaintedListIndex = _bySlot[space.Slot].Count;
            _bySlot[space.Slot].Add(space);
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
        if (flush.Regime is { } regime)
        {
            CompleteStage1(flush, cpu, regime);
            if (regime == TranslationRegime.El1)
            {
                CompleteStage1(flush, cpu, TranslationRegime.El1Guest);
            }
        }

        if (flush.Stage2)
        {
            Complete(flush, cpu, RootSlot.Stage2);
        }
    }

    private void CompleteStage1(in OutstandingFlush flush, int cpu, TranslationRegime regime)
    {
        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            Complete(flush, cpu, RootSlot.Of(regime, half));
        }
    }

    private void Complete(in OutstandingFlush flush, int cpu, int slot)
    {
        _spaceScratch.Clear();
        _spaceScratch.AddRange(flush.Method == TlbiMethod.Asid ? WithAsid(slot, flush.Asid) : _bySlot[slot]);
        foreach (var space in _spaceScratch)
        {
            if (space.IsStage2 || flush.Vmid is null || space.Vmid is null || space.Vmid == flush.Vmid)
            {
                Clean(space, flush, cpu);
            }
        }
    }

    /// <summary>A CPU has left a regime for good: what it holds of that regime's trees is not used again under the same tags.</summary>
    public void Leave(int cpu, TranslationRegime regime, long seq)
    {
        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            foreach (var space in _bySlot[RootSlot.Of(regime, half)])
            {
                foreach (var asid in space.Asids.ToList())
                {
                    space.Unload(asid, cpu, seq);
                }
            }

            Forget(cpu, RootSlot.Of(regime, half));
        }
    }

    /// <summary>Nothing is known any more of what a CPU holds of trees that it has not loaded.</summary>
    public void Forget(int cpu, int slot)
    {
        var everything = new OutstandingFlush(TlbiMethod.All, null, null, false, 0, IsBroadcast: false, Shareability.Local, long.MaxValue);
        _spaceScratch.Clear();
        _spaceScratch.AddRange(_bySlot[slot]);
        foreach (var space in _spaceScratch)
        {
            Clean(space, everything, cpu);
        }
    }

    /// <summary>Nothing is known any more of who holds entries of a space.</summary>
    public void Forget(AddressSpace space)
    {
        foreach (var taint in space.Taints.Values.ToList())
        {
            space.Unload(taint.Asid, taint.Cpu, 0);
            var everything = new OutstandingFlush(TlbiMethod.All, null, null, false, 0, IsBroadcast: true, Shareability.System, long.MaxValue);
            Clean(space, everything, taint.Cpu);
        }
    }

    private void ListGlobal(AddressSpace space)
    {
        if (!space.IsInGlobalList && !space.GlobalHolders.IsEmpty)
        {
            space.IsInGlobalList = true;
            _global[space.Slot].Add(space);
        }
    }

    private void Clean(AddressSpace space, in OutstandingFlush flush, int cpu)
    {
        foreach (var taint in space.Taints.Values)
        {
            var reached = flush.IsBroadcast || taint.Cpu == cpu;
            var tagged = IsTagged(space, flush, taint.Asid);
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
                _byAsid[Key(space.Slot, taint.Asid)].Remove(space);
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

    // The tag of stage 2 is the VMID.
    private static bool IsTagged(AddressSpace space, in OutstandingFlush flush, ushort tag) => space.IsStage2
        ? flush.Vmid is null || flush.Vmid == tag
        : flush.Method == TlbiMethod.All || tag == flush.Asid;

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
            _global[space.Slot].Remove(space);
        }
    }

    private void Drop(AddressSpace space)
    {
        var list = _bySlot[space.Slot];
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

    private static int Key(int slot, ushort asid) => (slot << 16) | asid;
}
