using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Judges stores by the lock discipline that hints tell of: under the lock of the tree, or by the one CPU that a descriptor belongs to. It
/// is casemate's check for data races; without a hint nothing is judged.
/// </summary>
internal sealed class LockJudge(MachineState machine, FindingCollector findings, NameCache howNames)
{
    // A thread owner from here on is none: casemate writes -1.
    private const ulong LeastNoOwner = 1UL << 63;

    private readonly Dictionary<ulong, (ulong Lock, EventHeader Hint)> _lockOfRoot = [];
    private readonly Dictionary<ulong, ulong> _rootOfTable = [];
    private readonly Dictionary<ulong, (ulong Cpu, EventHeader Hint)> _ownerOfDescriptor = [];
    private readonly Dictionary<(int Cpu, ulong Lock), Holding> _holdings = [];
    private readonly Dictionary<ulong, (int Cpu, EventHeader Taken)> _lastTaken = [];

    // Who holds a lock, and what a CPU holds: a system has many locks, and a CPU holds few at a time.
    private readonly Dictionary<ulong, int> _holder = [];
    private readonly Dictionary<int, List<Holding>> _held = [];
    private readonly HashSet<int> _doubtful = [];

    // A CPU's standing to one lock.
    private sealed class Holding
    {
        /// <summary>How often it took the lock and has not given it back.</summary>
        public int Depth { get; set; }

        /// <summary>When it took it or gave it back last.</summary>
        public EventHeader Last { get; set; }

        /// <summary>Its first store under the lock since it took it or ran a DSB.</summary>
        public EventHeader? FirstStore { get; set; }
    }

    private enum Fault
    {
        NoLock = 0,
        NotHeld = 1,
        NotOwner = 2,
        PlainStore = 3,
    }

    /// <summary>True once stores are to be judged.</summary>
    public bool IsJudging { get; private set; }

    /// <summary>A fact about the machine was told.</summary>
    public void FactTold() => IsJudging |= machine.Configuration.FollowsCasemate;

    public void On(in LockHint e)
    {
        IsJudging = true;
        switch (e.Kind)
        {
            case LockHintKind.RootLock:
                _lockOfRoot[e.Location] = (e.Value, e.Header);
                break;
            case LockHintKind.OwnerRoot:
                _rootOfTable[PageOf(e.Location)] = e.Value;
                break;
            case LockHintKind.ThreadOwner when e.Value >= LeastNoOwner:
                _ownerOfDescriptor.Remove(e.Location);
                break;
            default:
                _ownerOfDescriptor[e.Location] = (e.Value, e.Header);
                break;
        }
    }

    public void On(in LockOperation e)
    {
        var cpu = e.Header.Cpu;
        if (e.Action == LockAction.TryAcquire && MayHaveFailed(e.Address, cpu))
        {
            return;
        }

        if (!_holdings.TryGetValue((cpu, e.Address), out var holding))
        {
            _holdings.Add((cpu, e.Address), holding = new Holding());
        }

        holding.Last = e.Header;
        if (e.Action == LockAction.Release)
        {
            if (holding.Depth > 0 && --holding.Depth == 0)
            {
                _holder.Remove(e.Address);
                HeldBy(cpu).Remove(holding);
            }

            return;
        }

        if (holding.Depth++ == 0)
        {
            holding.FirstStore = null;
            _lastTaken[e.Address] = (cpu, e.Header);
            _holder[e.Address] = cpu;
            HeldBy(cpu).Add(holding);
        }
    }

    /// <summary>A page is no table any more.</summary>
    public void Gone(ulong start, ulong bytes)
    {
        if (!IsJudging)
        {
            return;
        }

        foreach (var root in _lockOfRoot.Keys.Where(root => root - start < bytes).ToList())
        {
            _lockOfRoot.Remove(root);
        }

        foreach (var table in _rootOfTable.Keys.Where(table => table - start < bytes).ToList())
        {
            _rootOfTable.Remove(table);
        }

        foreach (var descriptor in _ownerOfDescriptor.Keys.Where(descriptor => descriptor - start < bytes).ToList())
        {
            _ownerOfDescriptor.Remove(descriptor);
        }
    }

    /// <summary>A CPU ran a DSB: its stores so far are ordered before those that follow.</summary>
    public void Synchronised(int cpu)
    {
        foreach (var holding in HeldBy(cpu))
        {
            holding.FirstStore = null;
        }
    }

    /// <summary>Events of a CPU were lost: what it holds is not known.</summary>
    public void Lost(int cpu)
    {
        _doubtful.Add(cpu);
        foreach (var key in _holdings.Keys.Where(key => key.Cpu == cpu).ToList())
        {
            _holdings.Remove(key);
        }

        HeldBy(cpu).Clear();
        foreach (var (guard, _) in _holder.Where(held => held.Value == cpu).ToList())
        {
            _holder.Remove(guard);
        }
    }

    /// <summary>A store to a table in its place.</summary>
    public void Stored(TableUse use, int index, bool known, ulong oldValue, ulong newValue, in StoreContext store)
    {
        var cpu = store.Header.Cpu;
        var root = RootOf(use);
        if (root is null)
        {
            return;
        }

        if (_ownerOfDescriptor.TryGetValue(use.PaOf(index), out var owner))
        {
            if (owner.Cpu != (ulong)cpu)
            {
                Report(
                    Fault.NotOwner, use, index, oldValue, newValue, store, owner.Hint, Confidence.Certain,
                    $"CPU {cpu} stored to a descriptor that belongs to CPU {owner.Cpu} alone since line {owner.Hint.Line}");
            }

            return;
        }

        if (!_lockOfRoot.TryGetValue(root.Value, out var guard))
        {
            if (machine.Configuration.FollowsCasemate)
            {
                Report(
                    Fault.NoLock, use, index, oldValue, newValue, store, null, Confidence.Certain,
                    $"CPU {cpu} stored to a table of the tree of root 0x{root:x}, which no lock guards");
            }

            return;
        }

        if (!_holdings.TryGetValue((cpu, guard.Lock), out var holding))
        {
            JudgeUntaken(use, index, oldValue, newValue, store, root.Value, guard.Lock, guard.Hint);
            return;
        }

        if (holding.Depth == 0)
        {
            Report(
                Fault.NotHeld, use, index, oldValue, newValue, store, holding.Last, Confidence.Certain,
                $"{NotHeld(cpu, root.Value, guard.Lock)}, given back at line {holding.Last.Line}");
        }
        else if (machine.Configuration.FollowsCasemate)
        {
            JudgeOrder(use, index, known, oldValue, newValue, store, guard.Lock, holding);
        }
    }

    // It never took the lock in this trace. It may have held it before the trace began, unless another CPU took it since.
    private void JudgeUntaken(
        TableUse use, int index, ulong oldValue, ulong newValue, in StoreContext store, ulong root, ulong guard, in EventHeader hint)
    {
        if (_doubtful.Contains(store.Header.Cpu))
        {
            return;
        }

        var cpu = store.Header.Cpu;
        var isTaken = _lastTaken.TryGetValue(guard, out var taken);
        Report(
            Fault.NotHeld, use, index, oldValue, newValue, store, isTaken ? taken.Taken : hint,
            isTaken || machine.Configuration.FollowsCasemate ? Confidence.Certain : Confidence.Possible,
            NotHeld(cpu, root, guard) + (isTaken ? $", which CPU {taken.Cpu} took at line {taken.Taken.Line}" : ", which nobody took"));
    }

    // The first store under a lock may be plain, for the lock orders it; a later one is to be a release, or behind a DSB.
    private void JudgeOrder(
        TableUse use, int index, bool known, ulong oldValue, ulong newValue, in StoreContext store, ulong guard, Holding holding)
    {
        if (holding.FirstStore is not { } first)
        {
            holding.FirstStore = store.Header;
            return;
        }

        var isValid = ((known ? oldValue : 0) | newValue) & DescriptorBits.Valid;
        if (isValid != 0 && !howNames.IsRelease(store.How))
        {
            Report(
                Fault.PlainStore, use, index, oldValue, newValue, store, first, Confidence.Certain,
                $"plain store under lock 0x{guard:x} behind the one at line {first.Line}: a store-release, or a DSB in between, would order it");
        }
    }

    private void Report(
        Fault fault, TableUse use, int index, ulong oldValue, ulong newValue, in StoreContext store, EventHeader? since,
        Confidence confidence, string summary)
    {
        // One finding a fault, table and place in code; for a tree that no lock guards, one.
        var place = fault == Fault.NoLock ? use.Space.Root.Base : Mix(Mix(use.Base, store.Pc ?? (ulong)store.How), (ulong)store.Header.Cpu);
        var key = (long)Mix(place, (ulong)fault);
        findings.Report(
            Verdict.At(RuleId.LockNotHeld, use, index, store, summary) with
            {
                Confidence = confidence,
                Old = oldValue,
                New = newValue,
                StaleStore = since,
            },
            FoldKind.Place, key, null);
    }

    // One number of a place, spread over 64 bits, so that two places as good as never share one.
    private static ulong Mix(ulong left, ulong right) => ((left ^ (left >> 29)) * 0x9e37_79b9_7f4a_7c15) + (right * 0xc2b2_ae3d_27d4_eb4f);

    private static string NotHeld(int cpu, ulong root, ulong guard) =>
        $"CPU {cpu} stored to a table of the tree of root 0x{root:x} without its lock 0x{guard:x}";

    // Of a table whose parent the trace does not tell, the root may be told by a hint.
    private ulong? RootOf(TableUse use) => use.Space.IsRooted ? use.Space.Root.Base
        : use.Space.IsLive && _rootOfTable.TryGetValue(PageOf(use.Base), out var root) ? root
        : null;

    // Another CPU holds it, or may hold it since before the trace: nobody was seen to take it or give it back.
    private bool MayHaveFailed(ulong guard, int cpu) => _holder.TryGetValue(guard, out var holder)
        ? holder != cpu
        : !machine.Configuration.FollowsCasemate && !_lastTaken.ContainsKey(guard);

    private List<Holding> HeldBy(int cpu)
    {
        if (!_held.TryGetValue(cpu, out var held))
        {
            _held.Add(cpu, held = []);
        }

        return held;
    }

    private ulong PageOf(ulong address) => machine.Configuration.Granule.PageOf(address);
}
