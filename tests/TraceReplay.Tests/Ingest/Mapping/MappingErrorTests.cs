using System.Text.Json;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;

namespace TraceReplay.Tests.Ingest.Mapping;

/// <summary>What is wrong with a mapping is told with its line, the event, and what was expected.</summary>
public sealed class MappingErrorTests
{
    private const string Members = "event, text, note, levels, hex, let, when, emit";

    [Theory]
    [InlineData("", "m.json:1: no JSON (", "); expected a mapping of events")]
    [InlineData("{\n\n]", "m.json:3: no JSON (", "); expected a mapping of events")]
    [InlineData("{}x", "m.json:1: no JSON (", "); expected a mapping of events")]
    [InlineData("{\"events\":[],\n\"events\":[]}", "m.json:2: 'events' is there more than once; expected it once in an object")]
    [InlineData("[]", "m.json:1: the file: expected an object with $schema, note, levels, linear_map, constants, events, found a list")]
    [InlineData("{}", "m.json:1: the file: expected \"events\", a list of what the events become")]
    [InlineData("{\"events\":[]}", "m.json:1: events: expected 1..10000 events, found 0")]
    [InlineData("{\"events\":{}}", "m.json:1: events: expected a list of objects, found an object")]
    [InlineData("{\"event\":[]}", "m.json:1: the file: no member 'event'; expected one of $schema, note, levels, linear_map, constants, events")]
    [InlineData("{\"levels\":\"riscv\",\"events\":[]}", "m.json:1: the file: levels: expected \"arm\" (3 is a 4K page) or \"x86\" (1 is a 4K page)")]
    [InlineData("{\"constants\":{\n\"A\":\"B\"},\"events\":[]}", "m.json:2: constants: A: 'B' is not known; expected numbers and constants above it")]
    [InlineData("{\"constants\":{\"A\":\"1/0\"},\"events\":[]}", "m.json:1: constants: A: a division by zero; expected a number")]
    [InlineData("{\"constants\":{\"A B\":1},\"events\":[]}", "m.json:1: constants: 'A B' is no name; expected letters, digits and _")]
    [InlineData("{\"constants\":{\"A\":true},\"events\":[]}", "m.json:1: constants: A: expected an expression or a number, found true")]
    [InlineData("{\"constants\":{\"A\":1.5},\"events\":[]}", "m.json:1: constants: A: expected an operator or the end at '.5'")]
    [InlineData("{\"linear_map\":\"yes\",\"events\":[]}", "m.json:1: linear_map: expected \"learn\", or an object with \"virtual\" and \"physical\", the addresses of one place, found a text")]
    [InlineData("{\"linear_map\":{\"virtual\":1},\"events\":[]}", "m.json:1: linear_map: expected \"learn\", or an object with \"virtual\" and \"physical\", the addresses of one place")]
    [InlineData("{\"events\":[\n{\"event\":\"e\"}]}", "m.json:2: e: expected \"emit\", what the event becomes: an object, a list, or [] for nothing")]
    [InlineData("{\"events\":[5]}", "m.json:1: events: expected an object with \"event\" and \"emit\", found the number 5")]
    [InlineData("{\"events\":[{\"emit\":[]}]}", "m.json:1: an event: expected \"event\", the name of an event, or \"text\", what a trace_printk prints")]
    [InlineData("{\"events\":[{\"event\":\"a b\",\"emit\":[]}]}", "m.json:1: event: 'a b' is no name; expected 'event' or 'system:event'")]
    [InlineData("{\"events\":[{\"event\":\"x:\",\"emit\":[]}]}", "m.json:1: event: 'x:' is no name; expected 'event' or 'system:event'")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emits\":[]}]}", "m.json:1: e: no member 'emits'; expected one of " + Members)]
    [InlineData("{\"events\":[{\"event\":[\"bprint\",\"e\"],\"text\":\"x\",\"emit\":[]}]}", "m.json:1: bprint: a print beside other events; expected two events of the mapping, since trace_printk, bprint, print, bputs, tracing_mark_write, bpf_trace_printk are told by their \"text\"")]
    [InlineData("{\"events\":[{\n\"text\":\"{p} x\",\"emit\":[]}]}", "m.json:2: {p} x: text: '{p} x' begins with a field or blank, and every printed text is compared with it; expected a word first")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"\",\"emit\":[]}]}", "m.json:1: e: text: an empty text; expected the event's text with its fields in braces")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {b\",\"emit\":[]}]}", "m.json:1: e: text: expected '}' behind '{b'")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a }b\",\"emit\":[]}]}", "m.json:1: e: text: expected '{' before '}b', or '}}' for a brace")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {b:q}\",\"emit\":[]}]}", "m.json:1: e: text: '{b:q}': 'q' is no form; expected {name}, {name:x} for hex without 0x or {name:s} for text")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {}\",\"emit\":[]}]}", "m.json:1: e: text: '{}': expected a name of letters, digits and _ in the braces")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {b}{c}\",\"emit\":[]}]}", "m.json:1: e: text: '{c}' follows another field; expected text between them")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {b} {b}\",\"emit\":[]}]}", "m.json:1: e: text: '{b}': a second field of this name; expected another name, or _ for what is not wanted")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {b}\",\"hex\":[\"b\"],\"emit\":[]}]}", "m.json:1: e: hex: the fields of a text tell it themselves; expected {name:x} in the text")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"text\":\"a {b} {c}\",\"when\":\"d\",\"emit\":[]}]}", "m.json:1: e: when: 'd' is no field of the text; expected one of b, c")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"let\":{\"x\":\"a\",\"a\":\"1\"},\"emit\":[]}]}", "m.json:1: e: let: 'a' is a field of the event already; expected another name")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emit\":{}}]}", "m.json:1: e: emit: expected \"event\", one of pgtable_write, tlbi, barrier,", "print")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emit\":{\"event\":\"pte\"}}]}", "m.json:1: e: emit: no event 'pte' in the vocabulary; expected one of pgtable_write, tlbi, barrier,", "print")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emit\":{\"event\":\"pgtable_write\",\"pa\":1}}]}", "m.json:1: e: emit pgtable_write: expected \"new\"")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emit\":{\"event\":\"tlbi\",\"op\":\"alle1\",\n\"val\":1}}]}", "m.json:2: e: emit tlbi: no key 'val'; expected one of op, arg, pc, event, note, when, repeat")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emit\":{\"event\":\"tlbi\",\"op\":[]}}]}", "m.json:1: e: tlbi: op: expected a text, found a list")]
    [InlineData("{\"events\":[{\"event\":\"e\",\"emit\":{\"event\":\"tlbi\",\"op\":\"{x\"}}]}", "m.json:1: e: tlbi: op: expected '}' behind '{x'")]
    public void Mapping_is_refused(string json, string expected, string end = "")
    {
        var message = Mappings.Refusal(json);
        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.EndsWith(end.Length > 0 ? end : expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_a_byte_order_mark_and_trailing_commas_are_allowed() =>
        Assert.Single(Mappings.Of("\ufeff{ // why\n \"events\": [ { \"event\": \"e\", \"emit\": [], }, ] /* end */ }").Rules);

    [Fact]
    public void File_that_cannot_be_read_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.EndsWith("none.json: no such file; expected a mapping of events", Refusal(folder["none.json"]), StringComparison.Ordinal);
        Assert.Equal($"{folder.Root}: a directory; expected a mapping of events", Refusal(folder.Root));
        var path = folder.Write("bad.json", [(byte)'{', (byte)'"', 0xff, 0xfe, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        Assert.Contains("expected a mapping of events", Refusal(path), StringComparison.Ordinal);

        static string Refusal(string path) => Assert.Throws<ImportException>(() => EventMapping.Load(path)).Message;
    }

    [Fact]
    public void Schema_has_the_members_that_are_read()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "schema", "events.schema.json")));
        var root = schema.RootElement;
        Assert.Equal(MappingReader.FileMembers.Order(), Names(root).Order());
        Assert.Equal(MappingReader.EventMembers.Order(), Names(root.GetProperty("$defs").GetProperty("event")).Order());
        var outputs = root.GetProperty("$defs").GetProperty("output").GetProperty("oneOf").EnumerateArray().ToList();
        Assert.Equal(VocabularyOutput.All.Select(output => output.Name), outputs.Select(output => output.GetProperty("title").GetString()));
        Assert.All(VocabularyOutput.All.Zip(outputs), pair =>
        {
            var (output, json) = pair;
            Assert.Equal(output.Name, json.GetProperty("properties").GetProperty("event").GetProperty("const").GetString());
            Assert.Equal(output.Keys.Select(key => key.Name).Concat(MappingReader.OutputMembers).Order(), Names(json).Order());
            Assert.Equal(
                output.Keys.Where(key => key.IsRequired).Select(key => key.Name).Prepend("event").Order(),
                json.GetProperty("required").EnumerateArray().Select(name => name.GetString()).Order());
            Assert.Equal(output.TakesAnyKey, json.GetProperty("additionalProperties").ValueKind == JsonValueKind.Object);
        });

        static IEnumerable<string> Names(JsonElement json) => json.GetProperty("properties").EnumerateObject().Select(member => member.Name);
    }
}
