namespace TraceReplay.Store;

/// <summary>Counts events by kind and CPU for the table <c>event_count</c>: to count the rows afterwards takes a pass over all of them.</summary>
internal sealed class EventCounts
{
    private static readonly string[] Names =
    [
        "pgtable_write", "tlbi", "barrier", "sysreg_write", "pgtable_table", "pgtable_entry", "pgtable_hw_update", "pgtable_final",
        "pgtable_free", "pgtable_orphan", "pgtable_meta", "mm_page_alloc", "mm_page_free", "sched_switch", "pgtable_lock", "pgtable_hint",
        "marker", "lost_events", "tlb_fill", "tlb_evict",
    ];

    private readonly long[][] _counts = [.. Names.Select(_ => Array.Empty<long>())];

    /// <summary>Counts one event.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="cpu">Its CPU, 0 or more.</param>
    public void Add(CountedKind kind, int cpu)
    {
        ref var counts = ref _counts[(int)kind];
        if (cpu >= counts.Length)
        {
            Array.Resize(ref counts, Math.Max(cpu + 1, 2 * counts.Length));
        }

        counts[cpu]++;
    }

    /// <summary>Adds the rows of the table.</summary>
    /// <param name="table">Of the columns kind, cpu and count.</param>
    public void Write(RowInserter table)
    {
        for (var kind = 0; kind < Names.Length; kind++)
        {
            for (var cpu = 0; cpu < _counts[kind].Length; cpu++)
            {
                if (_counts[kind][cpu] > 0)
                {
                    table.Row().Add(Names[kind]).Add(cpu).Add(_counts[kind][cpu]).Insert();
                }
            }
        }
    }
}

/// <summary>Kinds of events as <see cref="EventCounts"/> tells them apart, in the order of its names.</summary>
internal enum CountedKind
{
    PageTableWrite = 0,
    Tlbi = 1,
    Barrier = 2,
    SystemRegisterWrite = 3,
    TableKnown = 4,
    InitialDescriptor = 5,
    HardwareUpdate = 6,
    FinalDescriptor = 7,
    TableFreed = 8,
    TableOrphaned = 9,
    MachineFact = 10,
    PageAllocated = 11,
    PageFreed = 12,
    ContextSwitch = 13,
    LockOperation = 14,
    LockHint = 15,
    Marker = 16,
    LostEvents = 17,
    TlbFill = 18,
    TlbEviction = 19,
}
