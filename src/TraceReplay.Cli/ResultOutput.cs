using System.Text;
using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>Prints rows as a table, CSV or JSON.</summary>
internal static class ResultOutput
{
    /// <summary>Names of the formats.</summary>
    public static readonly string[] Formats = [Table, "csv", "json"];

    /// <summary>The format for somebody who reads it.</summary>
    public const string Table = "table";

    /// <summary>The format of a result: as asked for, or as the file is called, else a table on a terminal and CSV elsewhere.</summary>
    public static string FormatOf(string? asked, string? file, CommandStreams streams)
    {
        if (asked is not null)
        {
            return asked;
        }

        if (file is not null)
        {
            return file.EndsWith(".json", StringComparison.Ordinal) ? "json" : "csv";
        }

        return streams.OutIsTerminal ? Table : "csv";
    }

    /// <summary>Prints to a file, or to the results when there is none.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(IResultRows rows, string format, string? file, CommandStreams streams)
    {
        if (file is null)
        {
            Write(rows, format, streams);
            return;
        }

        StorageFault.Guard(file, isDirectory: false, () =>
        {
            // Written in place, not renamed into it: the name may be a pipe or a device.
            using var output = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
            Write(rows, format, streams with { Out = output, OutIsTerminal = false });
        });
    }

    private static void Write(IResultRows rows, string format, CommandStreams streams)
    {
        switch (format)
        {
            case "json":
                JsonReport.Write(rows, streams.Out);
                break;
            case "csv":
                CsvReport.Write(rows, streams.Out);
                break;
            default:
                TableReport.Write(rows, streams);
                break;
        }
    }
}
