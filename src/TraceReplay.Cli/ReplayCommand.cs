using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay replay</c>: replays an imported database again, at another FEAT_BBM level for example.</summary>
internal static class ReplayCommand
{
    /// <summary>The work.</summary>
    public static ExitCode Replay(
        CommandStreams streams, Pipeline pipeline, string path, ReplayRequest request, CancellationToken cancellation)
    {
        using var database = TraceDatabase.Open(path, writable: true);
        using (var progress = ProgressLine.Start(streams, "replay", isBytes: false))
        {
            pipeline.Replay(database, request, progress, cancellation);
        }

        WriteNotices(streams, database, request);
        InfoReport.WriteReplay(database, streams.Out);
        InfoReport.WriteReview(database, streams.Out);
        var verdict = Verdict.Read(database);
        streams.Out.WriteLine($"findings: {verdict}");
        return Status(database, verdict);
    }

    public static Command Create(CommandStreams streams, Pipeline pipeline)
    {
        var database = CommonOptions.ExistingDatabase();
        var judgement = new JudgementOptions();
        var command = new Command("replay", "Replay an imported database and find violations.") { database };
        judgement.AddTo(command);
        command.SetWork(streams, (parse, cancellation) => Replay(
            streams, pipeline, parse.GetRequiredValue(database), judgement.Read(parse), cancellation));
        return command;
    }

    /// <summary>
    /// Warns of waivers that accept nothing, of a trace that tells no TLBI, and when replay came to another final state than the trace tells.
    /// </summary>
    internal static void WriteNotices(CommandStreams streams, TraceDatabase database, ReplayRequest request)
    {
        WaiverNotice.Write(streams, database, request.WaiverFile);
        if (!InfoReport.HasTlbi(database))
        {
            streams.Error.WriteLine(
                "tracereplay: no TLBI in the trace: whether a break was completed is not judged; stores that replace a live descriptor without a break are");
        }

        if (InfoReport.FinalDiffering(database) is > 0 and var differing)
        {
            streams.Error.WriteLine(
                $"tracereplay: final state: {Number.Format(differing)} values of the trace differ from what was replayed; the findings are not to be trusted");
        }
    }

    /// <summary>A damaged trace outweighs what was found in its rest: nobody knows what the missing part holds.</summary>
    internal static ExitCode Status(TraceDatabase database, Verdict verdict)
    {
        if (InfoReport.IsDamaged(database))
        {
            return ExitCode.BadInput;
        }

        if (verdict.Errors > 0)
        {
            return ExitCode.ErrorsFound;
        }

        // Errors stand although events are missing; that there are none does not.
        return InfoReport.IsIncomplete(database) ? ExitCode.BadInput : ExitCode.Clean;
    }
}
