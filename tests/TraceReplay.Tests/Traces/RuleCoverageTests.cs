using TraceReplay.Rules;

namespace TraceReplay.Tests.Traces;

/// <summary>No rule without a trace that raises it and one that nearly does.</summary>
public sealed class RuleCoverageTests
{
    // Of the traces that have an expectation beside them.
    private static readonly string[] Extensions = [".trace", ".log", ".tarmac"];

    public static TheoryData<string> RuleIds => [.. RuleCatalogue.All.Select(rule => rule.Id)];

    [Theory]
    [MemberData(nameof(RuleIds))]
    public void Rule_has_a_trace_that_raises_it_and_a_near_miss(string id)
    {
        var traces = TraceFile.Below("rules").Where(trace => trace.RuleId == id).ToList();
        Assert.Contains(traces, trace => trace.Raises);
        Assert.Contains(traces, trace => Path.GetFileName(trace.Name).StartsWith("near_miss", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_folder_is_named_for_a_rule()
    {
        var folders = TraceFile.Below("rules").Select(trace => trace.RuleId).Distinct();
        Assert.DoesNotContain(folders, id => RuleCatalogue.Find(id) is null);
    }

    [Fact]
    public void Every_expectation_belongs_to_a_trace()
    {
        var expected = Directory.EnumerateFiles(TraceFile.Folder, "*.expected.csv", SearchOption.AllDirectories);
        Assert.DoesNotContain(
            expected,
            path => !Extensions.Any(extension => File.Exists(path.Replace(".expected.csv", extension, StringComparison.Ordinal))));
    }

    [Fact]
    public void Every_trace_is_in_the_catalogue()
    {
        var catalogue = File.ReadAllText(Path.Combine(TraceFile.Folder, "README.md"));
        Assert.DoesNotContain(Extensions.SelectMany(extension => TraceFile.Below(".", "*" + extension)), trace => !catalogue.Contains($"({trace.Name})", StringComparison.Ordinal));
    }
}
