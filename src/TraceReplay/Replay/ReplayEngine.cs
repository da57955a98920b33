using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Replays events in order: keeps the machine's state, and hands each event to the judges it concerns.</summary>
public sealed class ReplayEngine : IEventSink
{
    // No physical address has more bits; a table beyond is damage.
    private const int PhysicalAddressBits = 56;

    // Sixteen concatenated 64K tables.
    private const int MaxTableEntries = 16 * 8192;

    // How often housekeeping that need not run at every event does.
    private const int HousekeepingInterval = 1024;

    private readonly IReplaySink _sink;
    private readonly NameTable _names;
    private readonly FactsInUse _facts;
    private readonly ReplayOptions _options;
    private readonly MachineState _machine;
    private readonly FindingCollector _findings;
    private readonly StaleRecords _records;
    private readonly InvalidationTracker _tracker;
    private readonly ToleratedRaces _races;
    private readonly Requirements _requirements;
    private readonly StoreJudge _judge;
    private readonly ReuseJudge _reuse;
    private readonly ContiguousJudge _contiguous;
    private readonly CopyJudge _copies;
    private readonly RegimeSelector _selector;
    private readonly TlbiDecoder _decoder;
    private readonly RootTracker _roots;
    private readonly RootLoadJudge _loads;
    private readonly RegisterJudge _registers;
    private readonly RestrictionWatch _restrictions;
    private readonly KernelRunTracker _runs;
    private readonly TransitionLog _transitions;
    private readonly TableStores _stores;
    private readonly TlbiSites _sites;
    private readonly OperationCache _operations;
    private readonly PageReuseJudge _pages;
    private readonly TableLinkJudge _links;
    private readonly VisibilityJudge _visibility;
    private readonly ToldTables _toldTables;
    private readonly LockJudge _locks;
    private readonly Lints? _lints;
    private readonly EventNotes _notes;
    private readonly TlbFills _fills;
    private readonly LineIndex _lines = new();
    private long _events;
    private long _finalCompared;
    private long _finalDiffering;
    private long _finalUnknown;

    /// <summary>Makes an engine for one trace.</summary>
    public ReplayEngine(TraceFacts facts, NameTable names, ReplayOptions options, IReplaySink sink)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sink);
        _facts = new FactsInUse(facts);
        _names = names;
        _options = options;
        _sink = sink;
        _machine = new MachineState(_facts, sink, options.Policy);
        _findings = new FindingCollector(sink, options.Policy, _machine);
        _records = new StaleRecords(_machine, sink);
        _tracker = new InvalidationTracker(_machine, _records, options.Policy);
        _races = new ToleratedRaces(_facts, options, names);
        _transitions = new TransitionLog(sink);
        var breaks = new BreakExplainer(_machine, _tracker, options.Policy);
        _requirements = new Requirements(_machine, options.Policy) { BbmLevel = BbmLevelOf(options) ?? 0 };
        _judge = new StoreJudge(_machine, _records, breaks, _findings, _transitions, _races, _lines, _requirements);
        _reuse = new ReuseJudge(_machine, _findings, breaks);
        _contiguous = new ContiguousJudge(_machine, new ContiguousMembers(_machine, _findings, _lines), options.Policy);
        _copies = new CopyJudge(_machine, sink, _findings, _lines, options.Policy);
        _selector = new RegimeSelector(_machine, options.Policy);
        _decoder = new TlbiDecoder(_machine, _selector);
        _fills = new TlbFills(_machine, _selector);
        _findings.Fills = _fills;
        var tainted = new TaintedSpaces();
        _loads = new RootLoadJudge(_machine, _findings, tainted, breaks, new FlushExplainer(_machine, _tracker));
        var guests = new GuestTrees(_machine, tainted, _records);
        _roots = new RootTracker(_machine, sink, _selector, _copies, _loads, tainted, guests);
        _registers = new RegisterJudge(_machine, _findings, tainted);
        _roots.Registers = _registers;
        _restrictions = new RestrictionWatch(_findings, _facts, options, breaks);
        _runs = new KernelRunTracker(sink);
        _pages = new PageReuseJudge(_machine, _findings, breaks);
        _visibility = new VisibilityJudge(_machine, _findings);
        _lints = options.Policy.Lints ? new Lints(_machine, _findings) : null;
        var howNames = new NameCache(names);
        _locks = new LockJudge(_machine, _findings, howNames);
        _notes = new EventNotes(_findings);
        _links = new TableLinkJudge(_machine, _findings, howNames, _lines, options.Policy);
        _stores = new TableStores(
            _machine, _judge, _records, _reuse, _contiguous, _copies, tainted, _runs, new StoreNotes(_machine, _findings, howNames, _lines, options.Policy),
            _links, _visibility, _locks, guests, _selector, _lints);
        _toldTables = new ToldTables(_machine);
        _sites = new TlbiSites(sink);
        _operations = new OperationCache(names);
        _judge.Restricted = _restrictions.Add;
        _tracker.FlushCompleted = (flush, cpu, _) => tainted.Complete(flush, cpu);
        _roots.FirstLoaded = (space, writer) => _contiguous.BecameLive(space.Root, writer);
        _records.Completed = _contiguous.Completed;
    }

    /// <summary>True when the whole trace has the facts that this replay relied on; asked after <see cref="Finish"/>.</summary>
    /// <param name="all">Facts about the whole trace; the engine may have been made with those of its first events.</param>
    public bool HoldsFor(TraceFacts all) => _facts.HoldFor(all);

    /// <summary>Findings so far.</summary>
    public IReadOnlyList<Finding> Findings => _findings.Findings;

    /// <summary>The descriptor at a physical address as replay has it; null where nothing told it.</summary>
    public ulong? ValueAt(ulong pa) => _machine.Memory.ValueAt(pa);

    public void On(in PageTableWrite e)
    {
        if (Stopped())
        {
            return;
        }

        Begin(e.Header);
        _loads.Settle(e.Header.Cpu);
        _stores.Store(e);

        // DC ZVA and memset-like stores clear several descriptors at once.
        for (var offset = 8; e.New == 0 && e.SizeBytes % 8 == 0 && offset < e.SizeBytes; offset += 8)
        {
            _stores.Store(e with { Pa = e.Pa + (ulong)offset, Old = null, SizeBytes = 8 });
        }
    }

    public void On(in TlbiInstruction e)
    {
        if (Stopped())
        {
            return;
        }

        Begin(e.Header);
        var operation = _operations.Tlbi(e.Operation);
        var site = _sites.Of(e.Operation, e.Pc ?? 0, e.Header.Seq);
        site.Count++;
        if (operation is null)
        {
            // It may have invalidated anything.
            ForgetStaleRecords(e.Header.Seq);
            return;
        }

        var cpu = _machine.Cpu(e.Header.Cpu);
        var tlbi = _decoder.Decode(e, operation, cpu);
        if (tlbi.Operand.Defect != TlbiDefect.None && _machine.Pending.Count > 0)
        {
            site.Ineffective++;
            _notes.Ineffective(tlbi, e);
        }

        _visibility.Used(e.Header.Cpu);
        _races.Executed(tlbi);
        _registers.Executed(tlbi);
        _fills.Executed(tlbi);
        var covered = _tracker.Execute(tlbi);
        if (covered < 0)
        {
            covered = 0;
            site.Ineffective++;
            _notes.Ineffective(tlbi, e);
        }

        site.Covered += covered > 0 ? 1 : 0;
        site.Records += covered;
        _lints?.Executed(tlbi, covered, new StoreContext(e.Header, e.Pc, 0), e.Operation);
    }

    public void On(in BarrierInstruction e)
    {
        var barrier = _operations.Barrier(e.Kind);
        Begin(e.Header, isInSwitch: barrier is { Kind: BarrierKind.Isb });
        var cpu = _machine.Cpu(e.Header.Cpu);
        cpu.NoteBarrier(e.Header.Seq, e.Header.Line, barrier);
        barrier = barrier is not null && cpu.Hypervisor is not null ? _selector.BarrierOf(barrier, cpu) : barrier;
        _visibility.Ran(barrier, e.Header.Cpu);
        _links.Ran(barrier);
        if (barrier is { Kind: BarrierKind.Dsb })
        {
            Synchronise(barrier, e.Header);
        }
    }

    public void On(in SystemRegisterWrite e)
    {
        if (Stopped())
        {
            return;
        }

        Begin(e.Header, isInSwitch: true);
        var register = _names.Name(e.Register);
        if (register.Contains("ttbr", StringComparison.Ordinal))
        {
            _loads.Settle(e.Header.Cpu);
        }

        _visibility.Used(e.Header.Cpu);
        _roots.Write(register, e.Value, new StoreContext(e.Header, e.Pc, 0));
    }

    public void On(in TableKnown e)
    {
        BeginEvent(e.Header, isInSwitch: true);
        if (e.GranuleBytes is { } bytes && Granule.FromBytes(bytes) is { } told)
        {
            _machine.Configuration.SetGranule(told, GranuleSource.Table);
        }

        var entries = e.Entries ?? _machine.Configuration.Granule.EntriesPerTable;
        if (e.Base >> PhysicalAddressBits != 0 || entries is < 1 or > MaxTableEntries)
        {
            return;
        }

        _roots.AssumeLoaded(e);
        _toldTables.Told(e.Base, e.Level, entries, e.Header.Seq);
    }

    public void On(in DescriptorValueKnown e)
    {
        BeginEvent(e.Header, isInSwitch: true);
        if (e.Source != DescriptorSource.Final)
        {
            _stores.SetContent(e);
            return;
        }

        if (_machine.Memory.ValueAt(e.Pa) is not { } value)
        {
            _finalUnknown++;
            return;
        }

        _finalCompared++;
        _finalDiffering += value == e.Value ? 0 : 1;
    }

    public void On(in TableGone e)
    {
        BeginEvent(e.Header, isInSwitch: true);
        if (e.IsFree)
        {
            var entries = EntriesAt(e.Base) ?? _machine.Configuration.Granule.EntriesPerTable;
            _stores.Forget(e.Base, (ulong)entries << 3, e.Header.Seq);
            _locks.Gone(e.Base, (ulong)entries << 3);
        }
    }

    public void On(in MachineFact e)
    {
        Begin(e.Header);
        _machine.Configuration.SetFact(_names.Name(e.Key), _names.Name(e.Value));
        _machine.RefreshComparers();
        _locks.FactTold();
        _requirements.BbmLevel = BbmLevelOf(_options) ?? _machine.Configuration.BbmLevel ?? 0;
    }

    public void On(in PageAllocation e)
    {
        Begin(e.Header);
        if (_records.Added is null)
        {
            _pages.Begin();
            _records.Added = _pages.Added;
            _records.Completed += _pages.Completed;
        }

        _pages.On(e);
        _reuse.Allocated(e);
        if (e.IsFree)
        {
            return;
        }

        var shift = _machine.Configuration.Granule.PageShift;
        _stores.Forget(e.FrameNumber << shift, (1UL << e.Order) << shift, e.Header.Seq);
    }

    public void On(in ContextSwitch e)
    {
        Begin(e.Header);
        _loads.Settle(e.Header.Cpu);
        _machine.Cpu(e.Header.Cpu).SwitchPending = true;
    }

    public void On(in LockOperation e)
    {
        Begin(e.Header);
        _locks.On(e);
    }

    public void On(in LockHint e)
    {
        Begin(e.Header);
        _locks.On(e);
    }

    public void On(in Marker e) => Begin(e.Header);

    public void On(in TlbEntry e)
    {
        Begin(e.Header);
        _fills.On(e);
    }

    public void On(in LostEvents e)
    {
        // The marker is printed before the next event of its CPU: the gap began after the last one.
        ReleaseHeld(e.Header.Cpu, isInSwitch: false);
        _machine.Now = e.Header;
        _findings.Doubt(_machine.Cpu(e.Header.Cpu).Last(e.Header.Input).Seq, e.Header.Seq);
        _notes.Lost(e);
        _contiguous.Forget(e.Header.Seq);
        _visibility.Forget();
        _roots.Lost(e.Header.Cpu);
        _locks.Lost(e.Header.Cpu);
        ForgetStaleRecords(e.Header.Seq);
        _machine.DoubtfulBefore = e.Header.Seq;
        _events++;
    }

    private void ForgetStaleRecords(long seq)
    {
        _fills.Forget();
        _pages.Forget();
        var open = new List<StaleRecord>();
        foreach (var space in _machine.Spaces)
        {
            space.Pending.CollectAll(open);
        }

        foreach (var record in open)
        {
            _records.Close(record, seq);
        }
    }

    /// <summary>The trace has ended: judges what is left and hands everything to the sink.</summary>
    public ReplaySummary Finish()
    {
        foreach (var cpu in _machine.Cpus)
        {
            ReleaseHeld(cpu.Cpu, isInSwitch: false);
        }

        _roots.JudgeLoads();
        _loads.Settle(null);
        _contiguous.Finish();
        _copies.Finish();
        _restrictions.Finish();
        _visibility.Finish();
        _pages.Finish();
        LateEffectReport.Report(_machine, _findings);
        _registers.Finish();
        PendingReport.Report(_machine, _findings);
        var open = new List<StaleRecord>();
        foreach (var space in _machine.Spaces)
        {
            space.Pending.CollectAll(open);
        }

        open.Sort((left, right) => left.Id.CompareTo(right.Id));
        foreach (var record in open)
        {
            _sink.StaleRecord(record, null);
        }

        _runs.Finish();
        _transitions.Finish();
        _sites.Finish();
        _machine.Finish();
        _findings.Finish();
        return new ReplaySummary
        {
            Events = _events,
            BbmLevel = _requirements.BbmLevel,
            GranuleBytes = _machine.Configuration.Granule.Bytes,
            GranuleSource = _machine.Configuration.GranuleSource,
            FinalCompared = _finalCompared,
            FinalDiffering = _finalDiffering,
            FinalUnknown = _finalUnknown,
            UndecidedWrites = _stores.Undecided,
            Gaps = _stores.Gaps,
            PeakPending = _machine.Pending.Peak,
            Findings = _findings.Findings,
        };
    }

    // Behind the switch to 128-bit descriptors nothing can be judged.
    private bool Stopped()
    {
        _events += _roots.IsUnsupported ? 1 : 0;
        return _roots.IsUnsupported;
    }

    private static int? BbmLevelOf(ReplayOptions options) => options.BbmLevel ?? options.Policy.BbmLevel;

    private void Begin(in EventHeader header, bool isInSwitch = false)
    {
        ReleaseHeld(header.Cpu, isInSwitch);
        if (_roots.HasPendingLoads)
        {
            _roots.JudgeLoads();
        }

        BeginEvent(header, isInSwitch);
    }

    // Events that tell a tree come right after the load of its root: the load is not judged before them.
    private void BeginEvent(in EventHeader header, bool isInSwitch = false)
    {
        ReleaseHeld(header.Cpu, isInSwitch);
        _events++;
        _machine.Now = header;
        _lines.Note(header);
        var cpu = _machine.Cpu(header.Cpu);
        ref var last = ref cpu.Last(header.Input);
        if (_options.Policy.ImpliedDsbAtSwitch && (cpu.SwitchPending || IsOtherTask(last.Task, header)))
        {
            // __switch_to runs a DSB ISH; a change of task on a CPU tells of one where sched_switch is not traced.
            cpu.SwitchPending = false;
            _contiguous.Switched(header.Cpu);
            _visibility.Moved(header.Cpu);
            _tracker.Synchronise(BarrierOperation.ContextSwitch, header);
        }

        last.Seq = header.Seq;
        last.Task = header.Task == 0 ? last.Task : header.Task;
        _restrictions.Advance(header);
        _registers.Advance(header);
        if (_events % HousekeepingInterval == 0)
        {
            _reuse.Compact();
        }
    }

    // A hypervisor only writes registers, and runs ISBs, on its way into a guest; a tracer may tell the tables that they name.
    private void ReleaseHeld(int cpu, bool isInSwitch)
    {
        if (!isInSwitch && _roots.HoldsWrites(cpu))
        {
            _roots.ReleaseHeld(cpu);
        }
    }

    private bool IsOtherTask(int last, in EventHeader header) =>
        header.Task != last && header.Task != 0 && last != 0 && _names.Task(header.Task).Pid != _names.Task(last).Pid;

    private void Synchronise(BarrierOperation barrier, in EventHeader header)
    {
        _tracker.Synchronise(barrier, header);
        if (_locks.IsJudging)
        {
            _locks.Synchronised(header.Cpu);
        }

        if (barrier.CoversStores)
        {
            _contiguous.Synchronised(header.Cpu);
        }
    }

    private int? EntriesAt(ulong tableBase)
    {
        if (_machine.Memory.FindFrame(tableBase) is { } frame)
        {
            foreach (var use in frame.Uses)
            {
                if (use.Base == tableBase)
                {
                    return use.Entries;
                }
            }
        }

        return null;
    }
}
