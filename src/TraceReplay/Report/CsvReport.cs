using CsvHelper;

namespace TraceReplay.Report;

/// <summary>A result as CSV: RFC 4180 quoting, UTF-8 without a byte order mark, lines ending in <c>\n</c>, NULL empty.</summary>
public static class CsvReport
{
    private static readonly CsvWriterOptions Options = CsvWriterOptions.Default with { NewLine = "\n" };

    /// <summary>Writes the header and all rows; returns the number of rows.</summary>
    public static long Write(IResultRows result, TextWriter output)
    {
        using var csv = CsvWriter.Create(output, Options, leaveOpen: true);
        return Write(result, csv);
    }

    /// <summary>Writes the header and all rows as UTF-8; returns the number of rows.</summary>
    public static long Write(IResultRows result, Stream output)
    {
        using var csv = CsvWriter.Create(output, Options, leaveOpen: true);
        return Write(result, csv);
    }

    /// <summary>Writes a file; one of that name is replaced.</summary>
    public static long WriteFile(IResultRows result, string path)
    {
        try
        {
            using var csv = CsvWriter.ToFile(path, Options);
            return Write(result, csv);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static long Write(IResultRows result, CsvWriter csv)
    {
        csv.WriteHeader([.. result.Columns]);
        long rows = 0;
        while (result.Read())
        {
            for (var i = 0; i < result.Columns.Count; i++)
            {
                WriteField(result, i, csv);
            }

            csv.EndRecord();
            rows++;
        }

        csv.Flush();
        return rows;
    }

    // Integers and texts of a query go from SQLite's memory to the writer's: as objects they cost as much as the rest of a report.
    private static void WriteField(IResultRows rows, int column, CsvWriter csv)
    {
        if (rows is QueryResult text && text.IsText(column))
        {
            csv.WriteField(text.Utf8At(column));
        }
        else if (rows is QueryResult integer && integer.IsInteger(column))
        {
            csv.WriteField(integer.IntegerAt(column));
        }
        else
        {
            csv.WriteField(rows.Value(column));
        }
    }
}
