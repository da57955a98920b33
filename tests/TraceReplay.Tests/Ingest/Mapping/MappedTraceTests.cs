using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest.Mapping;

/// <summary>Each trace of <c>traces/mapped</c> gives, with the mapping beside it, what stands beside it.</summary>
public sealed class MappedTraceTests
{
    public static TheoryData<string> Names => [.. TraceFile.Below("mapped").Select(trace => trace.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Trace_gives_the_expected_findings(string name)
    {
        var trace = new TraceFile(name);
        var verdict = trace.Replay();
        Assert.Empty(verdict.Import.Problems);
        Assert.Single(verdict.Summary.Findings);
        Golden.Check(trace.ExpectedPath, verdict.Csv);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_rule_of_the_mapping_is_used(string name)
    {
        var path = new TraceFile(name).FullName;
        var mapping = EventMapping.Load(Path.ChangeExtension(path, ".events.json"));
        var survey = EventSurvey.Read([path], new ImportOptions { Mapping = mapping }, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(survey.Events, e => e.Meaning == EventMeaning.None);
        var mapped = survey.Events.Where(e => e.Meaning == EventMeaning.Mapping).ToList();
        Assert.All(
            mapping.Rules.SelectMany(rule => rule.Events), name => Assert.Contains(mapped, e => e.Event == name));
    }
}
