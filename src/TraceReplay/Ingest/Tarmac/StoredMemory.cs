namespace TraceReplay.Ingest.Tarmac;

/// <summary>A 4 KB page of physical memory as the trace's stores left it.</summary>
internal sealed class StoredPage
{
    /// <summary>log2 of the bytes of a page, whatever the granule of translation.</summary>
    public const int Shift = 12;

    /// <summary>8-byte words of a page.</summary>
    public const int Words = 1 << (Shift - 3);

    private ulong[]? _words;
    private ulong[]? _told;

    /// <summary>The tables that stand in the page, or parts of it; null for none.</summary>
    public List<TracedTable>? Tables { get; set; }

    /// <summary>The word at an address of the page; false where nothing told it, and it is taken for zero.</summary>
    public bool TryRead(ulong pa, out ulong value)
    {
        var index = (int)(pa >> 3) & (Words - 1);
        value = _words is null ? 0 : _words[index];
        return _told is not null && ((_told[index >> 6] >> (index & 63)) & 1) != 0;
    }

    /// <summary>Sets the word at an address of the page.</summary>
    public void Write(ulong pa, ulong value)
    {
        _words ??= new ulong[Words];
        _told ??= new ulong[Words / 64];
        var index = (int)(pa >> 3) & (Words - 1);
        _words[index] = value;
        _told[index >> 6] |= 1ul << (index & 63);
    }
}

/// <summary>The memory that was stored to: a page may become a table long after it was filled.</summary>
/// <remarks>
/// Each page that is stored to takes about 4.3 KB until the end of the trace; what the trace does not store is not kept. Past the limit
/// no page is added, and that is reported.
/// </remarks>
/// <param name="maxPages">Pages kept.</param>
internal sealed class StoredMemory(int maxPages = StoredMemory.MaxPages)
{
    /// <summary>The limit: 1 GiB of the traced machine's memory.</summary>
    public const int MaxPages = 1 << 18;

    private readonly Dictionary<ulong, StoredPage> _pages = [];
    private ulong _lastNumber = ulong.MaxValue;
    private StoredPage? _last;

    /// <summary>Pages that are kept at most.</summary>
    public int Limit => maxPages;

    /// <summary>The page that holds an address, or null where nothing of it was stored.</summary>
    public StoredPage? Find(ulong pa)
    {
        var number = pa >> StoredPage.Shift;
        if (number == _lastNumber)
        {
            return _last;
        }

        if (_pages.TryGetValue(number, out var page))
        {
            (_lastNumber, _last) = (number, page);
        }

        return page;
    }

    /// <summary>The page that holds an address, made on first use; null past the limit.</summary>
    public StoredPage? Get(ulong pa)
    {
        if (Find(pa) is { } known)
        {
            return known;
        }

        if (_pages.Count >= maxPages)
        {
            return null;
        }

        var page = new StoredPage();
        _pages.Add(pa >> StoredPage.Shift, page);
        (_lastNumber, _last) = (pa >> StoredPage.Shift, page);
        return page;
    }
}
