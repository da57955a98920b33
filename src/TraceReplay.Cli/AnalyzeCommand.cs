using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay analyze</c>: import and replay in one go, the standard reports, and the findings as text.</summary>
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

        Rehearsal.Start(judgement.Policy);
        var queries = request.DatabasePath is null ? StandardReports.QueriesWithoutHistory : StandardReports.Queries;
        using var run = reports is null ? null : new ReportRun(reports, queries);

        // Elsewhere a file that is open cannot be given its name.
        if (OperatingSystem.IsLinux() && run is not null)
        {
            request = request with { RowsWritten = run.BeginBeside };
        }

        using var database = Step(streams, pipeline, request, judgement, cancellation);
        ImportCommand.WriteSummary(database, request, streams.Error);
        ReplayCommand.WriteNotices(streams, database, judgement);
        IReadOnlyList<WrittenReport> written = [];
        if (reports is not null)
        {
            StorageFault.Guard(reports, isDirectory: true, () => written = run!.Finish(database));
        }

        FindingReport.Write(database, streams.Out);
        var verdict = Verdict.Read(database);
        streams.Out.WriteLine($"findings: {verdict}");
        InfoReport.WriteReview(database, streams.Out);
        InfoReport.WriteReplay(database, streams.Out);
        if (request.DatabasePath is not null)
        {
            streams.Out.WriteLine($"database: {request.DatabasePath}");
        }

        if (reports is not null)
        {
            streams.Out.WriteLine($"reports: {written.Count} CSV files and {StandardReports.PolicyFile} in {reports}");
        }

        return ReplayCommand.Status(database, verdict);
    }

    public static Command Create(CommandStreams streams, Pipeline pipeline)
    {
        var source = new SourceOptions(isDatabaseRequired: false);
        var reports = new Option<string?>("--out") { Description = "Directory for the CSV reports.", HelpName = "dir" };
        var judgement = new JudgementOptions();
        var command = new Command("analyze", "Import traces, replay them, and report what is wrong.");
        source.AddTo(command);
        command.Add(reports);
        judgement.AddTo(command);
        command.SetWork(streams, (parse, cancellation) => Analyze(
            streams, pipeline, source.Read(parse), parse.GetValue(reports), judgement.Read(parse), cancellation));
        return command;
    }

    private static TraceDatabase Step(
        CommandStreams streams, Pipeline pipeline, ImportRequest request, ReplayRequest judgement, CancellationToken cancellation)
    {
        if (request.DatabasePath is not null)
        {
            NewDatabaseFile.Check(request.DatabasePath, request.Paths, request.Force);
        }
        else if (request.Force)
        {
            throw new UsageException("--force replaces a database, and none is to be made", "--db with the name of a file");
        }

        using var import = ProgressLine.Start(streams, "import", isBytes: true);
        using var replay = ProgressLine.Start(streams, "replay", isBytes: false);
        return pipeline.Analyze(request, judgement, (import, replay), cancellation);
    }
}
