using System.Text.RegularExpressions;
using TraceReplay.Cli;
using TraceReplay.Report;
using TraceReplay.Rules;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Docs;

/// <summary>What README.md says is so.</summary>
public sealed partial class ReadmeTests
{
    private const string RulesBegin = "<!-- rules: begin, written by ReadmeTests -->\n";
    private const string RulesEnd = "<!-- rules: end -->\n";
    private const string AcceptVariable = "TRACE_REPLAY_ACCEPT";

    private static string ReadmePath => Path.Combine(RepositoryPaths.Root, "README.md");

    [Fact]
    public void The_table_of_rules_is_the_catalogue()
    {
        var text = File.ReadAllText(ReadmePath);
        var begin = text.IndexOf(RulesBegin, StringComparison.Ordinal) + RulesBegin.Length;
        var end = text.IndexOf(RulesEnd, StringComparison.Ordinal);
        Assert.True(begin >= RulesBegin.Length && end >= begin, "README.md has no marks around its table of rules");
        var expected = RulesTable();
        if (text[begin..end] != expected && Environment.GetEnvironmentVariable(AcceptVariable) == "1"
            && Environment.GetEnvironmentVariable("CI") != "true")
        {
            File.WriteAllText(ReadmePath, text[..begin] + expected + text[end..]);
            return;
        }

        Assert.True(
            text[begin..end] == expected, $"README.md's table of rules is not the catalogue: run the tests with {AcceptVariable}=1 to write it");
    }

    [Fact]
    public void It_is_short() =>
        Assert.InRange(File.ReadLines(ReadmePath).Count(line => !line.StartsWith("| `", StringComparison.Ordinal)), 1, 239);

    [Fact]
    public async Task Commands_and_options_exist()
    {
        using var output = new StringWriter();
        var streams = new CommandStreams(output, output, OutIsTerminal: false, ErrorIsTerminal: false, Width: 80);
        var root = Commands.Create(streams, Pipeline.OfLibrary);
        foreach (var (command, options) in Invocations())
        {
            output.GetStringBuilder().Clear();
            Assert.Equal(0, await Commands.RunAsync([command, "--help"], root, streams));
            var help = output.ToString();
            var known = options.Where(option => !IsQueryParameter(option));
            Assert.All(known, option => Assert.Contains(option, help, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Queries_exist()
    {
        var names = Query().Matches(File.ReadAllText(ReadmePath)).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.NotNull(QueryCatalogue.Find(name)));
    }

    [Fact]
    public void Files_and_folders_exist()
    {
        var paths = RepositoryPath().Matches(File.ReadAllText(ReadmePath)).Select(match => match.Groups[1].Value.TrimEnd('.', ',', '/')).Distinct();
        Assert.All(paths, path => Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, path)), path));
    }

    [Fact]
    public async Task The_tour_prints_what_is_shown()
    {
        using var folder = new TemporaryFolder();
        using var output = new StringWriter { NewLine = "\n" };
        var streams = new CommandStreams(output, TextWriter.Null, OutIsTerminal: false, ErrorIsTerminal: false, Width: 80);
        var root = Commands.Create(streams, Pipeline.OfLibrary);
        var text = File.ReadAllText(ReadmePath);
        var steps = TourStep().Matches(text);
        Assert.Equal(
            ["history", "import", "query", "replay", "slice", "walk"], steps.Select(step => step.Groups[1].Value.Split(' ')[0]).Order(StringComparer.Ordinal));
        foreach (Match step in steps)
        {
            output.GetStringBuilder().Clear();
            var arguments = step.Groups[1].Value.Split(' ').Select(argument => argument switch
            {
                "artifacts/violations.db" => folder["tour.db"],
                _ when argument.StartsWith("traces/", StringComparison.Ordinal) => Path.Combine(RepositoryPaths.Root, argument),
                _ => argument,
            });
            Assert.InRange(await Commands.RunAsync([.. arguments], root, streams), 0, 1);
            var at = 0;
            foreach (var line in step.Groups[2].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[4..]))
            {
                at = output.ToString().IndexOf(line + "\n", at, StringComparison.Ordinal);
                Assert.True(at >= 0, $"README.md shows, but the tool does not print in this order: {line}");
                at += line.Length + 1;
            }
        }
    }

    [Fact]
    public async Task The_main_job_gives_what_is_shown()
    {
        var text = File.ReadAllText(ReadmePath);
        var arguments = MainJob().Match(text).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        Assert.NotEmpty(arguments);
        using var folder = new TemporaryFolder();
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var streams = new CommandStreams(output, error, OutIsTerminal: false, ErrorIsTerminal: false, Width: 80);

        // The same arguments, with the results in a folder of the test and the trace found from anywhere.
        var places = new Dictionary<string, string> { ["artifacts/"] = folder["artifacts"] + "/", ["traces/"] = Path.Combine(RepositoryPaths.Root, "traces/") };
        Directory.CreateDirectory(folder["artifacts"]);
        var run = arguments.ConvertAll(argument =>
            places.Keys.FirstOrDefault(place => argument.StartsWith(place, StringComparison.Ordinal)) is { } place
                ? places[place] + argument[place.Length..]
                : argument);
        var status = await Commands.RunAsync(run, Commands.Create(streams, Pipeline.OfLibrary), streams);

        Assert.Equal((int)ExitCode.ErrorsFound, status);
        var printed = places.Aggregate(
            error.ToString() + output, (text, place) => text.Replace(place.Value, place.Key, StringComparison.Ordinal));
        var shown = Block(text, "main-job").Split('\n').Where(line => line is not ("" or "...")).ToList();
        Assert.NotEmpty(shown);
        var at = 0;
        foreach (var line in shown)
        {
            at = printed.IndexOf(line + "\n", at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"README.md shows, but the tool does not print in this order: {line}");
            at += line.Length + 1;
        }
    }

    [Fact]
    public void The_finding_shown_is_what_a_real_boot_gives()
    {
        var capture = CaptureFile.Find("boot-6.12-4k-max-4cpu.ftrace.gz");
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("TRACE_REPLAY_LONG") == "1", "takes a quarter of a minute: TRACE_REPLAY_LONG=1 runs it");
        using var folder = new TemporaryFolder();
        using var output = new StringWriter { NewLine = "\n" };
        var streams = new CommandStreams(output, TextWriter.Null, OutIsTerminal: false, ErrorIsTerminal: false, Width: 80);
        var request = new ImportRequest([capture], folder["boot.db"], Format: null, Force: false);
        AnalyzeCommand.Analyze(
            streams, Pipeline.OfLibrary, request, reports: null, ReplayRequest.Default, TestContext.Current.CancellationToken);
        var printed = output.ToString().Replace(capture, Path.GetFileName(capture), StringComparison.Ordinal);
        Assert.Contains(Block(File.ReadAllText(ReadmePath), "finding"), printed, StringComparison.Ordinal);
    }

    private static string RulesTable() =>
        "| id | severity | title | Arm DDI 0487 |\n| --- | --- | --- | --- |\n"
        + string.Concat(RuleCatalogue.All.Select(rule =>
            $"| `{rule.Id}` | {rule.Severity.ToString().ToLowerInvariant()} | {rule.Title} | {rule.ArmRules} |\n"));

    private static IEnumerable<(string Command, string[] Options)> Invocations() =>
        Invocation().Matches(File.ReadAllText(ReadmePath))
            .Select(match => (match.Groups[1].Value, Option().Matches(match.Groups[2].Value).Select(option => option.Value).ToArray()));

    private static bool IsQueryParameter(string option) =>
        QueryCatalogue.All.Any(query => query.Parameters.Any(parameter => parameter.Option == option));

    // The fenced block behind a mark.
    private static string Block(string text, string name)
    {
        var mark = text.IndexOf($"<!-- shown: {name} -->\n```", StringComparison.Ordinal);
        Assert.True(mark >= 0, $"README.md shows no {name}");
        var begin = text.IndexOf('\n', text.IndexOf("```", mark, StringComparison.Ordinal)) + 1;
        return text[begin..text.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"(?:^|\n) *(?:\$ )?(?:tracereplay|dotnet run --project src/TraceReplay\.Cli -c Release --) ([a-z]+)([^\n]*)")]
    private static partial Regex Invocation();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*")]
    private static partial Regex Option();

    [GeneratedRegex(@"query \S+\.db ([a-z_]+)")]
    private static partial Regex Query();

    [GeneratedRegex(@"dotnet run --project src/TraceReplay\.Cli -c Release -- (analyze [^\n]+)")]
    private static partial Regex MainJob();

    // A command, and the lines below it.
    [GeneratedRegex(@"\n    \$ tracereplay ([^\n]+)((?:\n    (?!\$)[^\n]+)*)")]
    private static partial Regex TourStep();

    [GeneratedRegex(@"(?<![\w/.])((?:src|tests|schema|traces|\.ci)/[\w./-]*\w)(?![*\w])")]
    private static partial Regex RepositoryPath();
}
