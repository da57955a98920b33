using TraceReplay.Report;
using TraceReplay.Rules;
using Xunit;

namespace TraceReplay.Tests.Schema;

public sealed class QueryHeaderTests
{
    private const string Complete = "-- title: T\n-- summary: S one\n-- summary: S two\n";

    [Fact]
    public void A_header_is_read()
    {
        var query = QueryHeader.Parse(
            "q",
            Complete + "-- param: pa address required where\n-- param: limit integer 10 how many\n-- param: rule text NULL which\n"
            + "-- column: a first\nSELECT 1 AS a ORDER BY a;\n");
        Assert.Equal("T", query.Title);
        Assert.Equal("S one S two", query.Summary);
        Assert.Equal(
            [
                new QueryParameter("pa", QueryParameterType.Address, null, true, "where"),
                new QueryParameter("limit", QueryParameterType.Integer, 10L, false, "how many"),
                new QueryParameter("rule", QueryParameterType.Text, null, false, "which"),
            ],
            query.Parameters);
        Assert.Equal([new QueryColumn("a", "first")], query.Columns);
        Assert.False(query.IsStandardReport);
    }

    [Theory]
    [InlineData("-- title: T\n-- column: a x\nSELECT 1;", "q.sql:3: the header ends here and has no '-- summary:' line")]
    [InlineData("-- title: T\n-- title: U\n", "q.sql:2: a second title")]
    [InlineData("-- title: T\n-- colour: red\n", "q.sql:2: unknown key 'colour'")]
    [InlineData("-- title: T\n--summary: S\n", "q.sql:2: expected '-- key: value'")]
    [InlineData("-- title: T\n-- param: pa number NULL where\n", "q.sql:2: unknown type 'number'")]
    [InlineData("-- title: T\n-- param: pa integer ten where\n", "q.sql:2: the default 'ten' is not of type integer")]
    [InlineData("-- title: T\n-- param: rule rule bbm which\n", "q.sql:2: the default 'bbm' is not of type rule")]
    [InlineData("-- title: T\n-- param: limit integer -1 how many\n", "q.sql:2: the default '-1' is not of type integer")]
    [InlineData("-- title: T\n-- report: yes\n", "q.sql:2: 'report: yes'; expected 'report: no'")]
    [InlineData("-- title: T\n-- param: pa\n", "q.sql:2: expected 'name type default description'")]
    [InlineData("-- title: T\n-- column: a\n", "q.sql:2: expected 'name description'")]
    public void An_incomplete_header_names_file_and_line(string text, string message)
    {
        var error = Assert.Throws<FormatException>(() => QueryHeader.Parse("q", text));
        Assert.StartsWith("schema/queries/" + message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_can_be_no_report_of_its_own()
    {
        Assert.True(QueryHeader.Parse("q", Complete + "-- column: a first\nSELECT 1 AS a ORDER BY a;\n").IsStandardReport);
        Assert.False(QueryHeader.Parse("q", Complete + "-- report: no\n-- column: a first\nSELECT 1 AS a ORDER BY a;\n").IsStandardReport);
        Assert.DoesNotContain("moment", StandardReports.Queries.Select(query => query.Name));
    }

    [Fact]
    public void Parameters_know_their_values()
    {
        Assert.Equal(["error", "warning", "info"], Parameter("findings", "severity").KnownValues);
        Assert.Equal(["certain", "likely", "possible", "unknown"], Parameter("findings", "min_confidence").KnownValues);
        Assert.Equal(RuleCatalogue.All.Select(rule => rule.Id), Parameter("findings", "rule").KnownValues);
        Assert.Equal(Enumerable.Range(1, 30).Select(number => $"T{number}"), Parameter("stale_windows", "class").KnownValues);
        Assert.Empty(Parameter("stale_windows", "limit").KnownValues);
    }

    [Theory]
    [InlineData("events_around", false)]
    [InlineData("event_at", false)]
    [InlineData("event_counts", false)]
    [InlineData("import_problems", false)]
    [InlineData("moment", false)]
    [InlineData("traces", false)]
    [InlineData("findings", true)]
    [InlineData("replay_summary", true)]
    [InlineData("va_history", true)]
    [InlineData("entry_history", true)]
    [InlineData("finding_counts", true)]
    public void A_query_knows_whether_it_reads_what_replay_derives(string name, bool expected) =>
        Assert.Equal(expected, QueryCatalogue.Get(name).NeedsReplay);

    private static QueryParameter Parameter(string query, string name) =>
        QueryCatalogue.Get(query).Parameters.Single(parameter => parameter.Name == name);

    [Theory]
    [InlineData("findngs", "findings")]
    [InlineData("roots", "roots")]
    [InlineData("chunk", "chunk_mismatches")]
    [InlineData("tlbi-sumary", "tlbi_summary")]
    public void A_mistyped_name_finds_the_nearest(string typed, string expected) =>
        Assert.Equal(expected, NameSuggestion.For(typed, QueryCatalogue.All.Select(query => query.Name))[0]);

    [Fact]
    public void A_name_unlike_any_finds_none() =>
        Assert.Empty(NameSuggestion.For("zzzzzzzz", QueryCatalogue.All.Select(query => query.Name)));
}
