using System.Text.RegularExpressions;
using TraceReplay.Store;
using Xunit;

namespace TraceReplay.Tests.Schema;

/// <summary>Every column says its unit or meaning in a trailing comment, at its table or where its name occurs first.</summary>
public sealed partial class SchemaDocumentationTests
{
    // Explained once above the event tables.
    private static readonly string[] CommonEventColumns = ["seq", "line", "time_ns", "cpu", "task_id"];

    // Names that say it all: a comment would only repeat them.
    private static readonly string[] SelfEvident =
    [
        "value", "text_id", "previous_pid", "next_pid", "title", "explanation", "entries_compared", "stores", "from_seq",
        "old_space_id", "new_space_id", "old_decoded", "new_decoded", "stale_line", "tlbi_line", "barrier_line",
    ];

    [Fact]
    public void Every_column_is_documented()
    {
        var columns = Columns().ToList();
        var documented = columns.Where(column => column.Comment.Length > 0).Select(column => column.Name)
            .Concat(CommonEventColumns).Concat(SelfEvident).ToHashSet();
        Assert.All(columns, column => Assert.Contains(column.Name, documented));
    }

    [Fact]
    public void Every_exception_is_needed() =>
        Assert.All(CommonEventColumns.Concat(SelfEvident), name => Assert.Contains(Columns(), column => column.Name == name));

    [Fact]
    public void Every_table_has_a_comment_above_it()
    {
        foreach (var (name, text) in SchemaScripts.Read("tables").Concat(SchemaScripts.Read("views")))
        {
            var lines = text.Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                if (lines[i].StartsWith("CREATE TABLE", StringComparison.Ordinal) || lines[i].StartsWith("CREATE VIEW", StringComparison.Ordinal))
                {
                    Assert.True(i > 0 && lines[i - 1].StartsWith("--", StringComparison.Ordinal), $"{name}:{i + 1}");
                }
            }
        }
    }

    private static IEnumerable<(string Table, string Name, string Comment)> Columns()
    {
        foreach (var (_, text) in SchemaScripts.Read("tables"))
        {
            var table = "";
            foreach (var line in text.Split('\n'))
            {
                if (Table().Match(line) is { Success: true } start)
                {
                    table = start.Groups[1].Value;
                }
                else if (table.Length > 0 && Column().Match(line) is { Success: true } column)
                {
                    // A foreign key and a list of values say what a column holds as well as a comment does.
                    var isConstrained = line.Contains("REFERENCES", StringComparison.Ordinal) || line.Contains("CHECK", StringComparison.Ordinal);
                    yield return (table, column.Groups[1].Value, isConstrained ? line : column.Groups[2].Value);
                }
            }
        }
    }

    [GeneratedRegex(@"^CREATE TABLE (\w+)")]
    private static partial Regex Table();

    [GeneratedRegex(@"^  ([a-z][a-z0-9_]*) +(?:INTEGER|TEXT)[^-]*(?:-- (.*))?$")]
    private static partial Regex Column();
}
