using TraceReplay.Events;

namespace TraceReplay.Ingest.Mapping;

/// <summary>What makes events of the vocabulary of an event.</summary>
[Flags]
public enum EventMeaning
{
    /// <summary>Nothing: it is counted and passed over.</summary>
    None = 0,

    /// <summary>It is one of the vocabulary.</summary>
    Vocabulary = 1,

    /// <summary>The mapping names it.</summary>
    Mapping = 2,

    /// <summary>It is free text, kept as a marker.</summary>
    Marker = 4,
}

/// <summary>One event of a trace.</summary>
/// <param name="Event">Its name; of a text that a program or kernel printed, the printer and the first word.</param>
/// <param name="Count">How often it was met.</param>
/// <param name="Stored">Events of the vocabulary made of it.</param>
/// <param name="Meaning">What made them.</param>
/// <param name="Fields">Names of its fields, as far as its text tells them.</param>
/// <param name="FirstLine">1-based line of the first one.</param>
/// <param name="Samples">The text of the first ones, without the name.</param>
public sealed record SurveyedEvent(
    string Event, long Count, long Stored, EventMeaning Meaning, IReadOnlyList<string> Fields, long FirstLine, IReadOnlyList<string> Samples);

/// <summary>Counts the events of traces by name, without importing them.</summary>
public sealed class EventSurvey
{
    // A damaged file can have another name on every line; past this many they are counted together.
    private const int MostNames = 1000;

    // Enough to tell a field in hex from one in decimal.
    private const int MostSamples = 32;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, Entry> _byName = new(StringComparer.Ordinal);
    private readonly MarkerCounter _sink = new();

    private EventSurvey()
    {
    }

    /// <summary>True when a trace could be read only in part.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>The events, the most frequent first.</summary>
    public IReadOnlyList<SurveyedEvent> Events =>
    [
        .. _entries.OrderByDescending(entry => entry.Count).ThenBy(entry => entry.Name, StringComparer.Ordinal)
            .Select(entry => new SurveyedEvent(
                entry.Name, entry.Count, entry.Stored, entry.Meaning, EventShape.Of(entry.Samples).Fields, entry.FirstLine, entry.Samples)),
    ];

    /// <summary>Reads traces.</summary>
    /// <param name="paths">The traces; <c>-</c> is <see cref="ImportOptions.StandardInput"/>.</param>
    /// <param name="options">Format, mapping and standard input.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ImportException">A trace cannot be used, or none has an event.</exception>
    public static EventSurvey Read(IReadOnlyList<string> paths, ImportOptions options, CancellationToken cancellation)
    {
        var survey = new EventSurvey();
        var session = new ReadSession(survey._sink, new NameTable(), new ImportProblems())
        {
            Mapping = options.Mapping,
            Survey = survey,
            Cancellation = cancellation,
        };
        foreach (var path in paths)
        {
            var source = path == ImportOptions.StandardInputPath && options.StandardInput is { } input
                ? TraceSource.Read(input, path, session, options.Format)
                : TraceSource.Read(path, session, options.Format);
            survey.IsDamaged |= source.Text.IsDamaged;
        }

        if (survey._entries.Count == 0)
        {
            throw new ImportException($"{paths[0]}: no event that has a name; expected ftrace's text, that of trace-cmd or perf, or a trace.dat");
        }

        return survey;
    }

    /// <summary>The survey at work on one source.</summary>
    internal EventHook Watch(ReadSession session) => new Watcher(this, session);

    private sealed class Entry(string name, long firstLine)
    {
        public string Name => name;

        public long FirstLine => firstLine;

        public long Count { get; set; }

        public long Stored { get; set; }

        public EventMeaning Meaning { get; set; }

        public List<string> Samples { get; } = [];
    }

    private sealed class Watcher(EventSurvey survey, ReadSession session) : EventHook
    {
        private readonly EventHook? _mapping = session.Mapping?.Start();

        public override bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context)
        {
            var entry = survey.Find(name, payload, context.Line);
            var (seq, markers) = (session.NextSeq, survey._sink.Markers);
            var isMapped = _mapping?.Take(name, payload, context) ?? false;
            if (!isMapped)
            {
                FtraceEvents.ParseVocabulary(name, payload, context);
            }

            entry.Count++;
            entry.Stored += session.NextSeq - seq;
            entry.Meaning |= isMapped ? EventMeaning.Mapping
                : survey._sink.Markers > markers ? EventMeaning.Marker
                : session.NextSeq > seq || FtraceEvents.IsEvent(name) ? EventMeaning.Vocabulary
                : EventMeaning.None;
            return true;
        }
    }

    private Entry Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, long line)
    {
        // trace-cmd tells the function, or the writer of a marker, in front of the text; ftrace in place of the event.
        var colon = payload.IndexOf(": "u8);
        if (FtraceEvents.IsText(name) && colon > 0 && !payload[..colon].Contains((byte)' '))
        {
            name = payload[..colon];
            payload = payload[(colon + 2)..].TrimStart((byte)' ');
        }

        var key = ImportProblems.Quote(name);
        if (FtraceEvents.IsText(name))
        {
            var end = payload.IndexOfAny((byte)' ', (byte)'=', (byte)':');
            key += $": {ImportProblems.Quote(end < 0 ? payload : payload[..end])}";
        }

        if (!_byName.TryGetValue(key, out var entry))
        {
            key = _byName.Count < MostNames ? key : "(other)";
            if (!_byName.TryGetValue(key, out entry))
            {
                _byName.Add(key, entry = new Entry(key, line));
                _entries.Add(entry);
            }
        }

        if (entry.Samples.Count < MostSamples)
        {
            entry.Samples.Add(ImportProblems.Quote(payload));
        }

        return entry;
    }

    private sealed class MarkerCounter : IEventSink
    {
        public long Markers { get; private set; }

        public void On(in PageTableWrite e)
        {
        }

        public void On(in TlbiInstruction e)
        {
        }

        public void On(in BarrierInstruction e)
        {
        }

        public void On(in SystemRegisterWrite e)
        {
        }

        public void On(in TableKnown e)
        {
        }

        public void On(in DescriptorValueKnown e)
        {
        }

        public void On(in TableGone e)
        {
        }

        public void On(in MachineFact e)
        {
        }

        public void On(in PageAllocation e)
        {
        }

        public void On(in ContextSwitch e)
        {
        }

        public void On(in LockOperation e)
        {
        }

        public void On(in LockHint e)
        {
        }

        public void On(in Marker e) => Markers++;

        public void On(in LostEvents e)
        {
        }

        public void On(in TlbEntry e)
        {
        }
    }
}
