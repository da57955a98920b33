using TraceReplay.Events;

namespace TraceReplay.Tests.Generators;

/// <summary>
/// Generates traces in which every change follows break-before-make: several CPUs and processes, a kernel, guests under their VMIDs and
/// a hypervisor at EL2 with E2H=0, pages, blocks, contiguous groups and tables, invalidated in every way that is enough. One seed gives one
/// trace.
/// </summary>
internal sealed class TraceGenerator
{
    private const int SlotsPerTree = 6;
    private const int KernelPid = 0;
    private const int Guests = 2;
    private const ulong NonVheHost = 0x8000_0000;

    private readonly Random _random;
    private readonly List<Tree> _processes = [];
    private readonly List<Tree> _running = [];
    private readonly List<TraceItem> _items = [];
    private readonly int[] _tasks;
    private readonly List<Tree> _guests = [];
    private Tree _kernel = null!;
    private Tree _hypervisor = null!;
    private Tree _reserved = null!;
    private ushort _nextAsid = 1;

    /// <param name="seed">Decides everything else.</param>
    /// <param name="cpuCount">Number of CPUs; null for any.</param>
    /// <param name="bbmLevel">FEAT_BBM level that the trace tells; null for none.</param>
    public TraceGenerator(int seed, int? cpuCount = null, int? bbmLevel = null)
    {
        _random = new Random(seed);
        BbmLevel = bbmLevel;
        Regime = GeneratedRegime.All[_random.Next(GeneratedRegime.All.Length)];
        CpuCount = cpuCount ?? _random.Next(2, 5);
        Memory = new TraceMemory(Regime);
        Episodes = new Episodes(Memory, _random, mayResizeInPlace: bbmLevel == 3);
        _tasks = new int[CpuCount];
        Begin();
    }

    public GeneratedRegime Regime { get; }

    public int CpuCount { get; }

    public int? BbmLevel { get; }

    public NameTable Names { get; } = new();

    public TraceMemory Memory { get; }

    public Episodes Episodes { get; }

    public Random Random => _random;

    /// <summary>A tree of a kind: the first of its processes or guests.</summary>
    public Tree TreeOf(TreeKind kind) => kind switch
    {
        TreeKind.Process => _processes[0],
        TreeKind.Kernel => _kernel,
        TreeKind.Guest => _guests[0],
        _ => _hypervisor,
    };

    /// <summary>A guest that is not the first.</summary>
    public Tree OtherGuest => _guests[1];

    public IReadOnlyList<Tree> Processes => _processes;

    /// <summary>A correct trace of so many rounds.</summary>
    public static GeneratedTrace Generate(int seed, int rounds = 12, TraceClock clock = TraceClock.Time)
    {
        var generator = new TraceGenerator(seed, bbmLevel: (seed % 5) is > 0 and var level ? level - 1 : null);
        generator.Run(rounds);
        return generator.Finish(clock);
    }

    /// <summary>Adds rounds: changes by several CPUs at once, process switches, now and then an ASID rollover.</summary>
    public void Run(int rounds, bool mayRollOver = true)
    {
        for (var round = 0; round < rounds; round++)
        {
            switch (_random.Next(8))
            {
                case 0 when mayRollOver:
                    RollOver();
                    break;
                case 1 or 2:
                    SwitchTo(_random.Next(CpuCount), _processes[_random.Next(_processes.Count)]);
                    break;
                case 3 when CpuCount > 1:
                    RemapByTwo();
                    break;
                default:
                    RunSeveral();
                    break;
            }
        }
    }

    /// <summary>A script whose events are of the tasks that run.</summary>
    public TraceScript NewScript() => new(Names, cpu => _tasks[cpu]);

    /// <summary>Adds a script as it is.</summary>
    public void Append(IEnumerable<TraceItem> items) => _items.AddRange(items);

    /// <summary>Completes what is outstanding and tells the content of all tables.</summary>
    public GeneratedTrace Finish(TraceClock clock = TraceClock.Time)
    {
        var script = NewScript();
        for (var cpu = 0; cpu < CpuCount; cpu++)
        {
            script.Barrier(cpu, "dsb sy");
        }

        foreach (var table in Memory.Tables)
        {
            foreach (var index in table.Told.Order())
            {
                script.Content(0, DescriptorSource.Final, table.Pa(index), table.Level, table.Values[index]);
            }
        }

        Append(script.Items);
        return new GeneratedTrace(Names, _items, CpuCount, clock);
    }

    /// <summary>A CPU leaves its process for another, through the reserved root.</summary>
    public void SwitchTo(int cpu, Tree next)
    {
        var script = NewScript();
        var previous = _running[cpu];
        if (previous.Pid != next.Pid)
        {
            script.Switch(cpu, previous.Pid, next.Pid);
        }

        Append(script.Items);
        _tasks[cpu] = TaskOf(next);
        script = NewScript();
        LoadReserved(script, cpu);
        Load(script, cpu, next);
        Append(script.Items);
    }

    /// <summary>A CPU runs with the reserved root, under the ASID it had.</summary>
    public void LoadReserved(TraceScript script, int cpu)
    {
        script.Register(cpu, "ttbr0_el1", _reserved.Root.Base);
        script.Barrier(cpu, "isb");
    }

    /// <summary>A CPU loads a process: the ASID goes to TTBR1.</summary>
    public void Load(TraceScript script, int cpu, Tree next)
    {
        script.Register(cpu, "ttbr1_el1", _kernel.Root.Base | ((ulong)next.Asid << 48));
        script.Barrier(cpu, "isb");
        script.Register(cpu, "ttbr0_el1", next.Root.Base);
        script.Barrier(cpu, "isb");
        _running[cpu] = next;
    }

    /// <summary>A slot of a tree that nothing else changes, in the state asked for.</summary>
    public Slot NewSlot(Tree tree, bool hasTable)
    {
        var slot = AddSlot(tree, tree.Slots.Count);
        tree.Slots.Remove(slot);
        var script = NewScript();
        if (hasTable)
        {
            Episodes.MapTable(script, 0, slot);
        }
        else
        {
            Episodes.MapBlock(script, 0, slot);
        }

        Append(script.Items);
        return slot;
    }

    /// <summary>An ASID that no process has.</summary>
    public ushort NewAsid() => _nextAsid++;

    private void Begin()
    {
        _kernel = NewTree(TreeKind.Kernel, KernelPid);
        _reserved = NewTree(TreeKind.Process, KernelPid, isEmpty: true);
        _hypervisor = NewTree(TreeKind.Hypervisor, KernelPid);
        for (var i = 0; i < Guests; i++)
        {
            var guest = NewTree(TreeKind.Guest, KernelPid);
            guest.Asid = (ushort)(i + 1);
            _guests.Add(guest);
        }

        var processes = _random.Next(2, 5);
        for (var i = 0; i < processes; i++)
        {
            var process = NewTree(TreeKind.Process, 100 + i);
            process.Asid = NewAsid();
            _processes.Add(process);
        }

        for (var cpu = 0; cpu < CpuCount; cpu++)
        {
            // Every process is known to the first CPUs from the start, so that its tables may be cached by several.
            _running.Add(_processes[0]);
            _tasks[cpu] = TaskOf(_processes[0]);
        }

        var script = NewScript();
        if (_random.Next(2) == 0)
        {
            script.Fact(0, "ttl", "1");
        }

        if (BbmLevel is { } bbmLevel)
        {
            script.Fact(0, "bbm_level", $"{bbmLevel}");
        }

        foreach (var tree in Trees)
        {
            FillAtRandom(tree);
        }

        for (var cpu = 0; cpu < CpuCount; cpu++)
        {
            script.Register(cpu, "hcr_el2", NonVheHost);
            script.Register(cpu, "vtcr_el2", Regime.Vtcr);
            script.Register(cpu, "vttbr_el2", 0);
            script.Register(cpu, "mair_el2", GeneratedRegime.Mair);
            script.Register(cpu, "tcr_el2", Regime.HypervisorTcr);
            script.Register(cpu, "ttbr0_el2", _hypervisor.Root.Base);
            script.Register(cpu, "sctlr_el2", 0x30c5_183d);
            foreach (var guest in _guests)
            {
                // Each guest runs for a while.
                script.Register(cpu, "vttbr_el2", guest.Vttbr);
                script.Barrier(cpu, "isb");
            }

            script.Register(cpu, "vttbr_el2", 0);
            script.Barrier(cpu, "isb");
            script.Register(cpu, "mair_el1", GeneratedRegime.Mair);
            script.Register(cpu, "tcr_el1", Regime.Tcr);
            script.Register(cpu, "ttbr0_el1", _reserved.Root.Base);
            script.Register(cpu, "ttbr1_el1", _kernel.Root.Base);
            script.Tlbi(cpu, "vmalle1");
            script.Barrier(cpu, "dsb nsh");
            script.Barrier(cpu, "isb");
            script.Register(cpu, "sctlr_el1", 0x30d0_198d);
            script.Barrier(cpu, "isb");
            if (cpu == 0)
            {
                TellTrees(script);
            }
        }

        for (var cpu = 0; cpu < CpuCount; cpu++)
        {
            Load(script, cpu, _processes[0]);
        }

        Append(script.Items);
    }

    private Tree[] Trees => [_kernel, _reserved, _hypervisor, .. _guests, .. _processes];

    private void TellTrees(TraceScript script)
    {
        foreach (var tree in Trees)
        {
            foreach (var table in tree.Path)
            {
                var isRoot = ReferenceEquals(table, tree.Root);
                script.Table(0, table, isRoot ? RootNumber(tree.Kind) : null, isRoot ? null : ParentOf(tree, table));
                TellContent(script, table);
            }

            foreach (var slot in tree.Slots)
            {
                if (slot.Pages is { } pages)
                {
                    script.Table(0, pages, parent: tree.Level2.Pa(slot.Index));
                    TellContent(script, pages);
                }
            }
        }
    }

    // As pgtable_table tells it; it has no number for TTBR0_EL2.
    private static int? RootNumber(TreeKind kind) => kind == TreeKind.Hypervisor ? null : (int)kind;

    private static ulong ParentOf(Tree tree, GeneratedTable table)
    {
        var above = tree.Path[tree.Path.IndexOf(table) - 1];
        return above.Pa(Array.IndexOf(above.Values, table.Base | 3));
    }

    private static void TellContent(TraceScript script, GeneratedTable table)
    {
        for (var index = 0; index < table.Values.Length; index++)
        {
            if (table.Values[index] != 0)
            {
                script.Content(0, DescriptorSource.Initial, table.Pa(index), table.Level, table.Values[index]);
                table.Told.Add(index);
            }
        }
    }

    private Tree NewTree(TreeKind kind, int pid, bool isEmpty = false)
    {
        var path = new List<GeneratedTable>();
        var vaBase = kind == TreeKind.Kernel ? 0 - (1UL << (64 - Regime.Size)) : 0;
        var (start, entries) = kind == TreeKind.Guest ? (Regime.GuestStartLevel, Regime.GuestRootEntries) : (Regime.StartLevel, Regime.RootEntries);
        for (var level = start; level <= (isEmpty ? start : 2); level++)
        {
            var table = Memory.NewTable(level, level == start ? entries : null);
            if (path.Count > 0)
            {
                var index = _random.Next(path[^1].Values.Length);
                path[^1].Values[index] = table.Base | 3;
                vaBase += (ulong)index << Regime.Granule.Shift(level - 1);
            }

            path.Add(table);
        }

        return new Tree(kind, path, vaBase, pid);
    }

    private void FillAtRandom(Tree tree)
    {
        if (ReferenceEquals(tree, _reserved))
        {
            return;
        }

        for (var i = 0; i < SlotsPerTree; i++)
        {
            var slot = AddSlot(tree, i);
            switch (_random.Next(4))
            {
                case 0:
                    tree.Level2.Values[slot.Index] = GeneratedRegime.Leaf(tree.Kind, 2, slot.Data);
                    break;
                case 1 or 2:
                    slot.Pages = Memory.NewTable(3);
                    tree.Level2.Values[slot.Index] = slot.Pages.Base | 3;
                    for (var page = 0; page < Episodes.PageCount; page++)
                    {
                        slot.Pages.Values[page] = Episodes.InitialPage(slot, page);
                    }

                    break;
            }
        }
    }

    // Every other entry, so that a range with a wrong base does not hit the next slot by chance.
    private Slot AddSlot(Tree tree, int number)
    {
        var slot = new Slot(tree, (number * 2) + (number >= SlotsPerTree ? 40 + (2 * _random.Next(40)) : 0), Memory.DataBlock());
        tree.Slots.Add(slot);
        return slot;
    }

    // Changes by different CPUs, each to a slot of its own, in any order of their events.
    private void RunSeveral()
    {
        var scripts = new List<Queue<TraceItem>>();
        var taken = new HashSet<Slot>();
        var count = _random.Next(1, Math.Min(CpuCount, 3) + 1);
        var cpus = Enumerable.Range(0, CpuCount).OrderBy(_ => _random.Next()).Take(count);
        foreach (var cpu in cpus)
        {
            var tree = _random.Next(8) switch
            {
                0 or 1 => _kernel,
                2 => _processes[_random.Next(_processes.Count)],
                3 => _hypervisor,
                4 => _guests[_random.Next(_guests.Count)],
                _ => _running[cpu],
            };
            var slot = tree.Slots[_random.Next(tree.Slots.Count)];
            if (taken.Add(slot))
            {
                var script = NewScript();
                Episodes.Any(script, cpu, slot);
                scripts.Add(new Queue<TraceItem>(script.Items));
            }
        }

        while (scripts.Count > 0)
        {
            var next = scripts[_random.Next(scripts.Count)];
            for (var burst = _random.Next(1, 6); burst > 0 && next.TryDequeue(out var item); burst--)
            {
                _items.Add(item);
            }

            scripts.RemoveAll(script => script.Count == 0);
        }
    }

    private void RemapByTwo()
    {
        var cpu = _random.Next(CpuCount);
        var other = (cpu + 1 + _random.Next(CpuCount - 1)) % CpuCount;
        var slot = _running[cpu].Slots.Find(slot => slot.Pages is not null);
        if (slot is not null)
        {
            var script = NewScript();
            Episodes.RemapByTwo(script, cpu, other, slot);
            Append(script.Items);
        }
    }

    // Every CPU drops everything by itself before an ASID is given to another process. Pages removed before need no TLBI of their own.
    private void RollOver()
    {
        var lazy = _processes[0].Slots.Find(slot => slot.Pages is not null);
        var script = NewScript();
        if (lazy is not null)
        {
            for (var page = 0; page < Episodes.PageCount; page++)
            {
                Episodes.Store3(script, 0, lazy, page, 0, Role.Break);
            }

            script.Barrier(0, "dsb ish");
        }

        for (var cpu = 0; cpu < CpuCount; cpu++)
        {
            LoadReserved(script, cpu);
            script.Tlbi(cpu, "vmalle1");
            script.Barrier(cpu, "dsb nsh");
            script.Barrier(cpu, "isb");
        }

        var asids = _processes.Select(process => process.Asid).ToList();
        for (var i = 0; i < _processes.Count; i++)
        {
            _processes[i].Asid = asids[(i + 1) % asids.Count];
        }

        for (var cpu = 0; cpu < CpuCount; cpu++)
        {
            Load(script, cpu, _running[cpu]);
        }

        if (lazy is not null)
        {
            for (var page = 0; page < Episodes.PageCount; page++)
            {
                Episodes.Store3(script, 0, lazy, page, Episodes.InitialPage(lazy, page), Role.Make);
            }
        }

        Append(script.Items);
    }

    private int TaskOf(Tree tree) => Names.InternTask(tree.Pid == KernelPid ? "swapper/0" : $"worker {tree.Pid}", tree.Pid);
}
