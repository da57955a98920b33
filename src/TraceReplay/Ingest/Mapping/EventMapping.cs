namespace TraceReplay.Ingest.Mapping;

/// <summary>A file that says which events of a trace are which of the vocabulary; its form is <c>schema/events.schema.json</c>.</summary>
public sealed class EventMapping
{
    internal EventMapping(string file, IReadOnlyList<MappingRule> rules, LinearMap? linearMap, bool learnsLinearMap)
    {
        File = file;
        Rules = rules;
        LinearMap = linearMap;
        LearnsLinearMap = learnsLinearMap;
    }

    /// <summary>Name of the file, for messages.</summary>
    public string File { get; }

    /// <summary>The kernel's linear map; null where it is not told or not learnt yet.</summary>
    public LinearMap? LinearMap { get; }

    /// <summary>True when the linear map must be learnt from the trace before it is read.</summary>
    public bool LearnsLinearMap { get; }

    internal IReadOnlyList<MappingRule> Rules { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ImportException">It cannot be read, or is no mapping; the message names the line and what was expected.</exception>
    public static EventMapping Load(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ImportException($"{path}: a directory; expected a mapping of events");
        }

        try
        {
            return Parse(System.IO.File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImportException($"{path}: no such file; expected a mapping of events", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ImportException($"{path}: cannot be read ({e.Message}); expected a mapping of events", e);
        }
    }

    /// <summary>Reads the content of a file.</summary>
    /// <param name="json">UTF-8; comments and trailing commas are allowed.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="ImportException">It is no mapping; the message names the line and what was expected.</exception>
    public static EventMapping Parse(ReadOnlySpan<byte> json, string file) => new MappingReader(file).Read(MappingJson.Parse(json, file));

    /// <summary>The mapping at work on one source.</summary>
    internal EventHook Start() => new MappedEvents(this);

    /// <summary>The same mapping with a linear map that was learnt.</summary>
    public EventMapping WithLinearMap(LinearMap map) => new(File, Rules, map, learnsLinearMap: false);
}
