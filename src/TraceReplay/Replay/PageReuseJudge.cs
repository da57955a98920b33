using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Judges page frames that are given back, or handed out again, while a TLB may still hold a writable translation to them.</summary>
/// <remarks>
/// Stale writable leaves are found by output address. The index is kept from the first page event on: a trace without them costs nothing.
/// </remarks>
internal sealed class PageReuseJudge(MachineState machine, FindingCollector findings, BreakExplainer breaks)
{
    private const int AddressBits = 64;

    private readonly Dictionary<ulong, Entry> _byFrame = [];
    private readonly int[] _countByShift = new int[AddressBits];
    private readonly List<Entry> _found = [];

    private sealed class Entry(StaleRecord record)
    {
        public StaleRecord Record { get; } = record;

        /// <summary>Next entry of the same output frame.</summary>
        public Entry? Next { get; set; }

        /// <summary>The event that gave the page back; null while it was not.</summary>
        public EventHeader? Freed { get; set; }

        public ulong FreedPage { get; set; }

        /// <summary>True where the kernel had left the address in the TLBs on purpose when the page was given back or handed out.</summary>
        public bool IsLazyUnmap { get; set; }

        /// <summary>The event that handed the page out again while no CPU ran in the address space; null for none.</summary>
        public EventHeader? HandedOutWhileUnloaded { get; set; }

        public ulong HandedOutPage { get; set; }

        /// <summary>Finding of the page handed out again.</summary>
        public Finding? Finding { get; set; }
    }

    /// <summary>The trace tells of pages: takes in what is stale already.</summary>
    public void Begin()
    {
        var open = new List<StaleRecord>();
        foreach (var space in machine.Spaces)
        {
            space.Pending.CollectAll(open);
        }

        foreach (var record in open)
        {
            Added(record);
        }
    }

    /// <summary>A value became stale.</summary>
    public void Added(StaleRecord record)
    {
        // What a guest maps are no page frames of the machine.
        if (record.Space.Regime == TranslationRegime.El1Guest)
        {
            return;
        }

        if (record.IsTable || !record.Space.Format.IsWritable(record.Value) || Find(record) is not null)
        {
            return;
        }

        ref var head = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_byFrame, KeyOf(record), out _);
        head = new Entry(record) { Next = head };
        _countByShift[ShiftOf(record)]++;
    }

    /// <summary>A stale value was invalidated everywhere.</summary>
    public void Completed(StaleRecord record)
    {
        if (record.IsTable || Find(record) is not { } entry)
        {
            return;
        }

        Settle(entry, "before it was invalidated", Confidence.Certain);
        Remove(entry);
    }

    /// <summary>Events were lost: what was stale may have been invalidated in the gap.</summary>
    public void Forget()
    {
        _byFrame.Clear();
        Array.Clear(_countByShift);
    }

    /// <summary>Page frames were handed out or given back.</summary>
    public void On(in PageAllocation e)
    {
        if (_byFrame.Count == 0)
        {
            return;
        }

        var shift = machine.Configuration.Granule.PageShift;
        var start = e.FrameNumber << shift;
        Collect(start, start + ((1UL << e.Order) << shift) - 1);
        foreach (var entry in _found)
        {
            if (entry.Record.IsSuperseded)
            {
                continue;
            }

            var page = Math.Max(start, OutputOf(entry.Record));
            if (entry.Freed is null)
            {
                entry.IsLazyUnmap = IsLazyUnmap(entry.Record);
            }

            if (e.IsFree)
            {
                entry.Freed ??= e.Header;
                entry.FreedPage = page;
            }
            else if (entry.Finding is null)
            {
                HandOut(entry, e.Header, page);
            }
        }

        _found.Clear();
    }

    /// <summary>The end of the trace: what was given back and not invalidated.</summary>
    public void Finish()
    {
        foreach (var head in _byFrame.Values)
        {
            for (var entry = head; entry is not null; entry = entry.Next)
            {
                Settle(entry, "and it was not invalidated before the end of the trace", Confidence.Possible);
            }
        }
    }

    // Nobody writes through a user address, or a guest's, under a tag that no CPU runs with: it is dead, or it matters once it runs again.
    private void HandOut(Entry entry, EventHeader where, ulong page)
    {
        var space = entry.Record.Space;
        if (space.IsRooted && space.Half == 0 && !space.IsLoaded)
        {
            entry.HandedOutWhileUnloaded ??= where;
            entry.HandedOutPage = page;
        }
        else
        {
            entry.Finding = ReportHandedOut(entry, where, page);
        }
    }

    private void Settle(Entry entry, string until, Confidence atMost)
    {
        var space = entry.Record.Space;
        if (IsTornDown(space))
        {
            if (entry.Finding is { } finding)
            {
                finding.Severity = Severity.Warning;
                finding.Tag = ToleratedRaces.Tag;
            }
        }
        else if (entry is { Finding: null, HandedOutWhileUnloaded: { } handedOut } && space.LastSeq > handedOut.Seq)
        {
            entry.Finding = ReportHandedOut(entry, handedOut, entry.HandedOutPage);
        }
        else if (entry.Finding is null && !(space.IsRooted && space.Half == 0 && !space.IsLoaded))
        {
            ReportFreed(entry, until, atMost);
        }
    }

    private Finding ReportHandedOut(Entry entry, EventHeader where, ulong page)
    {
        var record = entry.Record;
        var isLazy = entry.IsLazyUnmap;
        var freed = entry.Freed is { } free ? $", given back at {free.PlaceText}," : "";
        var finding = Report(
            entry, where, page, isLazy ? Severity.Warning : Severity.Error, Confidence.Certain,
            $"page 0x{page:x}{freed} was handed out again while a TLB may still write to it through {Through(record)}");
        if (isLazy)
        {
            finding.Tag = ToleratedRaces.Tag;
        }

        return finding;
    }

    private void ReportFreed(Entry entry, string until, Confidence atMost)
    {
        if (entry.Freed is not { } freed || entry.IsLazyUnmap)
        {
            return;
        }

        Report(
            entry, freed, entry.FreedPage, Severity.Warning, atMost,
            $"page 0x{entry.FreedPage:x} was given back while a TLB could still write to it through {Through(entry.Record)}, {until}");
    }

    private Finding Report(Entry entry, EventHeader where, ulong page, Severity severity, Confidence atMost, string summary)
    {
        var record = entry.Record;
        var confidence = StaleRecords.ConfidenceOf(record.Space);
        var format = record.Space.Format;
        var onlyByHardware = format.HardwareDirty is null && !(format with { HardwareDirty = false }).IsWritable(record.Value);
        atMost = onlyByHardware || !machine.Facts.HasBarriers ? Confidence.Possible : atMost;
        return findings.Report(
            new Verdict
            {
                RuleId = RuleId.PageReuse,
                Severity = severity,
                Confidence = confidence < atMost ? confidence : atMost,
                Where = new StoreContext(where, null, 0),
                Space = record.Space,
                Pa = page,
                Level = record.Level,
                Va = VaOf(record),
                Old = record.Value,
                Stale = record,
                Summary = summary,
            },
            FoldKind.Place, (long)(record.Pa >> TableFrame.Shift) ^ ((long)record.Space.Id << 40), record,
            () => breaks.Explain(record, where.Cpu, where.Task).Evidence);
    }

    private static string Through(StaleRecord record)
    {
        var how = record.Class == TransitionClass.Break ? "removed" : "changed";
        var place = VaOf(record) is { } va ? $" of VA 0x{va:x}" : "";
        return $"the level-{record.Level} entry{place} {how} at {record.Break.Header.PlaceText}";
    }

    private static ulong? VaOf(StaleRecord record) =>
        record.Space.IsRooted ? record.Ia : record.Space.VaBase is { } vaBase ? vaBase + record.Ia : null;

    // The kernel leaves unmapped vmalloc addresses in the TLBs and flushes many at once (vfree): nothing is to use such an address any
    // more. Code that was on its way to the TLBI has run the DSB that orders its store before it.
    private bool IsLazyUnmap(StaleRecord record)
    {
        var isKernel = VaOf(record) is { } va ? va >> 63 != 0 : record.IsGlobal;
        if (!isKernel || record.TlbiSeq != 0 || record.Class != TransitionClass.Break || !machine.Facts.HasBarriers)
        {
            return false;
        }

        var store = record.Break.Header;
        return machine.Cpu(store.Cpu).NextBarrier(store.Seq) is not { Barrier: { Kind: BarrierKind.Dsb, CoversStores: true, CompletesTlbi: false } };
    }

    // A process that exits gives back a full batch of pages before its one TLBI by ASID: nothing runs in that address space any more, and
    // its ASID is not used again before a flush.
    private static bool IsTornDown(AddressSpace space) =>
        space is { IsRooted: true, Half: 0, Regime: TranslationRegime.El1 or TranslationRegime.El2Host } && !space.HasContent();

    private void Collect(ulong start, ulong last)
    {
        for (var shift = 0; shift < AddressBits; shift++)
        {
            if (_countByShift[shift] == 0)
            {
                continue;
            }

            var firstIndex = start >> shift;
            var lastIndex = last >> shift;
            if (lastIndex - firstIndex >= (ulong)_byFrame.Count)
            {
                CollectAmongAll(shift, start, last);
                continue;
            }

            for (var index = firstIndex; index <= lastIndex; index++)
            {
                for (var entry = _byFrame.GetValueOrDefault(Compose(shift, index)); entry is not null; entry = entry.Next)
                {
                    _found.Add(entry);
                }
            }
        }
    }

    private void CollectAmongAll(int shift, ulong start, ulong last)
    {
        foreach (var head in _byFrame.Values)
        {
            for (var entry = ShiftOf(head.Record) == shift ? head : null; entry is not null; entry = entry.Next)
            {
                var output = OutputOf(entry.Record);
                if (output <= last && output + entry.Record.Size - 1 >= start)
                {
                    _found.Add(entry);
                }
            }
        }
    }

    private Entry? Find(StaleRecord record)
    {
        for (var entry = _byFrame.GetValueOrDefault(KeyOf(record)); entry is not null; entry = entry.Next)
        {
            if (ReferenceEquals(entry.Record, record))
            {
                return entry;
            }
        }

        return null;
    }

    private void Remove(Entry entry)
    {
        var key = KeyOf(entry.Record);
        _countByShift[ShiftOf(entry.Record)]--;
        var head = _byFrame[key];
        if (!ReferenceEquals(head, entry))
        {
            var previous = head;
            while (!ReferenceEquals(previous.Next, entry))
            {
                previous = previous.Next!;
            }

            previous.Next = entry.Next;
        }
        else if (entry.Next is { } next)
        {
            _byFrame[key] = next;
        }
        else
        {
            _byFrame.Remove(key);
        }
    }

    private static ulong KeyOf(StaleRecord record)
    {
        var shift = ShiftOf(record);
        return Compose(shift, OutputOf(record) >> shift);
    }

    // Output addresses have at most 52 bits, and leaves at least 12 of them below their index.
    private static ulong Compose(int shift, ulong index) => ((ulong)shift << 56) | index;

    private static int ShiftOf(StaleRecord record) => System.Numerics.BitOperations.Log2(record.Size);

    private static ulong OutputOf(StaleRecord record) => record.Space.Format.OutputAddress(record.Value, record.Level);
}
