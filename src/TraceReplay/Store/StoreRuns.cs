using System.Runtime.InteropServices;

namespace TraceReplay.Store;

/// <summary>
/// Finds the runs of the table <c>store_run</c>: where in the trace a page of tables is stored to. Stores to a page come in bursts, so that
/// a few thousand runs lead to a million stores.
/// </summary>
internal sealed class StoreRuns
{
    // log2 of the bytes of a page, whatever the granule of translation.
    private const int PageShift = 12;

    // Events between two stores to a page that do not part a run: rows of other pages among them are read in vain.
    private const int LargestGap = 256;

    // Longer ones would have stores to all descriptors of the page, and their mask would spare nothing.
    private const int LargestLength = 8192;

    // log2 of the bytes that a bit of the mask stands for: 64 of them are a page.
    private const int BitShift = 6;

    // Events between two looks for runs that have ended, so that what is held does not grow with the pages of the trace.
    private const int EventsPerSweep = 1 << 16;

    private readonly RowInserter _table;
    private readonly Dictionary<long, Run> _open = [];
    private readonly List<long> _ended = [];
    private long _nextSweep = EventsPerSweep;

    /// <param name="table">Of the columns page, first_seq, last_seq and entries.</param>
    public StoreRuns(RowInserter table) => _table = table;

    /// <summary>A descriptor was stored to.</summary>
    /// <param name="seq">Sequence number, larger than that of the store before.</param>
    /// <param name="pa">Physical address.</param>
    public void Add(long seq, ulong pa)
    {
        if (seq >= _nextSweep)
        {
            Sweep(seq);
        }

        var page = (long)pa >> PageShift;
        ref var run = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, page, out var isOpen);
        if (isOpen && (seq - run.Last > LargestGap || seq - run.First >= LargestLength))
        {
            Write(page, run);
            isOpen = false;
        }

        if (!isOpen)
        {
            run = new Run { First = seq };
        }

        run.Last = seq;
        run.Entries |= 1ul << ((int)(pa >> BitShift) & 63);
    }

    /// <summary>Writes the runs that have not ended; once, after the last store.</summary>
    public void Flush()
    {
        foreach (var (page, run) in _open)
        {
            Write(page, run);
        }

        _open.Clear();
    }

    private void Sweep(long seq)
    {
        _nextSweep = seq + EventsPerSweep;
        foreach (var (page, run) in _open)
        {
            if (seq - run.Last > LargestGap)
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
