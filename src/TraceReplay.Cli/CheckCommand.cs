using System.CommandLine;
using TraceReplay.Checks;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay check</c>: the kernel's own dump of its tables beside the replayed ones.</summary>
internal static class CheckCommand
{
    /// <summary>The work.</summary>
    public static ExitCode Check(
        CommandStreams streams, string path, string dumpPath, string? at, (string? Format, string? File) result, CancellationToken cancellation)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database);
        var moment = Moment.Find(database, at);
        if (moment.Note is not null)
        {
            streams.Error.WriteLine($"tracereplay: {moment.Note}");
        }

        if (TableCheck.Run(database, ReadDump(dumpPath), moment.Seq, cancellation) is not { } check)
        {
            throw new DatabaseException($"{path}: the trace does not tell TCR_EL1 and the kernel's root by then; check needs both");
        }

        var rows = new ListedRows(
            ["start", "end", "dump", "replayed", "line"],
            check.Disagreements.Select(entry => (string[])
            [
                AddressText.Format(entry.First), AddressText.Format(entry.Last + 1), entry.Dumped.ToString(), entry.Replayed.ToString(),
                Number.Format(entry.Dumped.Line),
            ]));
        ResultOutput.Write(rows, ResultOutput.FormatOf(result.Format, result.File, streams), result.File, streams);
        var unknown = check.UnknownBytes == 0 ? "" : $"; {Number.Size((long)check.UnknownBytes)} not known to replay";
        streams.Error.WriteLine(
            $"tracereplay: root {AddressText.Format(check.Root)}, {Number.Size((long)check.MappedBytes)} mapped of {Number.Size((long)check.ComparedBytes)} compared{unknown}: "
            + (check.Disagreements.Count == 0
                ? "the dump agrees with the replayed tables"
                : $"{Number.Counted(check.Disagreements.Count, "range", "ranges")} in which the dump disagrees with the replayed tables"));
        return check.Disagreements.Count == 0 ? ExitCode.Clean : ExitCode.ErrorsFound;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var dump = new Option<string>("--ptdump")
        {
            Description = "The text of /sys/kernel/debug/kernel_page_tables, plain or gzip.",
            HelpName = "file",
            Required = true,
        };
        var at = new Option<string?>("--at")
        {
            Description = "When the dump was made: line:N, seq:N, or a time as the trace prints it; the end of the trace when not given.",
            HelpName = "place",
        };
        var format = new Option<string?>("--format") { Description = "table, csv or json.", HelpName = "name" };
        format.AcceptOnlyFromAmong(ResultOutput.Formats);
        var output = new Option<string?>("--out") { Description = "File to write; the output when not given.", HelpName = "file" };
        var command = new Command("check", "Compare the kernel's own dump of its tables with the replayed ones.") { database, dump, at, format, output };
        command.SetWork(streams, (parse, cancellation) => Check(
            streams, parse.GetRequiredValue(database), parse.GetRequiredValue(dump), parse.GetValue(at),
            (parse.GetValue(format), parse.GetValue(output)), cancellation));
        return command;
    }

    private static IReadOnlyList<MappedRange> ReadDump(string path)
    {
        try
        {
            return KernelPageTables.Read(path);
        }
        catch (FormatException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path}: no such file; expected the text of kernel_page_tables", e);
        }
    }
}
