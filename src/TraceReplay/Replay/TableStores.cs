using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>Applies stores and told contents to memory and to the tables' places, and has each judged where it counts.</summary>
internal sealed class TableStores(
    MachineState machine, StoreJudge judge, StaleRecords records, ReuseJudge reuse, ContiguousJudge contiguous, CopyJudge copies,
    TaintedSpaces tainted, KernelRunTracker runs, StoreNotes notes, TableLinkJudge links, VisibilityJudge visibility, LockJudge locks,
    GuestTrees guests, RegimeSelector selector, Lints? lints)
{
    private readonly List<TableUse> _uses = [];
    private readonly List<StaleRecord> _dropped = [];
    private readonly List<TableFrame> _frames = [];
    private JudgedStore[] _judged = new JudgedStore[4];

    /// <summary>Stores to memory of which neither a table nor a level is known.</summary>
    public long Undecided { get; private set; }

    /// <summary>Old values told by a store that replay did not expect, beyond what hardware changes on its own.</summary>
    public long Gaps { get; private set; }

    public void Store(in PageTableWrite e)
    {
        var store = new StoreContext(e.Header, e.Pc, e.How);
        var pa = e.Pa & ~7UL;
        var frame = machine.Memory.Frame(pa);
        var at = TableFrame.IndexOf(pa);
        var known = e.Old is null ? machine.IsReliable(frame, at) : frame.IsKnown(at);
        var oldValue = known ? frame[at] : 0;
        var expected = oldValue;
        var revealed = false;
        var gaps = Gaps;
        if (e.Old is { } told && (!known || told != oldValue))
        {
            revealed = Reveal(frame, at, pa, known, oldValue, told);
            (known, oldValue) = (true, told);
        }

        FindUses(frame, pa, e.Level, e.Header);
        var primary = Primary();
        NoteRunningRoot(e.Header.Cpu);
        if (Gaps != gaps)
        {
            notes.ChangedUnseen(primary, pa, expected, oldValue, frame.StoreSeqOf(at), store);
        }

        if (primary is not null)
        {
            if ((e.SizeBytes & 7) != 0)
            {
                notes.NotWhole(primary, primary.IndexOf(pa), e);
            }

            if (revealed)
            {
                LinkRevealed(pa, oldValue, e.Header.Seq);
            }

            contiguous.BeforeStore(primary, primary.IndexOf(pa), known, oldValue, e.New, store);
            Apply(frame, at, pa, primary, known, oldValue, e.New, store);
        }
        else
        {
            // Where no store tells its level, the trees that become known later do.
            if (machine.Facts.HasLevels && e.Level is null)
            {
                notes.LevelUnknown(pa, e.New, store);
            }

            frame.Store(at, e.New, e.Header.Seq, e.Header.Cpu);
        }
    }

    /// <summary>Content told without a store.</summary>
    public void SetContent(in DescriptorValueKnown e)
    {
        var pa = e.Pa & ~7UL;
        var frame = machine.Memory.Frame(pa);
        var at = TableFrame.IndexOf(pa);
        frame.Set(at, e.Value);
        foreach (var use in frame.Uses)
        {
            if (use.Holds(pa))
            {
                _uses.Add(use);
            }
        }

        foreach (var use in _uses)
        {
            NoteContent(use, use.IndexOf(pa), e.Value, e.Header.Seq);
        }

        _uses.Clear();
    }

    /// <summary>A page is a table of this kind no longer: what is known of it is forgotten, and places that no stale pointer needs end.</summary>
    public void Forget(ulong start, ulong bytes, long seq)
    {
        if (start + bytes < start)
        {
            return;
        }

        machine.Memory.CollectFrames(start, bytes, _frames);
        foreach (var frame in _frames)
        {
            var page = frame.Base;
            foreach (var use in frame.Uses)
            {
                if (use.Base >= start && use.Base < start + bytes && !use.IsStaleLinked)
                {
                    _uses.Add(use);
                }
            }

            foreach (var use in _uses)
            {
                machine.Remove(use, seq);
            }

            _uses.Clear();
            var first = start > page ? TableFrame.IndexOf(start) : 0;
            var last = Math.Min(start + bytes, page + (1UL << TableFrame.Shift)) - 1;
            frame.Forget(first, TableFrame.IndexOf(last) - first + 1);
            frame.IsDetached |= frame.Uses.Length == 0;
        }

        _frames.Clear();
    }

    private bool Reveal(TableFrame frame, int at, ulong pa, bool known, ulong expected, ulong told)
    {
        frame.Set(at, told);
        if (!known)
        {
            if ((told & DescriptorBits.Valid) != 0)
            {
                frame.HasForeignContent = true;
                foreach (var use in frame.Uses)
                {
                    if (!use.Space.IsRooted && use.Parent is null && !frame.IsDetached && !machine.Facts.HasTables)
                    {
                        use.Space.Evidence = LivenessEvidence.Likely;
                    }
                }
            }

            return true;
        }

        if (((told ^ expected) & ~DescriptorBits.HardwareManaged(expected)) == 0)
        {
            return false;
        }

        // A store was not traced. What was stale here before may have been dealt with unseen.
        Gaps++;
        DropRecordsAt(frame, pa);
        return true;
    }

    private void DropRecordsAt(TableFrame frame, ulong pa)
    {
        foreach (var use in frame.Uses)
        {
            if (!use.Holds(pa))
            {
                continue;
            }

            for (var record = use.Space.Pending.Find(use.Level, use.IaOf(use.IndexOf(pa))); record is not null; record = record.NextSameKey)
            {
                if (record.Pa == pa)
                {
                    _dropped.Add(record);
                }
            }
        }

        foreach (var record in _dropped)
        {
            // A page that serves twice at one address gives its record twice.
            if (record.IsOpen)
            {
                records.Close(record, null);
            }
        }

        _dropped.Clear();
    }

    private void FindUses(TableFrame frame, ulong pa, int? level, in EventHeader header)
    {
        _uses.Clear();
        Collect(frame, pa);
        if (level is { } told && _uses.Count > 0)
        {
            DropOtherLevels(told, header.Seq);
        }

        if (_uses.Count > 0)
        {
            return;
        }

        // A table of a guest that no root leads to: what its descriptors point to is not told.
        if (level is { } known && !selector.RunsGuest(machine.Cpu(header.Cpu)))
        {
            _uses.Add(machine.UnrootedUse(pa, known, header.Seq));
        }
        else
        {
            Undecided++;
        }
    }

    private void Collect(TableFrame frame, ulong pa)
    {
        foreach (var use in frame.Uses)
        {
            if (use.Holds(pa))
            {
                _uses.Add(use);
            }
        }
    }

    // The page serves at another level: an earlier role that hardware cannot walk any more has ended.
    private void DropOtherLevels(int level, long seq)
    {
        for (var i = _uses.Count - 1; i >= 0; i--)
        {
            var use = _uses[i];
            if (use.Level != level && !use.IsStaleLinked && (!use.Space.IsRooted || !use.Space.IsLive))
            {
                machine.Remove(use, seq);
                _uses.RemoveAt(i);
            }
        }
    }

    // Linux fills a table through a descriptor on its stack before it links it (__split_huge_pmd_locked), and that store is traced like
    // any other. Where tables are not told, a table in several places is judged in the one of which most is known, else the latest.
    private TableUse? Primary()
    {
        TableUse? best = null;
        foreach (var use in _uses)
        {
            if (best is null || Rank(use) > Rank(best) || (Rank(use) == Rank(best) && !use.Space.IsRooted && use.Id > best.Id))
            {
                best = use;
            }
        }

        return best;
    }

    private static int Rank(TableUse use) =>
        use.IsStaleLinked ? 0 : !use.Space.IsLive ? 1 : use.Space.IsRooted ? 4 : use.Space.Evidence == LivenessEvidence.Likely ? 3 : 2;

    private void Apply(
        TableFrame frame, int at, ulong pa, TableUse primary, bool known, ulong oldValue, ulong newValue, in StoreContext store)
    {
        var seq = store.Header.Seq;
        RetireEmptiedRoots(pa, known, oldValue, newValue, seq);
        if (_uses.Count == 0 && primary.Space.Stage2 is not null)
        {
            frame.Store(at, newValue, seq, store.Header.Cpu);
            return;
        }

        if (_uses.Count == 0)
        {
            _uses.Add(machine.UnrootedUse(pa, primary.Level, seq));
        }

        primary = Primary() ?? primary;
        if (_judged.Length < _uses.Count)
        {
            _judged = new JudgedStore[_uses.Count * 2];
        }

        if (locks.IsJudging)
        {
            locks.Stored(primary, primary.IndexOf(pa), known, oldValue, newValue, store);
        }

        var judged = _judged;
        for (var i = 0; i < _uses.Count; i++)
        {
            var use = _uses[i];
            if (use.IsStaleLinked)
            {
                // A table that was moved is still walked at its old address as well, until the old pointer is invalidated.
                reuse.Stored(use, use.IndexOf(pa), oldValue, newValue, store);
                judged[i] = ReuseJudge.IsMoved(use, frame) ? judge.Judge(use, use.IndexOf(pa), known, oldValue, newValue, store, isCounted: false) : default;
                continue;
            }

            if (!use.Space.IsRooted && !ReferenceEquals(use, primary))
            {
                judged[i] = default;
                continue;
            }

            judged[i] = judge.Judge(use, use.IndexOf(pa), known, oldValue, newValue, store, ReferenceEquals(use, primary));
        }

        if (known && (oldValue & DescriptorBits.Valid) != 0 && oldValue != newValue)
        {
            frame.SetPrevious(at, oldValue);
        }

        frame.Store(at, newValue, seq, store.Header.Cpu);
        if (primary.Space.IsLive)
        {
            var primaryAt = _uses.IndexOf(primary);
            var transition = judged[primaryAt].Class;
            runs.Stored(primary, primary.IndexOf(pa), transition, store);
            notes.Stored(primary, primary.IndexOf(pa), known, oldValue, newValue, transition, store);
            visibility.Stored(primary, primary.IndexOf(pa), newValue, transition, store);
            if (lints is not null && transition == TransitionClass.Make)
            {
                lints.Made(primary, primary.IndexOf(pa), frame.PreviousOf(at), newValue, store);
            }
        }

        guests.Stored(primary, known, oldValue, newValue, seq);
        copies.Stored(pa, newValue, primary.Level, StoreJudge.VaOf(primary, primary.IndexOf(pa)), store);
        for (var i = 0; i < _uses.Count; i++)
        {
            UpdateLinks(_uses[i], _uses[i].IndexOf(pa), known, oldValue, newValue, judged[i].Record, store);
        }

        _uses.Clear();
    }

    // An empty root that no CPU has loaded and that is filled again belongs to another address space: what was cached of the former one
    // stays with it.
    private void RetireEmptiedRoots(ulong pa, bool known, ulong oldValue, ulong newValue, long seq)
    {
        if ((newValue & DescriptorBits.Valid) == 0 || (known && (oldValue & DescriptorBits.Valid) != 0))
        {
            return;
        }

        for (var i = _uses.Count - 1; i >= 0; i--)
        {
            var use = _uses[i];
            if (use.Parent is null && use.Space.IsRooted && use.Holds(pa) && !use.Space.IsLoaded && !use.Space.HasContent())
            {
                machine.Retire(use.Space, seq);
                _uses.RemoveAt(i);
            }
        }
    }

    private void UpdateLinks(
        TableUse use, int index, bool known, ulong oldValue, ulong newValue, StaleRecord? pointer, in StoreContext store)
    {
        if (!use.IsAttached)
        {
            return;
        }

        var format = use.Space.Format;
        var wasTable = known && format.Kind(oldValue, use.Level) == DescriptorKind.Table;
        var isTable = format.Kind(newValue, use.Level) == DescriptorKind.Table;
        if (wasTable && isTable && format.NextTable(oldValue) == format.NextTable(newValue))
        {
            return;
        }

        if (wasTable && MachineState.ChildOf(use, index) is { } child)
        {
            Unlink(child, newValue, pointer, store);
        }

        if (isTable && !use.IsStaleLinked)
        {
            RemoveDangling(use, index, newValue, store.Header.Seq);
            reuse.Linking(use, index, newValue, store);
            links.Linking(use, index, oldValue, newValue, store);
            var hadGlobal = use.Space.MayHaveGlobal;
            var linked = MachineState.ChildOf(use, index) ?? machine.Link(use, index, newValue, store.Header.Seq);
            if (!hadGlobal)
            {
                NoteGlobal(use.Space);
            }

            if (linked is not null)
            {
                contiguous.BecameLive(linked, store);
            }
        }
        else if (!isTable)
        {
            NoteContent(use, index, newValue, store.Header.Seq);
        }
    }

    private void Unlink(TableUse child, ulong newValue, StaleRecord? pointer, in StoreContext store)
    {
        if (pointer is not { IsTable: true })
        {
            machine.Remove(child, store.Header.Seq);
            return;
        }

        pointer.Target = child;
        child.StalePointer = pointer;
        judge.AddSubtree(child, newValue, store);
        reuse.Unlinked(child, pointer);
    }

    private void LinkRevealed(ulong pa, ulong value, long seq)
    {
        foreach (var use in _uses)
        {
            NoteContent(use, use.IndexOf(pa), value, seq);
        }
    }

    // What the descriptor led to before its content was told anew, or changed unseen, is not there any more.
    private void RemoveDangling(TableUse use, int index, ulong value, long seq)
    {
        if (use.FirstChild is null || MachineState.ChildOf(use, index) is not { } child)
        {
            return;
        }

        var format = use.Space.Format;
        if (format.Kind(value, use.Level) != DescriptorKind.Table || use.Space.TableAt(value) != child.Base)
        {
            machine.Remove(child, seq);
        }
    }

    private void NoteContent(TableUse use, int index, ulong value, long seq)
    {
        RemoveDangling(use, index, value, seq);
        if ((value & DescriptorBits.Valid) == 0)
        {
            return;
        }

        use.Space.EverHadContent = true;
        if (use.Space.Format.Kind(value, use.Level) == DescriptorKind.Table)
        {
            if (MachineState.ChildOf(use, index) is null)
            {
                machine.Link(use, index, value, seq);
                NoteGlobal(use.Space);
            }
        }
        else if (use.Space.Format.IsGlobal(value) && !use.Space.MayHaveGlobal)
        {
            use.Space.MayHaveGlobal = true;
            NoteGlobal(use.Space);
        }
    }

    private void NoteGlobal(AddressSpace space)
    {
        if (space.IsRooted && space.MayHaveGlobal)
        {
            tainted.NoteGlobal(space);
        }
    }

    // Where tables are not told, a root under which the kernel runs and stores cannot be empty.
    private void NoteRunningRoot(int cpu)
    {
        if (!machine.Facts.HasTables && machine.Cpu(cpu).Current[RootSlot.Of(machine.Configuration.Host, 1)] is { } space)
        {
            space.RanWhileStoring = true;
        }
    }
}
