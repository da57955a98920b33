using CsvHelper;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Replay;
using TraceReplay.Report;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Tests.Traces;

/// <summary>A trace of the repository's <c>traces</c> folder.</summary>
/// <param name="Name">Path below that folder, with forward slashes.</param>
internal sealed record TraceFile(string Name)
{
    // What the program says about a fault. Left out is what follows from these, such as decoded values, or from the machine.
    private static readonly string[] Columns =
    [
        "rule", "severity", "confidence", "line", "pa", "level", "va", "old", "new", "stale_line", "count", "tlbi_line", "barrier_line",
        "tag", "summary",
    ];

    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "traces");

    public string FullName => Path.Combine(Folder, Name);

    /// <summary>The file of what must be found in it.</summary>
    public string ExpectedPath => Path.ChangeExtension(FullName, ".expected.csv");

    /// <summary>The folder below <c>rules</c>, which is the id of the rule; empty for other traces.</summary>
    public string RuleId => Name.StartsWith("rules/", StringComparison.Ordinal) ? Name.Split('/')[1] : "";

    /// <summary>True when the rule of its folder must be raised.</summary>
    public bool Raises => Path.GetFileName(Name).StartsWith("raises", StringComparison.Ordinal);

    /// <summary>All traces below a folder of <c>traces</c>, in order.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pattern">Which of its files.</param>
    public static IReadOnlyList<TraceFile> Below(string folder, string pattern = "*.trace") =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Folder, folder), pattern, SearchOption.AllDirectories)
            .Select(path => new TraceFile(Path.GetRelativePath(Folder, path).Replace('\\', '/')))
            .OrderBy(trace => trace.Name, StringComparer.Ordinal),
    ];

    /// <summary>The rules that its header expects to be raised, of severity warning or error; null where it has no such line.</summary>
    public IReadOnlyList<string>? Expects()
    {
        const string key = "# Expected: ";
        var line = File.ReadLines(FullName).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal));
        return line?[key.Length..].TrimEnd('.').Split(", ").Where(word => RuleCatalogue.Find(word) is not null).ToList();
    }

    /// <summary>Imports and replays it as the program does.</summary>
    public TraceVerdict Replay()
    {
        using var folder = new TemporaryFolder();
        var import = TraceImporter.Import([FullName], folder["trace.db"], new ImportOptions { Mapping = MappingOf() });
        using var database = TraceDatabase.Open(folder["trace.db"], writable: true);
        var policy = RuleCatalogue.Find(RuleId) is { IsLint: true } ? PolicyOf() with { Lints = true } : PolicyOf();
        var summary = Replayer.Replay(database, new ReplayOptions { Policy = policy });
        return new TraceVerdict(import, summary, FindingsOf(database));
    }

    // Beside a trace of events that are not of the vocabulary.
    private EventMapping? MappingOf()
    {
        var path = Path.ChangeExtension(FullName, ".events.json");
        return File.Exists(path) ? EventMapping.Load(path) : null;
    }

    // A fault that only some ask about: the header says under which policy it is judged.
    private Policy PolicyOf()
    {
        const string key = "# policy: ";
        var line = File.ReadLines(FullName).TakeWhile(text => text.StartsWith('#')).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal));
        return line is null ? Policy.Default : Policy.Parse(line[key.Length..]);
    }

    private static string FindingsOf(TraceDatabase database)
    {
        using var result = QueryResult.Run(database, "findings", ("show_unknown", 1L));
        var output = new StringWriter();
        using (var csv = CsvWriter.Create(output, CsvWriterOptions.Default with { NewLine = "\n" }, leaveOpen: true))
        {
            csv.WriteHeader(Columns);
            while (result.Read())
            {
                foreach (var column in Columns)
                {
                    csv.WriteField(result.Text(column));
                }

                csv.EndRecord();
            }
        }

        return output.ToString();
    }
}

/// <summary>What replaying a trace gave.</summary>
/// <param name="Import">What was read.</param>
/// <param name="Summary">What replay counted and found.</param>
/// <param name="Csv">The findings, as the query prints them.</param>
internal sealed record TraceVerdict(ImportResult Import, ReplaySummary Summary, string Csv);
