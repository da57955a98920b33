using System.CommandLine;

namespace TraceReplay.Cli;

/// <summary>The command line as a whole.</summary>
internal static class Commands
{
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
        };
        if (parse.Errors.Count == 0)
        {
            var code = await parse.InvokeAsync(configuration).ConfigureAwait(false);
            await streams.Out.FlushAsync().ConfigureAwait(false);
            return code;
        }

        // The library prints help to the output and returns 1, which here means that errors were found in a trace.
        foreach (var error in parse.Errors)
        {
            await streams.Error.WriteLineAsync($"tracereplay: {error.Message}").ConfigureAwait(false);
        }

        var name = parse.CommandResult.Command is RootCommand ? "" : parse.CommandResult.Command.Name + " ";
        await streams.Error.WriteLineAsync($"Try: tracereplay {name}--help").ConfigureAwait(false);
        return (int)ExitCode.Usage;
    }
}
