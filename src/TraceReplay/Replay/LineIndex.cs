using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>
/// Lines of events by their sequence numbers. Both ascend within a source, and most lines are events: only the places where the distance
/// between the two changes are kept.
/// </summary>
public sealed class LineIndex
{
    private readonly List<(long Seq, long Distance)> _runs = [];

    /// <summary>Notes an event; sequence numbers ascend.</summary>
    public void Note(long seq, long line)
    {
        if (_runs.Count == 0 || _runs[^1].Distance != line - seq)
        {
            _runs.Add((seq, line - seq));
        }
    }

    /// <summary>An event of which only the place is known; null for number 0.</summary>
    public EventHeader? EventAt(long seq) => seq == 0 ? null : new EventHeader(seq, LineOf(seq), 0, 0, 0);

    /// <summary>Line of an event that was noted.</summary>
    public long LineOf(long seq)
    {
        var low = 0;
        var high = _runs.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _runs[middle].Seq <= seq ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : seq + _runs[low - 1].Distance;
    }
}
