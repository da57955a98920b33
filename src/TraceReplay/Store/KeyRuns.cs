using System.Runtime.InteropServices;
using TraceReplay.Replay;

namespace TraceReplay.Store;

/// <summary>
/// Finds the runs of a table such as <c>store_run</c>: which rows of another table are about a page of tables, or of a finding, by their
/// keys. They come in bursts, so that a few thousand runs lead to a million rows, which then need no index.
/// </summary>
internal sealed class KeyRuns
{
    // Between the keys of two rows that do not part a run: rows about something else among them are read in vain. A page is asked for now
    // and then; waivers ask for every finding, of which hundreds may take turns.
    private const int LargestGapOfPages = 256;
    private const int LargestGapOfOwners = 8;

    // Longer ones would have rows for all descriptors of the page, and their mask would spare nothing.
    private const int LargestLength = 8192;

    // log2 of the bytes that a bit of the mask stands for: 64 of them are a page.
    private const int BitShift = 6;

    // Between two looks for runs that have ended, so that what is held does not grow with the trace.
    private const int KeysPerSweep = 1 << 16;

    private readonly RowInserter _table;
    private readonly Dictionary<long, Run> _open = [];
    private readonly List<long> _ended = [];
    private readonly bool _isOfPages;
    private readonly int _largestGap;
    private long _nextSweep = KeysPerSweep;

    private KeyRuns(RowInserter table, bool isOfPages) =>
        (_table, _isOfPages, _largestGap) = (table, isOfPages, isOfPages ? LargestGapOfPages : LargestGapOfOwners);

    /// <summary>Runs of rows about pages of tables.</summary>
    /// <param name="table">Of four columns: the page, the first and the last key, and the descriptors.</param>
    public static KeyRuns OfPages(RowInserter table) => new(table, isOfPages: true);

    /// <summary>Runs of rows that belong to the rows of another table.</summary>
    /// <param name="table">Of three columns: the owner's key, and the first and the last key.</param>
    public static KeyRuns OfOwners(RowInserter table) => new(table, isOfPages: false);

    /// <summary>There is a row about a descriptor.</summary>
    /// <param name="key">Its key, larger than that of the row before.</param>
    /// <param name="pa">Physical address.</param>
    public void AddPage(long key, ulong pa) => Add(key, (long)pa >> TableFrame.Shift, 1ul << ((int)(pa >> BitShift) & 63));

    /// <summary>There is a row that belongs to another.</summary>
    /// <param name="key">Its key, larger than that of the row before.</param>
    /// <param name="owner">Key of the other.</param>
    public void AddOwned(long key, long owner) => Add(key, owner, 0);

    /// <summary>Writes the runs that have not ended; once, after the last row.</summary>
    public void Flush()
    {
        foreach (var (subject, run) in _open)
        {
            Write(subject, run);
        }

        _open.Clear();
    }

    /// <summary>Begins again with an empty table.</summary>
    public void Clear()
    {
        _open.Clear();
        _nextSweep = KeysPerSweep;
    }

    private void Add(long key, long subject, ulong entries)
    {
        if (key >= _nextSweep)
        {
            Sweep(key);
        }

        ref var run = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, subject, out var isOpen);
        if (isOpen && (key - run.Last > _largestGap || key - run.First >= LargestLength))
        {
            Write(subject, run);
            isOpen = false;
        }

        if (!isOpen)
        {
            run = new Run { First = key };
        }

        run.Last = key;
        run.Entries |= entries;
    }

    private void Sweep(long key)
    {
        _nextSweep = key + KeysPerSweep;
        foreach (var (subject, run) in _open)
        {
            if (key - run.Last > _largestGap)
            {
                Write(subject, run);
                _ended.Add(subject);
            }
        }

        foreach (var subject in _ended)
        {
            _open.Remove(subject);
        }

        _ended.Clear();
    }

    private void Write(long subject, in Run run)
    {
        var row = _table.Row().Add(subject).Add(run.First).Add(run.Last);
        (_isOfPages ? row.Add(run.Entries) : row).Insert();
    }

    private struct Run
    {
        public long First;
        public long Last;
        public ulong Entries;
    }
}
