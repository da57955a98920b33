namespace TraceReplay.Tests.Generators;

/// <summary>Physical memory of a generated trace: hands out table pages, and pages and blocks to be mapped.</summary>
internal sealed class TraceMemory(GeneratedRegime regime)
{
    private ulong _nextTable = 0x4000_0000;
    private ulong _nextPage = 0x10_0000_0000;
    private ulong _nextBlock = 0x100_0000_0000;

    public GeneratedRegime Regime { get; } = regime;

    /// <summary>Tables in use.</summary>
    public List<GeneratedTable> Tables { get; } = [];

    /// <summary>Table pages that were given back.</summary>
    public Queue<ulong> FreeTables { get; } = [];

    public GeneratedTable NewTable(int level, int? entries = null)
    {
        // Some freed pages are used again, some are left alone. Concatenated tables are aligned to their size.
        var bytes = Math.Max((ulong)Regime.Granule.Bytes, (ulong)(entries ?? 0) * 8);
        if (entries is not null || FreeTables.Count <= 2 || !FreeTables.TryDequeue(out var tableBase))
        {
            tableBase = (_nextTable + bytes - 1) & ~(bytes - 1);
            _nextTable = tableBase + bytes;
        }

        var table = new GeneratedTable(Regime.Granule, tableBase, level, entries ?? Regime.Granule.EntriesPerTable);
        Tables.Add(table);
        return table;
    }

    /// <summary>A page never mapped before.</summary>
    public ulong DataPage() => Take(ref _nextPage, (ulong)Regime.Granule.Bytes);

    /// <summary>A block never mapped before.</summary>
    public ulong DataBlock() => Take(ref _nextBlock, Regime.BlockBytes);

    private static ulong Take(ref ulong next, ulong bytes)
    {
        var taken = next;
        next += bytes;
        return taken;
    }
}
