using System.CommandLine;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay history</c>: what happened to one descriptor, or to the translation of one address.</summary>
internal static class HistoryCommand
{
    /// <summary>The work; exactly one of the addresses is given.</summary>
    public static ExitCode History(CommandStreams streams, string path, ulong? va, ulong? pa, int? asid)
    {
        if (va is null == pa is null)
        {
            throw new UsageException(
                "history takes one of --va (an input address) and --pa (the address of a descriptor)",
                "tracereplay history <db> --va 0xffff800080000000");
        }

        if (pa is not null && asid is not null)
        {
            throw new UsageException("--asid says nothing about a descriptor's own address", "--asid with --va only");
        }

        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database);
        var events = pa is { } entry
            ? HistoryReport.WriteEntry(database, entry, streams.Out)
            : HistoryReport.WriteAddress(database, va!.Value, asid, streams.Out);
        if (events == 0)
        {
            streams.Error.WriteLine(pa is not null
                ? "nothing in this trace tells anything about that descriptor"
                : "no table that translates this address is known to replay");
        }

        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var va = CommonOptions.Address("--va", "Input address: the history of every entry that translated it.");
        var pa = CommonOptions.Address("--pa", "Physical address of a descriptor: its own history.");
        var asid = CommonOptions.Asid();
        var command = new Command("history", "List what happened to a descriptor or to the translation of an address.")
        {
            database, va, pa, asid,
        };
        command.SetWork(streams, (parse, _) => History(
            streams, parse.GetRequiredValue(database), parse.GetValue(va), parse.GetValue(pa), parse.GetValue(asid)));
        return command;
    }
}
