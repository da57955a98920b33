using System.CommandLine;
using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary>The command line as a whole.</summary>
internal static class Commands
{
    /// <summary>All commands.</summary>
    public static RootCommand Create(CommandStreams streams, Pipeline pipeline) =>
        new("Finds break-before-make and contiguous-bit violations in traces of arm64 page-table writes and TLBIs.")
        {
            AnalyzeCommand.Create(streams, pipeline),
            ImportCommand.Create(streams, pipeline),
            EventsCommand.Create(streams),
            ReplayCommand.Create(streams, pipeline),
            QueryCommand.Create(streams),
            ExportCommand.Create(streams),
            SliceCommand.Create(streams),
            CheckCommand.Create(streams),
            WalkCommand.Create(streams),
            HistoryCommand.Create(streams),
            RulesCommand.Create(streams, pipeline),
            InfoCommand.Create(streams),
        };

    /// <summary>Parses and runs; returns the exit status of the process.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, RootCommand root, CommandStreams streams)
    {
        var parse = root.Parse(arguments);
        var configuration = new InvocationConfiguration
        {
            Output = streams.Out,
            Error = streams.Error,
            // CommandRunner has its own message and exit status for every kind of failure.
            EnableDefaultExceptionHandler = false,
            // After an interrupt, for removing what is half made: gigabytes take seconds.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(15),
        };
        if (parse.Errors.Count == 0)
        {
            var code = await parse.InvokeAsync(configuration).ConfigureAwait(false);
            await streams.Out.FlushAsync().ConfigureAwait(false);
            return code;
        }

        // The library would print help to the output and return 1, which here means that errors were found in a trace.
        WriteErrors(parse, streams.Error);
        return (int)ExitCode.Usage;
    }

    private static void WriteErrors(ParseResult parse, TextWriter error)
    {
        var command = parse.CommandResult.Command;
        var known = command is RootCommand
            ? command.Subcommands.Select(subcommand => subcommand.Name)
            : command.Options.Select(option => option.Name);
        if (parse.UnmatchedTokens.Count > 0)
        {
            var unknown = parse.UnmatchedTokens[0];
            error.WriteLine($"tracereplay: '{unknown}' is no {(command is RootCommand ? "command" : "argument or option")} here");
            if (NameSuggestion.For(unknown, known) is { Count: > 0 } close)
            {
                error.WriteLine($"Try: {string.Join(" or ", close)}");
                return;
            }
        }
        else
        {
            foreach (var message in parse.Errors.Select(parseError => parseError.Message).Distinct())
            {
                error.WriteLine($"tracereplay: {message}");
            }
        }

        error.WriteLine($"Try: tracereplay {(command is RootCommand ? "" : command.Name + " ")}--help");
    }
}
