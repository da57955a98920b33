using System.Globalization;
using Spectre.Console;
using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>A result for somebody to look at: a table where it fits the terminal, else one block of lines a row.</summary>
internal static class TableReport
{
    // A column of sentences can be wrapped, but not to less than this.
    private const int NarrowestText = 30;

    // A table is laid out in memory, and nobody reads more on a terminal.
    private const int MaximumRows = 1000;

    /// <summary>Writes the rows; a note about those left out goes to the error stream.</summary>
    public static void Write(IResultRows result, CommandStreams streams)
    {
        List<string[]> rows = [];
        var isCut = false;
        while (result.Read())
        {
            if (rows.Count == MaximumRows)
            {
                isCut = true;
                break;
            }

            rows.Add([.. Enumerable.Range(0, result.Columns.Count).Select(i => Text(result.Value(i)))]);
        }

        var columns = result.Columns.Select((name, i) => Measure(name, [.. rows.Select(row => row[i])])).ToList();
        // Each column has a space on both sides and a line between it and the next.
        if (columns.Sum(column => column.Wraps ? NarrowestText : column.Width) + (columns.Count * 3) + 1 <= streams.Width)
        {
            WriteTable(columns, rows, streams);
        }
        else
        {
            WriteBlocks(result.Columns, rows, streams.Out);
        }

        if (isCut)
        {
            streams.Error.WriteLine($"tracereplay: only the first {MaximumRows} rows are shown; --format csv has them all");
        }
    }

    private static Column Measure(string name, IReadOnlyList<string> cells)
    {
        var width = cells.Select(cell => cell.Length).Append(name.Length).Max();
        var isText = cells.All(cell => cell.Length <= NarrowestText || cell.Contains(' ', StringComparison.Ordinal));
        return new Column(name, width, Wraps: width > NarrowestText && isText);
    }

    private static void WriteTable(IReadOnlyList<Column> columns, List<string[]> rows, CommandStreams streams)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(streams.Out),
            Ansi = streams.OutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = streams.Width;
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.Name)) { NoWrap = !column.Wraps });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(text => new Text(text)));
        }

        console.Write(table);
    }

    private static void WriteBlocks(IReadOnlyList<string> columns, List<string[]> rows, TextWriter output)
    {
        var width = columns.Max(column => column.Length);
        for (var number = 0; number < rows.Count; number++)
        {
            output.WriteLine($"-- {number + 1}");
            for (var i = 0; i < columns.Count; i++)
            {
                if (rows[number][i].Length > 0)
                {
                    output.WriteLine($"{columns[i].PadRight(width)}  {rows[number][i]}");
                }
            }
        }
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private sealed record Column(string Name, int Width, bool Wraps);
}
