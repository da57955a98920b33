using TraceReplay.Report;
using Xunit;

namespace TraceReplay.Tests.Report;

public sealed class QueryResultTests
{
    [Fact]
    public void Every_vector_answers_its_rows()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        Assert.All(QueryVector.Read(), vector =>
        {
            var query = QueryCatalogue.Get(vector.Query);
            using var result = QueryResult.Run(database, query, vector.Arguments(query));
            using var text = new StringWriter();
            CsvReport.Write(result, text);
            Assert.Equal(vector.Expected, text.ToString());
        });
    }

    [Fact]
    public void Every_query_has_a_vector()
    {
        var covered = QueryVector.Read().Select(vector => vector.Query).ToHashSet();
        Assert.All(QueryCatalogue.All, query => Assert.Contains(query.Name, covered));
    }

    [Fact]
    public void A_counter_clock_is_printed_as_bare_integers()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"), clock: "counter");
        using var result = QueryResult.Run(database, "event_at", ("seq", 9L));
        Assert.True(result.Read());
        Assert.Equal(1000000009, result.Integer("time"));
    }

    [Fact]
    public void An_unknown_argument_is_refused()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        Assert.Throws<ArgumentException>(() => QueryResult.Run(database, "traces", ("colour", 1L)));
    }

    [Fact]
    public void A_missing_required_argument_is_refused()
    {
        using var directory = new TemporaryDirectory();
        using var database = SampleDatabase.Create(directory.File("sample.db"));
        Assert.Throws<ArgumentException>(() => QueryResult.Run(database, "entry_history"));
    }
}
