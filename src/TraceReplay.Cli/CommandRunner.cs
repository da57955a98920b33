using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Data.Sqlite;
using TraceReplay.Ingest;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>Runs the work of a command and turns what goes wrong into a message and an exit status.</summary>
internal static class CommandRunner
{
    private const string SqliteLibrary = "e_sqlite3";

    /// <summary>Makes the work the action of a command; the work runs on its own thread so that an interrupt can cancel it.</summary>
    public static void SetWork(this Command command, CommandStreams streams, Func<ParseResult, CancellationToken, ExitCode> work) =>
        command.SetAction((parse, cancellation) =>
            Task.Run(() => (int)Run(streams, DatabaseOf(parse), () => work(parse, cancellation)), CancellationToken.None));

    /// <summary>Runs the work; never throws.</summary>
    /// <param name="streams">Where messages go.</param>
    /// <param name="database">The database of the command, for messages; null when it has none.</param>
    /// <param name="work">The work.</param>
    public static ExitCode Run(CommandStreams streams, string? database, Func<ExitCode> work)
    {
        try
        {
            var code = work();
            streams.Out.Flush();
            return code;
        }
        catch (UsageException e)
        {
            return Fail(streams, ExitCode.Usage, $"{e.Message}\nTry: {e.Hint}");
        }
        catch (Exception e) when (e is DatabaseException or ImportException or InputFileException or IOException or UnauthorizedAccessException)
        {
            return Fail(streams, ExitCode.BadInput, e.Message);
        }
        catch (SqliteException e)
        {
            return Fail(streams, ExitCode.BadInput, StorageFault.OfDatabase(database ?? "the database", e));
        }
        catch (OperationCanceledException)
        {
            return Fail(streams, ExitCode.Interrupted, "interrupted");
        }
        catch (Exception e) when (e.GetBaseException() is DllNotFoundException missing && missing.Message.Contains(SqliteLibrary, StringComparison.Ordinal))
        {
            return Fail(
                streams, ExitCode.Internal,
                $"SQLite's library cannot be loaded; expected lib{SqliteLibrary}.so where the build puts it, beside a native program\n{missing.Message.TrimEnd()}");
        }
#pragma warning disable CA1031 // The last resort of the process: whatever it is has its own exit status.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Fail(streams, ExitCode.Internal, $"internal error: {e}");
        }
    }

    private static string? DatabaseOf(ParseResult parse) =>
        parse.GetResult(CommonOptions.DatabaseName) switch
        {
            ArgumentResult argument => argument.GetValueOrDefault<string>(),
            _ => parse.GetResult(CommonOptions.NewDatabaseName) is OptionResult option ? option.GetValueOrDefault<string>() : null,
        };

    private static ExitCode Fail(CommandStreams streams, ExitCode code, string message)
    {
        try
        {
            streams.Out.Flush();
        }
        catch (IOException)
        {
            // Nobody reads the results any more; the message still has a reader.
        }

        streams.Error.WriteLine($"tracereplay: {message}");
        return code;
    }
}
