using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay import</c>: traces into a database.</summary>
internal static class ImportCommand
{
    /// <summary>The work.</summary>
    public static ExitCode Import(
        CommandStreams streams, Pipeline pipeline, ImportRequest request, CancellationToken cancellation)
    {
        NewDatabaseFile.Check(request.DatabasePath!, request.Paths, request.Force);
        using (var progress = ProgressLine.Start(streams, "import", isBytes: true))
        {
            pipeline.Import(request, progress, cancellation);
        }

        using var database = TraceDatabase.Open(request.DatabasePath!, writable: false);
        WriteSummary(database, streams.Error);
        return InfoReport.IsDamaged(database) || InfoReport.IsIncomplete(database) ? ExitCode.BadInput : ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams, Pipeline pipeline)
    {
        var traces = CommonOptions.Traces();
        var database = CommonOptions.NewDatabase(isRequired: true);
        var force = CommonOptions.Force();
        var format = CommonOptions.Format();
        var command = new Command("import", "Read traces into a database.") { traces, database, format, force };
        command.SetWork(streams, (parse, cancellation) => Import(
            streams,
            pipeline,
            new ImportRequest(
                parse.GetRequiredValue(traces), parse.GetValue(database), parse.GetValue(format), parse.GetValue(force)),
            cancellation));
        return command;
    }

    /// <summary>What came in, and what did not.</summary>
    internal static void WriteSummary(TraceDatabase database, TextWriter output)
    {
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            output.WriteLine(
                $"{traces.Text("path")}: {Number.Counted(traces.Integer("events") ?? 0, "event", "events")} in "
                + $"{Number.Counted(traces.Integer("line_count") ?? 0, "line", "lines")}, format {traces.Text("format")}"
                + (traces.Integer("is_damaged") == 1 ? "; damaged: read only in part" : ""));
        }

        using var problems = QueryResult.Run(database, "problem_totals");
        while (problems.Read())
        {
            output.WriteLine(
                $"{problems.Text("severity")}: {Number.Format(problems.Integer("count") ?? 0)} x {problems.Text("kind")}: {problems.Text("help")}");
        }
    }
}
