using Dapper;

namespace TraceReplay.Store;

/// <summary>Tells of events in their order which input they are of, in a database whose inputs were merged by time.</summary>
internal sealed class MergedInputs : IDisposable
{
    private readonly IEnumerator<Run> _runs;
    private long _nextSeq;
    private int _input;

    private MergedInputs(IEnumerable<Run> runs)
    {
        _runs = runs.GetEnumerator();
        Read();
    }

    /// <summary>Those of a database; null where nothing was merged.</summary>
    public static MergedInputs? Of(TraceDatabase database)
    {
        var isMerged = database.Connection.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM trace WHERE clock_offset IS NOT NULL)");
        return isMerged
            ? new MergedInputs(database.Connection.Query<Run>("SELECT first_seq, trace_id FROM trace_run ORDER BY first_seq", buffered: false))
            : null;
    }

    /// <summary>Input of an event; sequence numbers must ascend.</summary>
    public int InputOf(long seq)
    {
        while (seq >= _nextSeq)
        {
            _input = (int)_runs.Current.TraceId;
            Read();
        }

        return _input;
    }

    public void Dispose() => _runs.Dispose();

    private void Read() => _nextSeq = _runs.MoveNext() ? _runs.Current.FirstSeq : long.MaxValue;

    /// <summary>Events in sequence that are of one input.</summary>
    internal readonly record struct Run(long FirstSeq, long TraceId);
}
