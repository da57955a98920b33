using TraceReplay.Report;
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
    [InlineData("-- title: T\n-- param: pa\n", "q.sql:2: expected 'name type default description'")]
    [InlineData("-- title: T\n-- column: a\n", "q.sql:2: expected 'name description'")]
    public void An_incomplete_header_names_file_and_line(string text, string message)
    {
        var error = Assert.Throws<FormatException>(() => QueryHeader.Parse("q", text));
        Assert.StartsWith("schema/queries/" + message, error.Message, StringComparison.Ordinal);
    }

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
