using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>What the trace tells of the machine at one moment: memory that holds tables, the tables' places, the CPUs.</summary>
internal sealed class MachineState
{
    // A table that is linked more often than this (the shared zero tables of an address sanitizer) is not followed any further.
    private const int MaxUsesOfTable = 256;

    private readonly List<ProcessingElement> _cpus = [];
    private readonly List<AddressSpace> _spaces = [];
    private readonly List<DescriptorComparer> _comparers = [];
    private readonly Dictionary<ulong, int> _incarnations = [];
    private readonly IReplaySink _sink;
    private int _useCount;
    private int _spaceCount;
    private int _compactSpacesAt = 1024;
    private CpuSet _cpusKnown;
    private CpuSet _cpusWithKernelRoot;
    private bool _isSeenFromBoot;
    private AddressSpace? _firstKernelSpace;

    public MachineState(FactsInUse facts, IReplaySink sink, Policy? policy = null)
    {
        Facts = facts;
        _sink = sink;
        _cpusKnown = facts.CpusKnown;
        Configuration = new MachineConfiguration(facts, policy ?? Policy.Default);
        Pending = new PendingSpaces();
    }

    public FactsInUse Facts { get; }

    public MachineConfiguration Configuration { get; }

    public PendingSpaces Pending { get; }

    /// <summary>Physical memory that holds tables.</summary>
    public TableMemory Memory { get; } = new();

    /// <summary>Unrooted spaces whose ASID was learnt.</summary>
    public List<AddressSpace> Learnt { get; } = [];

    /// <summary>The CPUs that the trace names.</summary>
    public CpuSet AllCpus => Facts.AllOf(_cpusKnown);

    public IReadOnlyList<AddressSpace> Spaces => _spaces;

    public IReadOnlyList<ProcessingElement> Cpus => _cpus;

    /// <summary>The event that is replayed.</summary>
    public EventHeader Now { get; set; }

    /// <summary>Contents stored before this event may have changed unseen: events were lost. 0 for never.</summary>
    public long DoubtfulBefore { get; set; }

    /// <summary>Links that were not followed because the table is linked too often.</summary>
    public long LinksBeyondLimit { get; private set; }

    public ProcessingElement Cpu(int cpu)
    {
        while (_cpus.Count <= cpu)
        {
            _cpus.Add(new ProcessingElement(_cpus.Count));
        }

        if (!_cpusKnown.Contains(cpu))
        {
            _cpusKnown = _cpusKnown.With(cpu);
        }

        return _cpus[cpu];
    }

    /// <summary>The comparer of a layout under the memory attributes last written in a regime.</summary>
    public DescriptorComparer Comparer(TranslationRegime regime, DescriptorFormat format) =>
        Comparer(format, Configuration.MemoryAttributes(regime));

    /// <summary>The comparer of a layout under memory attributes; null where they are not told.</summary>
    public DescriptorComparer Comparer(DescriptorFormat format, ulong? mair)
    {
        foreach (var known in _comparers)
        {
            if (known.Format == format && known.MemoryAttributeRegister == mair)
            {
                return known;
            }
        }

        var comparer = new DescriptorComparer(format, mair);
        _comparers.Add(comparer);
        return comparer;
    }

    /// <summary>MAIR or the format's HA and HD changed: spaces compare under the present ones.</summary>
    public void RefreshComparers()
    {
        foreach (var space in _spaces)
        {
            // Each guest has its own MAIR.
            if (space.Regime != TranslationRegime.El1Guest)
            {
                space.Comparer = Comparer(space.Regime, space.Format);
            }
        }
    }

    /// <summary>Features of a regime's descriptors changed.</summary>
    public void RefreshFeatures(TranslationRegime regime, DescriptorFeatures features)
    {
        foreach (var space in _spaces)
        {
            if (space.Regime == regime)
            {
                space.Comparer = Comparer(space.Format with { Features = features }, space.Comparer.MemoryAttributeRegister);
            }
        }
    }

    /// <summary>The space of a root, made when this root is not known in this shape.</summary>
    /// <param name="rootPa">Physical address of the root.</param>
    /// <param name="regime">Regime that walks it.</param>
    /// <param name="half">0, or 1 for TTBR1.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="seq">The event that names it.</param>
    /// <param name="stage2">For the stage 1 of a guest: its stage 2.</param>
    public AddressSpace RootedSpace(ulong rootPa, TranslationRegime regime, int half, RootShape shape, long seq, AddressSpace? stage2 = null)
    {
        var frame = Memory.Frame(rootPa);
        foreach (var use in frame.Uses)
        {
            var known = use.Space;
            if (known.IsRooted && use.Parent is null && use.Base == rootPa && known.Half == half && known.Regime == regime
                && use.Level == shape.Level && use.Entries == shape.Entries && known.Format.Granule == shape.Format.Granule
                && known.Format.Ds == shape.Format.Ds && known.Format.Lpa == shape.Format.Lpa && ReferenceEquals(known.Stage2, stage2))
            {
                // HA and HD may change under a root that stays.
                if (known.Format != shape.Format)
                {
                    known.Comparer = Comparer(regime, shape.Format);
                }

                return known;
            }
        }

        var incarnation = _incarnations.GetValueOrDefault(rootPa) + 1;
        _incarnations[rootPa] = incarnation;
        var space = new AddressSpace(Facts, _cpusKnown)
        {
            Id = ++_spaceCount,
            Regime = regime,
            Half = half,
            Comparer = Comparer(regime, shape.Format),
            Incarnation = incarnation,
            IsRooted = true,
            FirstSeq = seq,
            VaBase = shape.VaBase,
            Evidence = LivenessEvidence.Certain,
            Stage2 = stage2,
            AsidUnknown = !Facts.HasRoots && RootSlot.Halves(regime) == 2,
        };
        space.Pending.SetGeometry(shape.Format.Granule);
        AddSpace(space);
        if (half == 1 && regime == Configuration.Host && !Facts.HasTables && Facts.HasRoots && _firstKernelSpace is null)
        {
            _firstKernelSpace = space;
            space.AssumedHolders = _isSeenFromBoot ? CpuSet.Empty : AllCpus.Except(_cpusWithKernelRoot);
        }

        AdoptUnrooted(rootPa, shape.Level, space, shape.VaBase, isIndependent: false);
        space.Root = Attach(space, rootPa, shape.Entries, shape.Level, shape.VaBase, null, 0, seq);
        LinkChildren(space.Root, seq);
        return space;
    }

    /// <summary>True when what a descriptor holds is told, and no lost event may have changed it since.</summary>
    public bool IsReliable(TableFrame frame, int at) => frame.IsKnown(at) && (DoubtfulBefore == 0 || frame.StoreSeqOf(at) > DoubtfulBefore);

    /// <summary>Value of an entry; null where the trace does not tell it for sure.</summary>
    public ulong? ReliableValueAt(TableUse use, int index)
    {
        var (frame, at) = use.Locate(index);
        return IsReliable(frame, at) ? frame[at] : null;
    }

    /// <summary>Makes an unrooted space headed by the table that holds a descriptor whose parent is not known.</summary>
    public TableUse UnrootedUse(ulong pa, int level, long seq)
    {
        var granule = Configuration.DefaultFormat.Granule;
        return UnrootedTable(granule.PageOf(pa), level, granule.EntriesPerTable, EvidenceOf(Memory.Frame(pa), level), seq);
    }

    /// <summary>Makes an unrooted space headed by a table.</summary>
    public TableUse UnrootedTable(ulong tableBase, int level, int entries, LivenessEvidence evidence, long seq)
    {
        var regime = Configuration.Host;
        var format = Configuration.DefaultFormat;
        var space = new AddressSpace(Facts, _cpusKnown)
        {
            Id = ++_spaceCount,
            Regime = regime,
            Half = -1,
            Comparer = Comparer(regime, format),
            Incarnation = 1,
            IsRooted = false,
            FirstSeq = seq,
            Evidence = evidence,
        };
        space.Pending.SetGeometry(format.Granule);
        AddSpace(space);
        space.Root = Attach(space, tableBase, entries, level, 0, null, 0, seq);
        LinkChildren(space.Root, seq);
        return space.Root;
    }

    /// <summary>A descriptor of a table points to another table.</summary>
    public TableUse? Link(TableUse parent, int index, ulong value, long seq)
    {
        var space = parent.Space;
        var level = parent.Level + 1;
        var ia = parent.IaOf(index);
        if (space.TableAt(value) is not { } tableBase)
        {
            return null;
        }

        if (Memory.Frame(tableBase).Uses.Length >= MaxUsesOfTable)
        {
            LinksBeyondLimit++;
            return null;
        }

        space.EverHadContent = true;
        AdoptUnrooted(tableBase, level, space, ia, isIndependent: !space.IsLive);
        var use = Attach(space, tableBase, space.Format.Granule.EntriesPerTable, level, ia, parent, parent.PaOf(index), seq);
        LinkChildren(use, seq);
        return use;
    }

    /// <summary>A CPU wrote TTBR1, or set up its translation for the first time: what it runs with is known from here on.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="isComingUp">
    /// True when it wrote TCR before any TTBR1. Where the first CPU of a trace does so, the trace begins before the kernel runs: no other
    /// CPU has run with its tables.
    /// </param>
    public void NoteKernelRootKnown(int cpu, bool isComingUp)
    {
        _isSeenFromBoot |= isComingUp && _cpusWithKernelRoot.IsEmpty;
        _cpusWithKernelRoot = _cpusWithKernelRoot.With(cpu);
        if (_firstKernelSpace is { } space)
        {
            space.AssumedHolders = space.AssumedHolders.Without(cpu);
        }
    }

    /// <summary>The use that a descriptor of a table links to, unless only a stale pointer does.</summary>
    public static TableUse? ChildOf(TableUse parent, int index)
    {
        var parentPa = parent.PaOf(index);
        for (var child = parent.FirstChild; child is not null; child = child.NextSibling)
        {
            if (child.ParentPa == parentPa && child.StalePointer is null)
            {
                return child;
            }
        }

        return null;
    }

    /// <summary>Takes a table and all below it out of its space.</summary>
    public void Remove(TableUse use, long seq)
    {
        if (!use.IsAttached)
        {
            return;
        }

        while (use.FirstChild is { } child)
        {
            Remove(child, seq);
        }

        use.IsAttached = false;
        Detach(use);
        foreach (var frame in use.Frames)
        {
            frame.RemoveUse(use);
        }

        _sink.TableUse(use, seq);
    }

    /// <summary>Ends the life of a space: its page will hold another tree. What is stale of it stays pending.</summary>
    public void Retire(AddressSpace space, long seq) => Remove(space.Root, seq);

    /// <summary>Tells the sink of every table still in place.</summary>
    public void Finish()
    {
        foreach (var space in _spaces)
        {
            if (space.Root.IsAttached)
            {
                FinishUse(space.Root);
            }

            _sink.Space(space);
        }
    }

    // Spaces of tables and processes that are gone, and of which nothing can be cached, are dropped now and then.
    private void AddSpace(AddressSpace space)
    {
        if (_spaces.Count >= _compactSpacesAt)
        {
            foreach (var gone in _spaces.Where(IsGone))
            {
                _sink.Space(gone);
            }

            _spaces.RemoveAll(IsGone);
            _compactSpacesAt = Math.Max(1024, _spaces.Count * 2);
        }

        _spaces.Add(space);
    }

    private static bool IsGone(AddressSpace space) =>
        !space.Root.IsAttached && space.Pending.Count == 0 && space.Taints.Count == 0 && space.GlobalHolders.IsEmpty;

    private void FinishUse(TableUse use)
    {
        _sink.TableUse(use, null);
        for (var child = use.FirstChild; child is not null; child = child.NextSibling)
        {
            FinishUse(child);
        }
    }

    // Tables are told one by one where HasTables is set: what has no place is not reached by any root.
    private LivenessEvidence EvidenceOf(TableFrame frame, int level)
    {
        if (Facts.HasTables || frame.IsDetached)
        {
            return LivenessEvidence.NotLive;
        }

        if (frame.HasForeignContent)
        {
            return LivenessEvidence.Likely;
        }

        // A root that no TTBR was seen to hold and that was empty when first seen is being built.
        return level <= Configuration.DefaultStartLevel ? LivenessEvidence.NotLive : LivenessEvidence.Presumed;
    }

    private TableUse Attach(
        AddressSpace space, ulong tableBase, int entries, int level, ulong ia, TableUse? parent, ulong parentPa, long seq)
    {
        var use = new TableUse
        {
            Id = ++_useCount,
            Space = space,
            Base = tableBase,
            Entries = entries,
            Level = level,
            IaBase = ia,
            Parent = parent,
            ParentPa = parentPa,
            FromSeq = seq,
            Frames = Memory.FramesOf(tableBase, entries),
        };
        foreach (var frame in use.Frames)
        {
            frame.AddUse(use);
        }

        if (parent is not null)
        {
            use.NextSibling = parent.FirstChild;
            if (parent.FirstChild is { } sibling)
            {
                sibling.PreviousSibling = use;
            }

            parent.FirstChild = use;
        }

        return use;
    }

    private static void Detach(TableUse use)
    {
        if (use.Parent is not { } parent)
        {
            return;
        }

        if (use.PreviousSibling is { } previous)
        {
            previous.NextSibling = use.NextSibling;
        }
        else
        {
            parent.FirstChild = use.NextSibling;
        }

        if (use.NextSibling is { } next)
        {
            next.PreviousSibling = use.PreviousSibling;
        }

        use.NextSibling = null;
        use.PreviousSibling = null;
    }

    private void LinkChildren(TableUse use, long seq)
    {
        // A page leads to no table, and tells no more than these two.
        if (use.Level == 3 && use.Space is { EverHadContent: true, MayHaveGlobal: true })
        {
            return;
        }

        for (var index = 0; index < use.Entries; index++)
        {
            if (use.ValueAt(index) is not { } value || (value & DescriptorBits.Valid) == 0)
            {
                continue;
            }

            if (use.Space.Format.Kind(value, use.Level) == DescriptorKind.Table)
            {
                Link(use, index, value, seq);
            }
            else
            {
                use.Space.EverHadContent = true;
                use.Space.MayHaveGlobal |= use.Space.Format.IsGlobal(value);
            }
        }
    }

    /// <summary>
    /// The table gets a known place: the unrooted space it headed goes, its stale records move along. A table that was live before it
    /// was linked into a tree that is not (a copy that shares it) keeps its own space as well.
    /// </summary>
    private void AdoptUnrooted(ulong tableBase, int level, AddressSpace space, ulong ia, bool isIndependent)
    {
        foreach (var use in Memory.Frame(tableBase).Uses)
        {
            var old = use.Space;
            if (old.IsRooted || use.Parent is not null || use.Base != tableBase || ReferenceEquals(old, space))
            {
                continue;
            }

            if (isIndependent && old.Evidence >= LivenessEvidence.Likely)
            {
                continue;
            }

            if (use.Level == level)
            {
                MovePending(old, space, ia);
            }

            Remove(use, space.LastSeq);
            return;
        }
    }

    private void MovePending(AddressSpace from, AddressSpace to, ulong offset)
    {
        if (from.Pending.Count == 0)
        {
            return;
        }

        var records = new List<StaleRecord>();
        from.Pending.CollectAll(records);
        foreach (var record in records)
        {
            Pending.Remove(record);
            record.Space = to;
            record.Ia += offset;
            Pending.Add(record);
        }
    }
}
