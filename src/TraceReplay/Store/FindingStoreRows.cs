using System.Runtime.InteropServices;
using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Replay;

namespace TraceReplay.Store;

/// <summary>
/// Rows of <c>finding_store</c>, in the order in which stores are folded, and the runs that lead from a finding to its own. A store that
/// several verdicts of a finding are about, as of a table in two places, is one row: that of the first.
/// </summary>
internal sealed class FindingStoreRows
{
    // Finds a repeat that was not known for one as it came.
    private const string DeleteRepeats =
        """
        DELETE FROM finding_store WHERE id IN (
          SELECT id FROM _finding_store
          WHERE finding_id = @id AND id NOT IN (SELECT min(id) FROM _finding_store WHERE finding_id = @id GROUP BY seq, pa))
        """;

    private readonly RowInserter _stores;
    private readonly bool _keepsAll;
    private readonly Dictionary<int, Last> _last = [];
    private readonly SortedSet<int> _wentBack = [];
    private readonly KeyRuns _runs;
    private long _count;

    /// <param name="stores">Of <c>finding_store</c>, without its id: SQLite numbers the rows itself, 1, 2, ..., and does not search for each first.</param>
    /// <param name="runs">Of <c>finding_run</c>.</param>
    /// <param name="keepsAll">False to keep of the stores of a finding only enough to tell the pages of tables that they are in.</param>
    public FindingStoreRows(RowInserter stores, RowInserter runs, bool keepsAll)
    {
        (_stores, _keepsAll) = (stores, keepsAll);
        _runs = KeyRuns.OfOwners(runs);
    }

    /// <summary>A store was folded into a finding.</summary>
    /// <param name="finding">Number of the finding.</param>
    /// <param name="store">The store.</param>
    public void Add(int finding, in FoldedStore store)
    {
        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, finding, out var isThere);
        if (!isThere)
        {
            last = new Last(store);
        }
        else if (last.IsRepeatedBy(store) || (!_keepsAll && last.Pa >> TableFrame.Shift == store.Pa >> TableFrame.Shift))
        {
            return;
        }
        else
        {
            // Some verdicts wait until their CPU moves on, or the trace ends: stores may come in another order than theirs.
            if (store.Seq < last.Seq)
            {
                _wentBack.Add(finding);
            }

            last.Note(store);
        }

        _runs.AddOwned(++_count, finding);
        _stores.Row().Add(finding).Add(store.Seq).Add(store.Pa).Add(store.Va).Add(store.Old).Add(store.New).Add(store.StaleSeq).Insert();
    }

    /// <summary>Begins again, with empty tables and nothing gathered.</summary>
    public void Clear()
    {
        _runs.Clear();
        _last.Clear();
        _wentBack.Clear();
        _count = 0;
    }

    /// <summary>Adds the runs that have not ended; once, after the last store.</summary>
    public void Flush() => _runs.Flush();

    /// <summary>Ends the table; once all rows are written.</summary>
    /// <param name="connection">The database.</param>
    public void Finish(SqliteConnection connection)
    {
        foreach (var id in _wentBack)
        {
            connection.Execute(DeleteRepeats, new { id });
        }
    }

    // The last store of a finding, and what else it stored to.
    private struct Last(in FoldedStore store)
    {
        private HashSet<ulong>? _others;

        public long Seq { get; private set; } = store.Seq;

        public ulong Pa { get; private set; } = store.Pa;

        public readonly bool IsRepeatedBy(in FoldedStore store) =>
            store.Seq == Seq && (store.Pa == Pa || _others?.Contains(store.Pa) == true);

        public void Note(in FoldedStore store)
        {
            if (store.Seq == Seq)
            {
                (_others ??= []).Add(Pa);
            }
            else
            {
                _others = null;
            }

            (Seq, Pa) = (store.Seq, store.Pa);
        }
    }
}
