using System.CommandLine;
using System.Text;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay query</c>: a canned query as a table, CSV or JSON.</summary>
internal static class QueryCommand
{
    private static readonly string[] Formats = ["table", "csv", "json"];

    /// <summary>The work; without a name the catalogue.</summary>
    /// <param name="streams">Where to write.</param>
    /// <param name="path">The database.</param>
    /// <param name="name">The query, null for the catalogue.</param>
    /// <param name="format">table, csv or json; null for a table on a terminal and CSV elsewhere.</param>
    /// <param name="file">File for the result, null for standard output.</param>
    /// <param name="parameters">The query's own options, as typed.</param>
    public static ExitCode Query(
        CommandStreams streams, string path, string? name, string? format, string? file, IReadOnlyList<string> parameters)
    {
        if (name is null)
        {
            if (parameters.Count > 0)
            {
                throw new UsageException($"{parameters[0]}: parameters need the name of a query", "tracereplay query <db> NAME");
            }

            using var catalogueDatabase = TraceDatabase.Open(path, writable: false);
            QueryCatalogueText.Write(streams.Out);
            return ExitCode.Clean;
        }

        var query = QueryCatalogue.Find(name) ?? throw UnknownQuery(name);
        var arguments = QueryArguments.Parse(query, parameters);
        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database, query);
        using var result = QueryResult.Run(database, query, arguments);
        if (file is null)
        {
            Write(result, format ?? (streams.OutIsTerminal ? "table" : "csv"), streams);
        }
        else
        {
            WriteFile(result, format ?? (file.EndsWith(".json", StringComparison.Ordinal) ? "json" : "csv"), file, streams);
        }

        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var query = new Argument<string[]>("query")
        {
            Description = "The query and its parameters: NAME [--PARAMETER VALUE]... Without a name the catalogue is printed.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var format = new Option<string?>("--format")
        {
            Description = "table, csv or json; a table on a terminal and CSV elsewhere when not given.",
            HelpName = "name",
        };
        format.AcceptOnlyFromAmong(Formats);
        var file = new Option<string?>("--out") { Description = "File for the result.", HelpName = "file" };
        var command = new Command("query", "Run a canned query.") { database, query, format, file };
        command.SetWork(streams, (parse, _) =>
        {
            var (name, parameters) = QueryArguments.Split(parse.GetValue(query) ?? []);
            return Query(
                streams, parse.GetRequiredValue(database), name, parse.GetValue(format), parse.GetValue(file), parameters);
        });
        return command;
    }

    private static void Write(QueryResult result, string format, CommandStreams streams)
    {
        switch (format)
        {
            case "json":
                JsonReport.Write(result, streams.Out);
                break;
            case "csv":
                CsvReport.Write(result, streams.Out);
                break;
            default:
                TableReport.Write(result, streams);
                break;
        }
    }

    private static void WriteFile(QueryResult result, string format, string file, CommandStreams streams)
    {
        // Written in place, not renamed into it: the name may be a pipe or a device.
        using var output = new StreamWriter(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        Write(result, format, streams with { Out = output, OutIsTerminal = false });
    }

    private static UsageException UnknownQuery(string name)
    {
        var close = NameSuggestion.For(name, QueryCatalogue.All.Select(query => query.Name));
        return new UsageException(
            $"no query '{name}'", close.Count == 0 ? "tracereplay query <db> for the catalogue" : string.Join(" or ", close));
    }
}
