using System.Text.RegularExpressions;
using TraceReplay.Report;
using TraceReplay.Store;
using TraceReplay.Tests.Report;
using Xunit;

namespace TraceReplay.Tests.Schema;

/// <summary>What every file of <c>schema/queries</c> must keep to.</summary>
public sealed partial class EveryQueryTests
{
    private const int MaximumColumns = 100;

    public static TheoryData<string> Names => [.. SchemaScripts.Read("queries").Select(script => script.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Answers_the_columns_it_documents_and_runs_on_an_empty_database(string name)
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("empty.db"));
        var query = QueryCatalogue.Get(name);
        var required = query.Parameters.Where(parameter => parameter.IsRequired)
            .ToDictionary(parameter => parameter.Name, _ => (object?)0L);
        using var result = QueryResult.Run(database, query, required);
        Assert.Equal(query.Columns.Select(column => column.Name), result.Columns);
        while (result.Read())
        {
            // Counts are there without any event; no other row may be.
            Assert.Contains(name, (string[])["event_counts", "transition_classes"]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Declares_exactly_the_parameters_it_uses(string name)
    {
        var query = QueryCatalogue.Get(name);
        var used = ParameterUse().Matches(Body(query)).Select(match => match.Groups[1].Value).Distinct().Order();
        Assert.Equal(query.Parameters.Select(parameter => parameter.Name).Order(), used);
    }

    // By itself, or by what it looks up by number: SQLite reads what stands left of a CROSS JOIN first.
    [Theory]
    [MemberData(nameof(Names))]
    public void Is_ordered(string name) =>
        Assert.Matches(
            @"\nORDER BY [^()]*(\([^()]*\)[^()]*|CASE[^;]*)*;\n$|\n  ORDER BY [^()]*\n  LIMIT @limit\n\) AS (\w+)\nCROSS JOIN \w+ AS (\w+) ON \3\.id = \2\.id;\n$",
            QueryCatalogue.Get(name).Sql);

    [Theory]
    [MemberData(nameof(Names))]
    public void Uses_no_banned_pattern(string name)
    {
        var sql = QueryCatalogue.Get(name).Sql;
        var lines = sql.Split('\n');
        Assert.DoesNotContain(lines, line => line.Length >= MaximumColumns);
        Assert.DoesNotContain(lines, line => line.EndsWith(" AND", StringComparison.Ordinal) || line.EndsWith(" OR", StringComparison.Ordinal));
        Assert.DoesNotMatch(@"\t|\r| \n", sql);
        Assert.DoesNotMatch(Banned(), Body(QueryCatalogue.Get(name)));
        Assert.DoesNotMatch(LowerCaseKeyword(), Literal().Replace(Body(QueryCatalogue.Get(name)), "''"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Finds_events_by_their_keys(string name)
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("empty.db"));
        database.CreateIndexes("090_index");
        database.CreateIndexes("091_replay_index");

        // Finding the event of a time where times go backwards; and comparing every final value.
        if (name is not ("moment" or "final_differences"))
        {
            Assert.DoesNotContain(Plan(database, name), EventScan().IsMatch);
        }
    }

    // SQLite copies what it flattens to every place that uses it, and the store before a moment may take reading many.
    [Theory]
    [InlineData("walk_tables")]
    [InlineData("va_history")]
    [InlineData("entry_history")]
    [InlineData("table_history")]
    public void Looks_for_stores_once(string name)
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("empty.db"));
        database.CreateIndexes("090_index");
        database.CreateIndexes("091_replay_index");
        Assert.Single(Plan(database, name), step => step.Contains("store_run", StringComparison.Ordinal));
        Assert.Equal(name == "table_history" ? 0 : 1, Plan(database, name).Count(step => step.Contains("known_run", StringComparison.Ordinal)));
    }

    // An analysis writes its reports while the indexes are made.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_report_needs_no_index(string name)
    {
        using var directory = new TemporaryDirectory();
        using var database = TraceDatabase.Create(directory.File("empty.db"));
        var without = Plan(database, name);
        database.CreateIndexes("090_index");
        database.CreateIndexes("091_replay_index");
        var query = QueryCatalogue.Get(name);
        if (query.IsStandardReport)
        {
            Assert.Equal(without, Plan(database, name));
        }
    }

    [Fact]
    public void No_parameter_hides_an_option_of_the_query_command() =>
        Assert.DoesNotContain(
            QueryCatalogue.All.SelectMany(query => query.Parameters),
            parameter => parameter.Option is "--out" or "--format" or "--help" or "--version");

    private static List<string> Plan(TraceDatabase database, string name)
    {
        var query = QueryCatalogue.Get(name);
        using var plan = QueryResult.Run(
            database,
            query with { Sql = "EXPLAIN QUERY PLAN " + query.Sql },
            query.Parameters.Where(parameter => parameter.IsRequired).ToDictionary(parameter => parameter.Name, _ => (object?)0L));
        List<string> steps = [];
        while (plan.Read())
        {
            steps.Add(plan.Text("detail"));
        }

        return steps;
    }

    private static string Body(CannedQuery query) =>
        string.Join('\n', query.Sql.Split('\n').Where(line => !line.TrimStart().StartsWith("--", StringComparison.Ordinal)));

    [GeneratedRegex("@([a-z_]+)")]
    private static partial Regex ParameterUse();

    // The event tables stand under their own names in the plans of the view event, and as w and k elsewhere.
    [GeneratedRegex("^SCAN (pgtable_write|tlbi|barrier|descriptor_known|sysreg_write|w|k)$")]
    private static partial Regex EventScan();

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Literal();

    // Statements that change something, outer joins that SQLite turns around, and results whose shape nobody documented.
    [GeneratedRegex(@"\b(INSERT|UPDATE|DELETE|CREATE|DROP|PRAGMA|ATTACH|RIGHT JOIN|FULL JOIN|NATURAL)\b|SELECT \*\s*FROM [a-z_]+ *;")]
    private static partial Regex Banned();

    [GeneratedRegex(@"(?<!@)\b(select|from|where|join|on|and|or|order by|group by|union|with|values|case|when|then|else|end|null|is|in|as|not|limit)\b")]
    private static partial Regex LowerCaseKeyword();
}
