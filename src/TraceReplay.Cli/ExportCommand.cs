using System.CommandLine;
using System.Text;
using TraceReplay.Events;
using TraceReplay.Export;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay export</c>: the events of a database in another tool's form, or back in ftrace's.</summary>
internal static class ExportCommand
{
    private const string Casemate = "casemate";

    private static readonly string[] Formats = ["ftrace", Casemate, "csv"];

    /// <summary>The work.</summary>
    public static ExitCode Export(CommandStreams streams, string path, string format, string? file, CancellationToken cancellation)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        if (file is null)
        {
            Write(database, format, streams.Out, streams.Error, cancellation);
            return ExitCode.Clean;
        }

        if (Path.GetFullPath(file.Length == 0 ? "." : file) == Path.GetFullPath(path))
        {
            throw new UsageException($"{file}: the database itself", "another name after --out");
        }

        StorageFault.Guard(file, isDirectory: false, () =>
        {
            using var output = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
            Write(database, format, output, streams.Error, cancellation);
        });
        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var format = new Option<string>("--format")
        {
            Description = "ftrace: what an import reads back as it was; casemate: a log for the casemate checker; csv: one row an event.",
            HelpName = "name",
            DefaultValueFactory = _ => Formats[0],
        };
        format.AcceptOnlyFromAmong(Formats);
        var output = new Option<string?>("--out") { Description = "File to write; the output when not given.", HelpName = "file" };
        var command = new Command("export", "Write the events as ftrace text, as a casemate log or as CSV.") { database, format, output };
        command.SetWork(streams, (parse, cancellation) => Export(
            streams, parse.GetRequiredValue(database), parse.GetRequiredValue(format), parse.GetValue(output), cancellation));
        return command;
    }

    private static void Write(TraceDatabase database, string format, TextWriter output, TextWriter notes, CancellationToken cancellation)
    {
        var reader = new EventReader(database);
        switch (format)
        {
            case Casemate:
                var casemate = new CasemateWriter(output, reader.Names, SourceNames(database));
                reader.Read(casemate, cancellation);
                foreach (var (what, count) in casemate.Skipped)
                {
                    notes.WriteLine($"tracereplay: left out, as casemate cannot express it: {Number.Format(count)} x {what}");
                }

                break;
            case "csv":
                using (var csv = new CsvEventWriter(output, reader.Names))
                {
                    reader.Read(csv, cancellation);
                }

                break;
            default:
                reader.Read(Ftrace(database, reader, output), cancellation);
                break;
        }
    }

    private static FtraceWriter Ftrace(TraceDatabase database, EventReader reader, TextWriter output)
    {
        var facts = reader.ReadFacts();
        var overwritten = 0L;
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            overwritten += traces.Integer("overwritten_events") ?? 0;
        }

        return new FtraceWriter(output, reader.Names, facts.Clock, facts.CpuCount, overwritten);
    }

    private static List<string> SourceNames(TraceDatabase database)
    {
        List<string> names = [];
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            names.Add(Path.GetFileName(traces.Text("path")));
        }

        return names.Count > 0 ? names : [""];
    }
}
