using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay analyze</c>: import, replay, the standard reports, and the findings as text.</summary>
internal static class AnalyzeCommand
{
    /// <summary>The work.</summary>
    /// <param name="streams">Where to write.</param>
    /// <param name="pipeline">The steps.</param>
    /// <param name="request">What to import.</param>
    /// <param name="reports">Directory of the standard reports, null for none.</param>
    /// <param name="judgement">How to replay.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static ExitCode Analyze(
        CommandStreams streams,
        Pipeline pipeline,
        ImportRequest request,
        string? reports,
        ReplayRequest judgement,
        CancellationToken cancellation)
    {
        if (reports is not null && File.Exists(reports))
        {
            throw new UsageException($"{reports}: a file; --out takes a directory", "another name after --out");
        }

        ImportCommand.Step(streams, pipeline, request, cancellation);
        using var database = TraceDatabase.Open(request.DatabasePath, writable: true);
        ImportCommand.WriteSummary(database, request, streams.Error);
        ReplayCommand.Step(streams, pipeline, database, judgement, cancellation);
        IReadOnlyList<WrittenReport> written = [];
        if (reports is not null)
        {
            StorageFault.Guard(reports, isDirectory: true, () => written = StandardReports.Write(database, reports));
        }

        FindingReport.Write(database, streams.Out);
        var verdict = Verdict.Read(database);
        streams.Out.WriteLine($"findings: {verdict}");
        InfoReport.WriteReview(database, streams.Out);
        InfoReport.WriteReplay(database, streams.Out);
        streams.Out.WriteLine($"database: {request.DatabasePath}");
        if (reports is not null)
        {
            streams.Out.WriteLine($"reports: {written.Count} CSV files and {StandardReports.PolicyFile} in {reports}");
        }

        return ReplayCommand.Status(database, verdict);
    }

    public static Command Create(CommandStreams streams, Pipeline pipeline)
    {
        var traces = CommonOptions.Traces();
        var database = CommonOptions.NewDatabase();
        var reports = new Option<string?>("--out") { Description = "Directory for the CSV reports.", HelpName = "dir" };
        var force = CommonOptions.Force();
        var judgement = new JudgementOptions();
        var format = CommonOptions.Format();
        var events = CommonOptions.Events();
        var symbols = CommonOptions.Symbols();
        var kaslr = CommonOptions.KaslrOffset();
        var command = new Command("analyze", "Import traces, replay them, and report what is wrong.")
        {
            traces, database, reports, force, format, events, symbols, kaslr,
        };
        judgement.AddTo(command);
        command.SetWork(streams, (parse, cancellation) => Analyze(
            streams,
            pipeline,
            new ImportRequest(
                parse.GetRequiredValue(traces), parse.GetRequiredValue(database), parse.GetValue(format), parse.GetValue(force))
            {
                EventsPath = parse.GetValue(events),
                SymbolsPath = parse.GetValue(symbols),
                KaslrOffset = parse.GetValue(kaslr),
            },
            parse.GetValue(reports),
            judgement.Read(parse),
            cancellation));
        return command;
    }
}
