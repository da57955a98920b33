using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay walk</c>: the translation of an address at a moment, by the tables and by what a TLB may hold.</summary>
internal static class WalkCommand
{
    // Every CPU may run another process; more walks than this are a wall of text.
    private const int MaximumWalks = 8;

    /// <summary>The work.</summary>
    public static ExitCode Walk(CommandStreams streams, string path, ulong va, int? asid, string? at)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database);
        var moment = Moment.Find(database, at);
        if (moment.Note is not null)
        {
            streams.Error.WriteLine($"tracereplay: {moment.Note}");
        }

        var seq = moment.Seq;
        if (Report.Walk.OutsideRanges(database, va, seq) is { } ranges)
        {
            WriteHeading(streams, database, va, seq);
            streams.Out.WriteLine($"translation fault: outside both ranges; {ranges}");
            return ExitCode.Clean;
        }

        var walks = Report.Walk.Read(database, va, seq, asid);
        WriteHeading(streams, database, va, seq);
        foreach (var walk in walks.Take(MaximumWalks))
        {
            WalkReport.Write(walk, streams.Out);
        }

        if (walks.Count > MaximumWalks)
        {
            streams.Out.WriteLine($"... and {walks.Count - MaximumWalks} more roots: choose one with --asid");
        }

        if (walks.Count == 0)
        {
            streams.Out.WriteLine(asid is null
                ? "no root or table for this address is known at this moment"
                : $"no root for this address was loaded under ASID {asid} by this moment");
        }

        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var va = CommonOptions.Address("--va", "Input address to translate.");
        va.Required = true;
        var asid = CommonOptions.Asid();
        var at = new Option<string?>("--at")
        {
            Description = "The moment: line:N, seq:N, or a time as the trace prints it; the end of the trace when not given.",
            HelpName = "place",
        };
        var command = new Command("walk", "Show the translation of an address at a moment, and what a TLB may hold instead.")
        {
            database, va, asid, at,
        };
        command.SetWork(streams, (parse, _) => Walk(
            streams, parse.GetRequiredValue(database), parse.GetRequiredValue(va)!.Value, parse.GetValue(asid), parse.GetValue(at)));
        return command;
    }

    private static void WriteHeading(CommandStreams streams, TraceDatabase database, ulong va, long seq)
    {
        using var around = QueryResult.Run(database, "event_at", ("seq", seq));
        var place = around.Read()
            ? $"{FileOf(database, around.Integer("trace"))}{around.Text("line")}, time {around.Text("time")}, after {around.Text("event")}: {around.Text("text")}"
            : $"event {seq}";
        streams.Out.WriteLine($"{AddressText.Format(va)} at {place}");
    }

    // Of a database with one trace a line needs no file.
    private static string FileOf(TraceDatabase database, long? trace)
    {
        List<string> paths = [];
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            paths.Add(traces.Text("path"));
        }

        return paths.Count > 1 && trace is { } id ? $"{paths[(int)id - 1]}:" : "line ";
    }
}
