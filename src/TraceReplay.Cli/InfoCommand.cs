using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay info</c>: what a database holds.</summary>
internal static class InfoCommand
{
    /// <summary>The work.</summary>
    public static ExitCode Info(CommandStreams streams, string path)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        InfoReport.Write(database, streams.Out);
        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var command = new Command("info", "Tell what a database holds.") { database };
        command.SetWork(streams, (parse, _) => Info(streams, parse.GetRequiredValue(database)));
        return command;
    }
}
