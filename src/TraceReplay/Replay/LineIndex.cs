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
    public void Note(in EventHeader header)
    {
        var distance = header.Place - header.Seq;
        if (_runs.Count == 0 || _runs[^1].Distance != distance)
        {
            _runs.Add((header.Seq, distance));
        }
    }

    /// <summary>An event of which only the place is known; null for number 0.</summary>
    public EventHeader? EventAt(long seq) => seq == 0 ? null : Find(seq);

    /// <summary>Line of an event that was noted, for texts.</summary>
    public string PlaceOf(long seq) => Find(seq).PlaceText;

    private EventHeader Find(long seq)
    {
        var low = 0;
        var high = _runs.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _runs[middle].Seq <= seq ? (middle + 1, high) : (low, middle);
        }

        return EventHeader.At(seq, low == 0 ? 0 : seq + _runs[low - 1].Distance, 0, 0, 0);
    }
}
