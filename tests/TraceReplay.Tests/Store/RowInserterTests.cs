using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Store;

namespace TraceReplay.Tests.Store;

public sealed class RowInserterTests
{
    // Few values, so that many stand where the rows before had the same one, or one of another kind.
    private static readonly object?[] Values = [null, 0L, 1L, long.MinValue, "", "allowed", "completed"];

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(2000)]
    public void Rows_are_read_as_they_were_added(int rows)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        connection.Execute("CREATE TABLE row (id INTEGER PRIMARY KEY, a, b, c)");
        var random = new Random(rows);
        List<(object?, object?, object?)> expected = [];
        using (var inserter = new RowInserter(connection.Handle!, "row", "id, a, b, c", 4))
        {
            for (var id = 1; id <= rows; id++)
            {
                var row = (Any(random), Any(random), Any(random));
                expected.Add(row);
                Add(Add(Add(inserter.Row().Add(id), row.Item1), row.Item2), row.Item3).Insert();
            }

            inserter.Flush();
        }

        Assert.Equal(expected, connection.Query<(object?, object?, object?)>("SELECT a, b, c FROM row ORDER BY id"));
    }

    private static object? Any(Random random) => Values[random.Next(Values.Length)];

    private static RowInserter Add(RowInserter row, object? value) => value switch
    {
        null => row.Add((long?)null),
        long number => row.Add(number),
        _ => row.Add((string)value),
    };
}
