using System.Runtime.InteropServices;
using TraceReplay.Replay;

namespace TraceReplay.Store;

/// <summary>
/// Finds the runs of a table such as <c>store_run</c>: which rows of another table are about a page of tables, by their keys. They come in
/// bursts, so that a few thousand runs lead to a million rows.
/// </summary>
internal sealed class PageRuns
{
    // Between the keys of two rows about a page that do not part a run: rows of other pages among them are read in vain.
    private const int LargestGap = 256;

    // Longer ones would have rows for all descriptors of the page, and their mask would spare nothing.
    private const int LargestLength = 8192;

    // log2 of the bytes that a bit of the mask stands for: 64 of them are a page.
    private const int BitShift = 6;

    // Between two looks for runs that have ended, so that what is held does not grow with the pages of the trace.
    private const int KeysPerSweep = 1 << 16;

    private readonly RowInserter _table;
    private readonly Dictionary<long, Run> _open = [];
    private readonly List<long> _ended = [];
    private long _nextSweep = KeysPerSweep;

    /// <param name="table">Of four columns: the page, the first and the last key, and the descriptors.</param>
    public PageRuns(RowInserter table) => _table = table;

    /// <summary>There is a row about a descriptor.</summary>
    /// <param name="key">Its key, larger than that of the row before.</param>
    /// <param name="pa">Physical address.</param>
    public void Add(long key, ulong pa)
    {
        if (key >= _nextSweep)
        {
            Sweep(key);
        }

        var page = (long)pa >> TableFrame.Shift;
        ref var run = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, page, out var isOpen);
        if (isOpen && (key - run.Last > LargestGap || key - run.First >= LargestLength))
        {
            Write(page, run);
            isOpen = false;
        }

        if (!isOpen)
        {
            run = new Run { First = key };
        }

        run.Last = key;
        run.Entries |= 1ul << ((int)(pa >> BitShift) & 63);
    }

    /// <summary>Writes the runs that have not ended; once, after the last row.</summary>
    public void Flush()
    {
        foreach (var (page, run) in _open)
        {
            Write(page, run);
        }

        _open.Clear();
    }

    private void Sweep(long key)
    {
        _nextSweep = key + KeysPerSweep;
        foreach (var (page, run) in _open)
        {
            if (key - run.Last > LargestGap)
            {
                Write(page, run);
                _ended.Add(page);
            }
        }

        foreach (var page in _ended)
        {
            _open.Remove(page);
        }

        _ended.Clear();
    }

    private void Write(long page, in Run run) => _table.Row().Add(page).Add(run.First).Add(run.Last).Add(run.Entries).Insert();

    private struct Run
    {
        public long First;
        public long Last;
        public ulong Entries;
    }
}
