using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;

namespace TraceReplay.Tests.Ingest;

/// <summary>What reading a text gave.</summary>
internal sealed class Reading
{
    private readonly RecordingSink _sink = new();

    private Reading(bool keepsNanoseconds = false)
    {
        Session = new ReadSession(_sink, Names, Problems) { KeepsNanoseconds = keepsNanoseconds };
    }

    public NameTable Names { get; } = new();

    public ImportProblems Problems { get; } = new();

    public ReadSession Session { get; }

    public SourceSummary Source { get; private set; } = null!;

    public IReadOnlyList<object> Events => _sink.Events;

    /// <summary>The only event.</summary>
    public object Event => Assert.Single(Events);

    /// <summary>The only problem.</summary>
    public ImportProblem Problem => Assert.Single(Problems.Kept);

    /// <summary>Reads bytes; the format is recognised unless given.</summary>
    public static Reading Of(byte[] bytes, string? format = null)
    {
        var reading = new Reading();
        reading.Source = TraceSource.Read(new MemoryStream(bytes), "test", reading.Session, format);
        return reading;
    }

    /// <summary>Reads bytes with all digits of their times.</summary>
    public static Reading WithNanoseconds(byte[] bytes)
    {
        var reading = new Reading(keepsNanoseconds: true);
        reading.Source = TraceSource.Read(new MemoryStream(bytes), "test", reading.Session);
        return reading;
    }

    /// <summary>Reads a text as ftrace.</summary>
    public static Reading Of(string text) => Of(Encoding.UTF8.GetBytes(text), "ftrace");

    /// <summary>Reads a text as ftrace, with a mapping of its events.</summary>
    public static Reading Of(string text, EventMapping mapping) => Of(Encoding.UTF8.GetBytes(text), mapping, "ftrace");

    /// <summary>Reads bytes with a mapping of their events; the format is recognised unless given.</summary>
    public static Reading Of(byte[] bytes, EventMapping mapping, string? format = null)
    {
        var reading = new Reading();
        reading.Session.Mapping = mapping;
        reading.Source = TraceSource.Read(new MemoryStream(bytes), "test", reading.Session, format);
        return reading;
    }

    /// <summary>Reads one event with a usual header, on line 1, CPU 0.</summary>
    public static Reading OfEvent(string eventAndPayload) => Of($"            init-1       [000] .....     1.000000: {eventAndPayload}\n");

    /// <summary>The text of a name.</summary>
    public string Name(int id) => Names.Name(id);
}
