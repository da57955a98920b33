using System.Text;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;

namespace TraceReplay.Tests.Ingest.Mapping;

/// <summary>Mappings from a text, and what they make of an event.</summary>
internal static class Mappings
{
    /// <summary>A mapping; its file is <c>m.json</c>.</summary>
    public static EventMapping Of(string json) => EventMapping.Parse(Encoding.UTF8.GetBytes(json), "m.json");

    /// <summary>A mapping of the event <c>e</c> to one output.</summary>
    /// <param name="emit">Members of the output.</param>
    /// <param name="more">Members of the event before it.</param>
    /// <param name="top">Members of the file before the events.</param>
    public static EventMapping OfEvent(string emit, string more = "", string top = "") =>
        Of($$"""{ {{top}} "events": [ { "event": "e", {{more}} "emit": { {{emit}} } } ] }""");

    /// <summary>Reads one event with a usual header.</summary>
    public static Reading Read(this EventMapping mapping, string eventAndPayload) =>
        Reading.Of($"            init-1       [000] .....     1.000000: {eventAndPayload}\n", mapping);

    /// <summary>The message with which a text is refused.</summary>
    public static string Refusal(string json) => Assert.Throws<ImportException>(() => Of(json)).Message;
}
