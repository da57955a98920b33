using CsvHelper;
using SQLitePCL;

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
        var columns = result.Columns.Count;
        var query = result as QueryResult;
        long rows = 0;
        while (result.Read())
        {
            for (var i = 0; i < columns; i++)
            {
                if (query is null || !WriteCell(query.Cell(i), csv))
                {
                    csv.WriteField(result.Value(i));
                }
            }

            csv.EndRecord();
            rows++;
        }

        csv.Flush();
        return rows;
    }

    // Integers and texts of a query go from SQLite's memory to the writer's: as objects they cost as much as the rest of a report.
    private static bool WriteCell(ResultCell cell, CsvWriter csv)
    {
        switch (cell.Type)
        {
            case raw.SQLITE_TEXT:
                csv.WriteField(cell.Utf8);
                return true;
            case raw.SQLITE_INTEGER:
                csv.WriteField(cell.Integer);
                return true;
            case raw.SQLITE_NULL:
                csv.WriteField((object?)null);
                return true;
            default:
                return false;
        }
    }
}
