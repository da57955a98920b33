using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>One event name that is not stored.</summary>
/// <param name="Event">Its name.</param>
/// <param name="Count">How often it was met.</param>
/// <param name="FirstLine">1-based line of the first one.</param>
public readonly record struct SkippedEvent(string Event, long Count, long FirstLine);

/// <summary>Counts events that are not part of the vocabulary, by name.</summary>
public sealed class SkippedEvents
{
    // A damaged file can have another name on every line; past this many they are counted together.
    private const int MaxNames = 1000;

    private readonly NameTable _names = new();
    private readonly List<(long Count, long FirstLine)> _counts = [default];

    /// <summary>
    /// The names met, ordinal order. Names that are the same as text, but not in the bytes that cannot be shown, are one.
    /// </summary>
    public IReadOnlyList<SkippedEvent> All =>
        [.. _counts.Select((entry, id) => (Text: ImportProblems.Printable(_names.Name(id)), entry.Count, entry.FirstLine)).Skip(1)
            .GroupBy(entry => entry.Text, StringComparer.Ordinal)
            .Select(group => new SkippedEvent(group.Key, group.Sum(entry => entry.Count), group.Min(entry => entry.FirstLine)))
            .OrderBy(entry => entry.Event, StringComparer.Ordinal)];

    /// <summary>Counts one event.</summary>
    public void Add(ReadOnlySpan<byte> name, long line)
    {
        var id = _names.NameCount > MaxNames ? _names.Intern("(other)"u8) : _names.Intern(name.IsEmpty ? "(none)"u8 : name);
        if (id == _counts.Count)
        {
            _counts.Add((0, line));
        }

        _counts[id] = (_counts[id].Count + 1, _counts[id].FirstLine);
    }
}
