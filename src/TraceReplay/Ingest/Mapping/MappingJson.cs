using System.Text.Json;

namespace TraceReplay.Ingest.Mapping;

/// <summary>A value of a JSON file that knows its line; comments and trailing commas are allowed.</summary>
internal sealed class MappingJson
{
    // A mapping is written by hand; this is far above any.
    private const int LargestFile = 4 << 20;

    /// <summary>What it is: an object, an array, a string, a number, true, false or null.</summary>
    public required JsonTokenType Type { get; init; }

    /// <summary>1-based line it begins at.</summary>
    public required int Line { get; init; }

    /// <summary>A string without its quotes, or a number as written.</summary>
    public string Text { get; init; } = "";

    /// <summary>Values of an array.</summary>
    public IReadOnlyList<MappingJson> Items { get; init; } = [];

    /// <summary>Members of an object, in the order of the file.</summary>
    public IReadOnlyList<(string Name, MappingJson Value)> Members { get; init; } = [];

    /// <summary>What it is, for messages.</summary>
    public string Kind => Type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => $"the number {Text}",
        JsonTokenType.Null => "null",
        _ => Type.ToString().ToLowerInvariant(),
    };

    /// <summary>The member of this name, or null.</summary>
    public MappingJson? Member(string name) => Members.FirstOrDefault(member => member.Name == name).Value;

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">Its content.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ImportException">It is not JSON, or an object names a member twice.</exception>
    public static MappingJson Parse(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length > LargestFile)
        {
            throw new ImportException($"{file}: {bytes.Length} bytes; expected a mapping of events, of at most {LargestFile}");
        }

        var mark = "\ufeff"u8;
        var text = bytes.StartsWith(mark) ? bytes[mark.Length..] : bytes;
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            reader.Read();
            var lines = new LineCounter();
            var value = Read(ref reader, text, ref lines, file);
            reader.Read();
            return value;
        }
        catch (JsonException e)
        {
            var line = (e.LineNumber ?? 0) + 1;
            throw new ImportException($"{file}:{line}: no JSON ({ImportProblems.Printable(Cause(e))}); expected a mapping of events", e);
        }
        catch (InvalidOperationException e)
        {
            // A string that is not UTF-8, or half of a surrogate pair.
            throw new ImportException($"{file}: a text that is not Unicode ({e.Message}); expected a mapping of events in UTF-8", e);
        }
    }

    private static MappingJson Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> text, ref LineCounter lines, string file)
    {
        var line = lines.At(text, reader.TokenStartIndex);
        var type = reader.TokenType;
        switch (type)
        {
            case JsonTokenType.StartObject:
                var members = new List<(string, MappingJson)>();
                var names = new HashSet<string>(StringComparer.Ordinal);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    if (!names.Add(name))
                    {
                        throw new ImportException($"{file}:{lines.At(text, reader.TokenStartIndex)}: '{name}' is there more than once; expected it once in an object");
                    }

                    reader.Read();
                    members.Add((name, Read(ref reader, text, ref lines, file)));
                }

                return new MappingJson { Type = type, Line = line, Members = members };
            case JsonTokenType.StartArray:
                var items = new List<MappingJson>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Read(ref reader, text, ref lines, file));
                }

                return new MappingJson { Type = type, Line = line, Items = items };
            case JsonTokenType.String:
                return new MappingJson { Type = type, Line = line, Text = reader.GetString()! };
            default:
                return new MappingJson { Type = type, Line = line, Text = System.Text.Encoding.UTF8.GetString(reader.ValueSpan) };
        }
    }

    // Without the place, which the library appends.
    private static string Cause(JsonException e)
    {
        var place = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (place < 0 ? e.Message : e.Message[..place]).TrimEnd('.');
    }

    // Tokens come in the order of the file.
    private struct LineCounter
    {
        private int _line;
        private int _at;

        public int At(ReadOnlySpan<byte> text, long index)
        {
            var to = (int)Math.Min(index, text.Length);
            _line += text[_at..to].Count((byte)'\n');
            _at = to;
            return _line + 1;
        }
    }
}
