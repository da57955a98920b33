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
        CommandStreams streams, string path, string dumpPath, string? at, (int? Vmid, ulong? Root) wanted, (string? Format, string? File) result,
        CancellationToken cancellation)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database);
        var moment = Moment.Find(database, at);
        if (moment.Note is not null)
        {
            streams.Error.WriteLine($"tracereplay: {moment.Note}");
        }

        var check = Compare(database, path, dumpPath, moment.Seq, wanted, cancellation);

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
            Description = "The text of /sys/kernel/debug/kernel_page_tables, or of a guest's kvm/ID/stage2_page_tables; plain or gzip.",
            HelpName = "file",
            Required = true,
        };
        var vmid = new Option<int?>("--vmid") { Description = "Of a stage-2 dump, the guest: the VMID that its tree was loaded under last.", HelpName = "n" };
        var root = CommonOptions.Address("--root", "Of a stage-2 dump, the guest: the physical address of its root table.");
        var at = new Option<string?>("--at")
        {
            Description = "When the dump was made: line:N, seq:N, or a time as the trace prints it; the end of the trace when not given.",
            HelpName = "place",
        };
        var format = new Option<string?>("--format") { Description = "table, csv or json.", HelpName = "name" };
        format.AcceptOnlyFromAmong(ResultOutput.Formats);
        var output = new Option<string?>("--out") { Description = "File to write; the output when not given.", HelpName = "file" };
        var command = new Command("check", "Compare a kernel's own dump of its tables, or of a guest's stage 2, with the replayed ones.") { database, dump, at, vmid, root, format, output };
        command.SetWork(streams, (parse, cancellation) => Check(
            streams, parse.GetRequiredValue(database), parse.GetRequiredValue(dump), parse.GetValue(at),
            (parse.GetValue(vmid), parse.GetValue(root)), (parse.GetValue(format), parse.GetValue(output)), cancellation));
        return command;
    }

    private static TableCheck Compare(
        TraceDatabase database, string path, string dumpPath, long seq, (int? Vmid, ulong? Root) wanted, CancellationToken cancellation)
    {
        var dump = ReadDump(dumpPath);
        if (dump.IsStage2)
        {
            return TableCheck.RunStage2(database, dump, Tree(database, path, seq, wanted), seq, cancellation);
        }

        if (wanted != default)
        {
            throw new UsageException($"--vmid and --root choose a stage-2 tree, and {dumpPath} is of the kernel's own tables", "the command without them");
        }

        return TableCheck.Run(database, dump, seq, cancellation)
            ?? throw new DatabaseException($"{path}: the trace does not tell TCR_EL1 and the kernel's root by then; check needs both");
    }

    private static Stage2Tree Tree(TraceDatabase database, string path, long seq, (int? Vmid, ulong? Root) wanted)
    {
        var all = Stage2Tree.All(database, seq);
        if (all.Count == 0)
        {
            throw new DatabaseException($"{path}: the trace tells no stage-2 tree by then: no VTTBR_EL2 whose VTCR_EL2 is known, and no root=2");
        }

        var fitting = all.Where(tree => (wanted.Vmid is not { } vmid || tree.Vmid == vmid) && (wanted.Root is not { } root || tree.Root == root)).ToList();
        if (fitting.Count == 1)
        {
            return fitting[0];
        }

        var list = string.Join(", ", all.Select(tree => $"{AddressText.Format(tree.Root)}{(tree.Vmid is { } vmid ? $" (VMID {vmid})" : "")}"));
        throw new UsageException(
            $"{(fitting.Count == 0 ? "no" : "more than one")} stage-2 tree fits; by then there are {list}", $"--root {AddressText.Format(all[^1].Root)}");
    }

    private static TableDump ReadDump(string path)
    {
        try
        {
            return TableDump.Read(path);
        }
        catch (FormatException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path}: no such file; expected the text of kernel_page_tables or stage2_page_tables", e);
        }
    }
}
