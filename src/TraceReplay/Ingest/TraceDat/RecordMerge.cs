namespace TraceReplay.Ingest.TraceDat;

/// <summary>The records of several CPUs in the order of time, as trace-cmd merges them: of equal times the earlier stream's comes first.</summary>
internal sealed class RecordMerge
{
    // A heap of those that have a record, the earliest first.
    private readonly List<(CpuStream Stream, int Index)> _heap = [];
    private readonly Queue<CpuStream> _ended = new();
    private bool _isFirst = true;

    /// <param name="streams">The CPUs, those of the top buffer first.</param>
    public RecordMerge(IEnumerable<CpuStream> streams)
    {
        foreach (var (index, stream) in streams.Index())
        {
            if (stream.Next())
            {
                _heap.Add((stream, index));
            }
            else if (stream.HasLost)
            {
                _ended.Enqueue(stream);
            }
        }

        _heap.Sort((a, b) => IsBefore(a, b) ? -1 : 1);
    }

    /// <summary>The stream whose turn it is, on its record; null when all are at their end.</summary>
    /// <param name="ended">It has no record, but lost some at its end.</param>
    public CpuStream? Next(out bool ended)
    {
        if (_heap.Count > 0 && !_isFirst)
        {
            Advance();
        }

        ended = _ended.Count > 0;
        _isFirst = ended;
        if (ended)
        {
            return _ended.Dequeue();
        }

        return _heap.Count > 0 ? _heap[0].Stream : null;
    }

    private void Advance()
    {
        var stream = _heap[0].Stream;
        if (!stream.Next())
        {
            if (stream.HasLost)
            {
                _ended.Enqueue(stream);
            }

            _heap[0] = _heap[^1];
            _heap.RemoveAt(_heap.Count - 1);
        }

        SiftDown();
    }

    private void SiftDown()
    {
        for (var at = 0; ;)
        {
            var least = at;
            for (var child = (2 * at) + 1; child <= (2 * at) + 2 && child < _heap.Count; child++)
            {
                least = IsBefore(_heap[child], _heap[least]) ? child : least;
            }

            if (least == at)
            {
                return;
            }

            (_heap[at], _heap[least]) = (_heap[least], _heap[at]);
            at = least;
        }
    }

    private static bool IsBefore((CpuStream Stream, int Index) a, (CpuStream Stream, int Index) b) =>
        a.Stream.Time != b.Stream.Time ? a.Stream.Time < b.Stream.Time : a.Index < b.Index;
}
