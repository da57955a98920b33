using System.CommandLine;
using System.Text;
using TraceReplay.Report;
using TraceReplay.Slices;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay slice</c>: the shortest part of a trace that still raises one finding.</summary>
internal static class SliceCommand
{
    /// <summary>The work.</summary>
    public static ExitCode Run(CommandStreams streams, string path, long finding, string? file, CancellationToken cancellation)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database);
        Slice? slice;
        try
        {
            slice = Slicer.Find(database, finding, cancellation);
        }
        catch (ArgumentException)
        {
            throw new UsageException($"no finding {finding}", $"tracereplay query {path} findings for the list; its column id has the numbers");
        }

        if (slice is null)
        {
            streams.Error.WriteLine($"tracereplay: no part of the trace that was tried raises finding {finding} on its own");
            return ExitCode.BadInput;
        }

        if (file is null)
        {
            streams.Out.Write(slice.Text);
        }
        else
        {
            StorageFault.Guard(file, isDirectory: false, () =>
                File.WriteAllText(file, slice.Text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));
        }

        var others = slice.AlsoRaised.Count == 0 ? "and nothing else" : $"and with it {string.Join(", ", slice.AlsoRaised)}";
        streams.Error.WriteLine($"tracereplay: {Number.Counted(slice.Events, "event", "events")}: replayed, they raise finding {finding} {others}");
        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var finding = new Option<long>("--finding") { Description = "Number of the finding, as in column id of the query findings.", HelpName = "id", Required = true };
        var output = new Option<string?>("--out") { Description = "File to write; the output when not given.", HelpName = "file" };
        var command = new Command("slice", "Write the shortest part of the trace that raises one finding.") { database, finding, output };
        command.SetWork(streams, (parse, cancellation) => Run(
            streams, parse.GetRequiredValue(database), parse.GetRequiredValue(finding), parse.GetValue(output), cancellation));
        return command;
    }
}
