using System.Collections.Concurrent;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Traces;

/// <summary>Finds captures: the small ones are part of the repository, the large ones stand beside it on some machines.</summary>
internal static class CaptureFile
{
    private static readonly string Inside = Path.Combine(TraceFile.Folder, "captures");

    private static readonly string Outside = Path.Combine(RepositoryPaths.Root, "..", "shared", "captures");

    /// <summary>True where the large captures are.</summary>
    public static bool HasLarge => Directory.Exists(Outside);

    /// <summary>Names of the captures in the repository.</summary>
    public static IEnumerable<string> InRepository => CapturesIn(Inside);

    /// <summary>Names of all captures that there are.</summary>
    public static IEnumerable<string> All => HasLarge ? InRepository.Union(CapturesIn(Outside)).Order(StringComparer.Ordinal) : InRepository;

    /// <summary>The path of a capture or of its labels; the test is skipped where it is absent.</summary>
    public static string Find(string name)
    {
        var path = Path.Combine(Inside, name);
        if (!File.Exists(path))
        {
            path = Path.Combine(Outside, name);
        }

        Assert.SkipUnless(File.Exists(path), $"needs the capture ../shared/captures/{name}");
        return path;
    }

    /// <summary>The capture, decompressed line by line.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var text = new StreamReader(
            new System.IO.Compression.GZipStream(File.OpenRead(Find(name)), System.IO.Compression.CompressionMode.Decompress),
            System.Text.Encoding.Latin1);
        while (text.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static IEnumerable<string> CapturesIn(string folder) =>
        Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)!)
            .Where(name => name.Contains(".ftrace.", StringComparison.Ordinal) || name.Contains(".trace_pipe.", StringComparison.Ordinal)
                || name.Contains(".trace-cmd-report.", StringComparison.Ordinal) || name.Contains(".trace.dat", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}

/// <summary>Replays each capture once, however many tests ask for it.</summary>
public sealed class CaptureReplays
{
    private readonly ConcurrentDictionary<string, Lazy<ReplaySummary>> _summaries = new(StringComparer.Ordinal);

    /// <summary>What replaying a capture gave.</summary>
    public ReplaySummary Of(string name)
    {
        var path = CaptureFile.Find(name);
        return _summaries.GetOrAdd(name, _ => new Lazy<ReplaySummary>(() => Replay(path, engine => engine))).Value;
    }

    /// <summary>What replaying a capture gives where nothing tells that a page is no table any more.</summary>
    public static ReplaySummary WithoutFreesOf(string name) => Replay(CaptureFile.Find(name), engine => new WithoutFrees(engine));

    // Straight from the text and without a database: twice as fast, and the database has tests of its own.
    private static ReplaySummary Replay(string path, Func<ReplayEngine, IEventSink> filter)
    {
        var names = new NameTable();
        var collector = new TraceFactsCollector(names);
        var source = TraceSource.Read(path, collector, names, new ImportProblems());
        var facts = collector.Facts(source.Text.Clock, source.Text.HeaderCpuCount);
        var engine = new ReplayEngine(facts, names, new ReplayOptions(), DiscardedRows.Instance);
        TraceSource.Read(path, filter(engine), names, new ImportProblems());
        return engine.Finish();
    }
}
