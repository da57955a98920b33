using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>Finds the translation tables in memory, from the roots down, and tells them and the stores to them as events.</summary>
/// <remarks>
/// A page is a table from the moment a root or a table descriptor names it; what was stored to it before is told as its content, in front
/// of the store that links it, so that it is there when the link is judged. When the last pointer to it has gone it is an orphan, and
/// followed for as many stores as it has descriptors, for a TLB may still walk it. Then, or when a part of a descriptor is stored, it has
/// become another page.
/// </remarks>
internal sealed class TableFinder(StoredMemory memory, TarmacOutput output)
{
    private const int WholeStore = 8;

    private readonly List<TracedTable> _displaced = [];
    private readonly List<(TracedTable Table, int? Root, ulong? Parent)> _found = [];

    /// <summary>
    /// A CPU is about to load a root: finds its table, and those below it; null where that cannot be followed. They are told by
    /// <see cref="TellLoaded"/>, once the load is.
    /// </summary>
    public TracedTable? Load(ulong start, in RootShape shape, int root)
    {
        var end = start + ((ulong)shape.Entries << 3);
        if (end < start)
        {
            return null;
        }

        if (FindAt(start) is { } known && known.Level == shape.Level && known.Entries == shape.Entries && known.Format == shape.Format)
        {
            known.Links++;
            return known;
        }

        CollectOverlapping(start, end);
        foreach (var displaced in _displaced.ToArray())
        {
            Free(displaced, "level-conflict"u8);
        }

        var table = Register(new TracedTable(start, shape.Level, shape.Entries, shape.Format, isRoot: true) { Links = 1 });
        if (table is not null)
        {
            Found(table, root, null);
        }

        return table;
    }

    /// <summary>Tells the tables that loads have found.</summary>
    public void TellLoaded()
    {
        TellContents();
        TellTables();
    }

    /// <summary>A CPU has another root than this one.</summary>
    public void Unload(TracedTable table)
    {
        // Displaced since by a root of another shape.
        if (!ReferenceEquals(FindAt(table.Base), table))
        {
            return;
        }

        table.Links--;
        table.StoresLeft = table.Entries;
    }

    /// <summary>A word of memory was stored to.</summary>
    /// <param name="page">Page that holds it.</param>
    /// <param name="pa">Physical address of the word.</param>
    /// <param name="value">All of it, as it is now.</param>
    /// <param name="bytes">Bytes of it that were stored.</param>
    public void Store(StoredPage page, ulong pa, ulong value, int bytes)
    {
        var isTold = page.TryRead(pa, out var old);
        page.Write(pa, value);
        if (page.Tables is null || TableAt(page, pa) is not { } table)
        {
            return;
        }

        if ((table.Links == 0 && bytes != WholeStore) || (table.IsIdle && --table.StoresLeft < 0))
        {
            Free(table, "reused"u8);
            return;
        }

        if (IsOtherTable(table, old, value))
        {
            Link(table, pa, value);
            TellContents();
        }

        output.Write(table, pa, isTold ? old : null, value, bytes);
        Changed(table, old, value);
        TellTables();
    }

    /// <summary>A word of memory was loaded: hardware may have set its access flag or dirty state, or nothing told it before.</summary>
    public void Loaded(StoredPage page, ulong pa, ulong value)
    {
        if (page.Tables is null || TableAt(page, pa) is not { } table)
        {
            return;
        }

        if (!page.TryRead(pa, out var known))
        {
            page.Write(pa, value);
            if (IsOtherTable(table, 0, value))
            {
                Link(table, pa, value);
                TellContents();
            }

            output.Entry(table, pa, value);
            Changed(table, 0, value);
            TellTables();
        }
        else if (IsHardwareUpdate(table.Format, known, value))
        {
            page.Write(pa, value);
            output.HardwareUpdate(table, pa, known, value);
        }
    }

    // Hardware only sets AF, and makes a leaf with DBM writable.
    private static bool IsHardwareUpdate(in DescriptorFormat format, ulong known, ulong value)
    {
        var changed = known ^ value;
        var dirty = (known & DescriptorBits.Dbm) != 0 ? DescriptorBits.ReadOnly : 0;
        var isDirty = format.IsStage2 ? value & dirty : known & dirty;
        return changed != 0 && (changed & ~(DescriptorBits.AccessFlag | dirty)) == 0 && (known & DescriptorBits.Valid) != 0
            && (value & changed & DescriptorBits.AccessFlag) == (changed & DescriptorBits.AccessFlag) && (changed & dirty & ~isDirty) == 0;
    }

    // True where the new value points to a table that the old one did not.
    private static bool IsOtherTable(TracedTable table, ulong old, ulong value) =>
        table.Format.Kind(value, table.Level) == DescriptorKind.Table
        && (table.Format.Kind(old, table.Level) != DescriptorKind.Table || table.Format.NextTable(old) != table.Format.NextTable(value));

    private void Changed(TracedTable table, ulong old, ulong value)
    {
        var wasValid = table.Format.Kind(old, table.Level) != DescriptorKind.Invalid;
        table.Valid += (table.Format.Kind(value, table.Level) == DescriptorKind.Invalid ? 0 : 1) - (wasValid ? 1 : 0);
        if (wasValid && table is { IsRoot: true, IsIdle: true })
        {
            // Emptied now: what follows may be the page's next use.
            table.StoresLeft = table.Entries;
        }

        if (IsOtherTable(table, value, old))
        {
            Unlink(table, old);
        }
    }

    private void Link(TracedTable parent, ulong pa, ulong value)
    {
        var start = parent.Format.NextTable(value);
        var level = parent.Level + 1;
        var entries = parent.Format.Granule.EntriesPerTable;
        if (FindAt(start) is { } known && known.Level == level && known.Format == parent.Format && known.Entries == entries)
        {
            known.Links++;
            return;
        }

        // A table that is needed as it is stays that: a root may point to itself, as every level at once.
        CollectOverlapping(start, start + ((ulong)entries << 3));
        foreach (var displaced in _displaced)
        {
            if (displaced.Links > 0)
            {
                return;
            }
        }

        foreach (var displaced in _displaced.ToArray())
        {
            Free(displaced, "level-conflict"u8);
        }

        if (Register(new TracedTable(start, level, entries, parent.Format, isRoot: false) { Links = 1 }) is { } table)
        {
            Found(table, null, pa);
        }
    }

    private void Unlink(TracedTable parent, ulong value)
    {
        if (FindAt(parent.Format.NextTable(value)) is not { Links: > 0 } child || child.Level != parent.Level + 1 || child.Format != parent.Format)
        {
            return;
        }

        if (--child.Links == 0 && !child.IsRoot)
        {
            child.StoresLeft = child.Entries;
            output.Gone(child, isFree: false, default);
        }
    }

    // The page serves otherwise: its descriptors point to nothing any more.
    private void Free(TracedTable table, ReadOnlySpan<byte> why)
    {
        Remove(table);
        output.Gone(table, isFree: true, why);
        for (var pa = table.Base; pa < table.End; pa += WholeStore)
        {
            if (memory.Find(pa) is not { } page)
            {
                pa |= (1ul << StoredPage.Shift) - WholeStore;
            }
            else if (page.TryRead(pa, out var value) && table.Format.Kind(value, table.Level) == DescriptorKind.Table)
            {
                Unlink(table, value);
            }
        }
    }

    // Finds the tables below it too. What they were before ends before any content of the new ones is told: a descriptor leads to its table
    // from the moment it is told.
    private void Found(TracedTable table, int? root, ulong? parent)
    {
        _found.Add((table, root, parent));
        for (var pa = table.Base; pa < table.End; pa += WholeStore)
        {
            if (!memory.Find(pa)!.TryRead(pa, out var value))
            {
                continue;
            }

            var kind = table.Format.Kind(value, table.Level);
            table.Valid += kind == DescriptorKind.Invalid ? 0 : 1;
            if (kind == DescriptorKind.Table)
            {
                Link(table, pa, value);
            }
        }
    }

    // What was stored before the pages were tables.
    private void TellContents()
    {
        foreach (var (table, _, _) in _found)
        {
            for (var pa = table.Base; pa < table.End; pa += WholeStore)
            {
                if (memory.Find(pa)!.TryRead(pa, out var value) && value != 0)
                {
                    output.Entry(table, pa, value);
                }
            }
        }
    }

    private void TellTables()
    {
        foreach (var (table, root, parent) in _found)
        {
            output.Table(table, root, parent);
        }

        _found.Clear();
    }

    private TracedTable? Register(TracedTable table)
    {
        for (var pa = table.Base; pa < table.End; pa = (pa | ((1ul << StoredPage.Shift) - 1)) + 1)
        {
            if (memory.Get(pa) is not { } page)
            {
                Remove(table);
                output.ReportFull(memory.Limit);
                return null;
            }

            (page.Tables ??= []).Add(table);
        }

        return table;
    }

    private void Remove(TracedTable table)
    {
        for (var pa = table.Base; pa < table.End; pa = (pa | ((1ul << StoredPage.Shift) - 1)) + 1)
        {
            if (memory.Find(pa) is { Tables: { } tables } page && tables.Remove(table) && tables.Count == 0)
            {
                page.Tables = null;
            }
        }
    }

    private TracedTable? FindAt(ulong start)
    {
        if (memory.Find(start)?.Tables is { } tables)
        {
            foreach (var table in tables)
            {
                if (table.Base == start)
                {
                    return table;
                }
            }
        }

        return null;
    }

    private static TracedTable? TableAt(StoredPage page, ulong pa)
    {
        foreach (var table in page.Tables!)
        {
            if (table.Holds(pa))
            {
                return table;
            }
        }

        return null;
    }

    private void CollectOverlapping(ulong from, ulong to)
    {
        _displaced.Clear();
        for (var pa = from; pa < to; pa = (pa | ((1ul << StoredPage.Shift) - 1)) + 1)
        {
            foreach (var table in memory.Find(pa)?.Tables ?? [])
            {
                if (table.Overlaps(from, to) && !_displaced.Contains(table))
                {
                    _displaced.Add(table);
                }
            }
        }
    }
}
