using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TraceReplay.Ingest.Mapping;

/// <summary>Writes a mapping to start from: one rule for each event that means nothing yet, guessed where its fields have the usual names.</summary>
public static class MappingDraft
{
    // Names in use for the same thing (xen, kvm, thp, and what people print themselves).
    private static readonly string[] PhysicalNames = ["pa", "desc_pa", "pte_addr", "pte_pa", "physical", "phys"];
    private static readonly string[] VirtualNames = ["ptep", "pmdp", "pudp", "p4dp", "pgdp", "sptep", "desc"];
    private static readonly string[] NewNames = ["new", "new_spte", "new_pte", "pteval", "pmdval", "pudval", "p4dval", "pgdval", "val", "value", "pte", "pmd", "pud"];
    private static readonly string[] OldNames = ["old", "old_spte", "old_pte", "oldval"];
    private static readonly string[] CountNames = ["nr", "nr_pages", "count"];
    private static readonly string[] AddressNames = ["addr", "address", "start", "va", "vaddr"];

    private static readonly JsonWriterOptions Layout = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of a mapping file, as <see cref="EventMapping.Parse"/> reads it.</summary>
    /// <param name="events">The events of a trace.</param>
    public static string Write(IEnumerable<SurveyedEvent> events)
    {
        var unknown = events.Where(e => (e.Meaning & (EventMeaning.Vocabulary | EventMeaning.Mapping)) == 0 && e.Event is not ("(other)" or ""))
            .Select(e => (Event: e, Shape: EventShape.Of(e.Samples)))
            .Where(pair => IsUsable(pair.Event, pair.Shape)).ToList();
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output, Layout))
        {
            json.WriteStartObject();
            json.WriteString("note", "A draft: check each guess, and leave out the events that are not needed. An empty emit means nothing.");
            if (unknown.Any(pair => Pick(pair.Shape, PhysicalNames) is null && Pick(pair.Shape, VirtualNames) is not null))
            {
                json.WriteString("linear_map", "learn");
            }

            json.WriteStartArray("events");
            foreach (var (e, shape) in unknown)
            {
                WriteEvent(json, e, shape);
            }

            if (unknown.Count == 0)
            {
                json.WriteStartObject();
                json.WriteString("event", "my_event");
                json.WriteString("note", "All events of the trace are understood; this one is not in it.");
                json.WriteStartArray("emit");
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray()) + "\n";
    }

    // A text without a word before its first number is too little to be known by.
    private static bool IsUsable(SurveyedEvent e, EventShape shape) =>
        IsPrint(e) ? shape.Template is { } template && !Parses(template).FirstWord.IsEmpty : !e.Event.Any(c => char.IsWhiteSpace(c) || c is ':' or '\ufffd');

    private static TextTemplate Parses(string template) => TextTemplate.Parse(template);

    private static bool IsPrint(SurveyedEvent e) => (e.Meaning & EventMeaning.Marker) != 0 && e.Event.Contains(": ", StringComparison.Ordinal);

    private static void WriteEvent(Utf8JsonWriter json, SurveyedEvent e, EventShape shape)
    {
        json.WriteStartObject();
        if (!IsPrint(e))
        {
            json.WriteString("event", e.Event);
        }

        if (shape.Template is { } template)
        {
            json.WriteString("text", template);
        }

        json.WriteString("note", $"{e.Count} times, first on line {e.FirstLine}: {e.Samples[0]}");
        if (shape.HexFields.Count > 0)
        {
            json.WriteStartArray("hex");
            foreach (var field in shape.HexFields)
            {
                json.WriteStringValue(field);
            }

            json.WriteEndArray();
        }

        if (e.Event.StartsWith("kvm_tdp_mmu", StringComparison.Ordinal) || e.Event.StartsWith("xen_mmu", StringComparison.Ordinal))
        {
            json.WriteString("levels", "x86");
        }

        json.WriteStartArray("emit");
        WriteGuess(json, e.Event, shape);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteGuess(Utf8JsonWriter json, string name, EventShape shape)
    {
        var location = Pick(shape, PhysicalNames) ?? (Pick(shape, VirtualNames) is { } pointer ? $"pa({pointer})" : null);
        var old = Pick(shape, OldNames);
        var value = old is not null && shape.Fields.Contains("clr") && shape.Fields.Contains("set") ? $"({old} & ~clr) | set" : Pick(shape, NewNames);
        if (location is not null && value is not null)
        {
            var count = Pick(shape, CountNames);
            json.WriteStartObject();
            json.WriteString("event", "pgtable_write");
            if (count is not null)
            {
                json.WriteString("repeat", count);
            }

            json.WriteString("pa", count is null ? location : $"{location} + 8 * i");
            json.WriteString("new", count is null ? value : $"{value} + (i << 12)");
            if (old is not null && count is null)
            {
                json.WriteString("old", old);
            }

            if (shape.Fields.Contains("level"))
            {
                json.WriteString("level", "level");
            }
            else if (LevelOf(name, shape) is { } level)
            {
                json.WriteNumber("level", level);
            }

            json.WriteEndObject();
        }
        else if (name.Contains("flush", StringComparison.Ordinal) && name.Contains("tlb", StringComparison.Ordinal))
        {
            // What arm64 does around each flush; the operation is the widest there is for one address, or for all.
            var address = Pick(shape, AddressNames);
            WriteBarrier(json, "dsb ishst");
            json.WriteStartObject();
            json.WriteString("event", "tlbi");
            json.WriteString("op", address is null ? "vmalle1is" : "vaae1is");
            if (address is not null)
            {
                json.WriteString("arg", $"({address} >> 12) & GENMASK(43, 0)");
            }

            json.WriteEndObject();
            WriteBarrier(json, "dsb ish");
        }
    }

    private static void WriteBarrier(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("event", "barrier");
        json.WriteString("kind", kind);
        json.WriteEndObject();
    }

    private static int? LevelOf(string name, EventShape shape)
    {
        var words = string.Join(' ', shape.Fields.Append(name));
        return (words.Contains("pmd", StringComparison.Ordinal), words.Contains("pud", StringComparison.Ordinal), words.Contains("pte", StringComparison.Ordinal)) switch
        {
            (true, _, _) => 2,
            (_, true, _) => 1,
            (_, _, true) => 3,
            _ => null,
        };
    }

    private static string? Pick(EventShape shape, string[] names) => names.FirstOrDefault(shape.Fields.Contains);
}
