using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay query</c>: a canned query as a table, CSV or JSON.</summary>
internal static class QueryCommand
{
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
        var chosen = ResultOutput.FormatOf(format, file, streams);
        if (name is null)
        {
            WriteCatalogue(streams, path, chosen, file, parameters);
            return ExitCode.Clean;
        }

        var query = QueryCatalogue.Find(name) ?? throw UnknownQuery(name);
        var arguments = QueryArguments.Parse(query, parameters);
        using var database = TraceDatabase.Open(path, writable: false);
        ReplayNotice.Write(streams, database, query);
        using var result = QueryResult.Run(database, query, arguments);
        ResultOutput.Write(result, chosen, file, streams);
        return ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var database = CommonOptions.ExistingDatabase();
        var query = new Argument<string[]>("query")
        {
            Description = "The query and its parameters: NAME [--PARAMETER VALUE]... Without a name the catalogue is printed; NAME --help explains one.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var format = new Option<string?>("--format")
        {
            Description = "table, csv or json; a table on a terminal and CSV elsewhere when not given.",
            HelpName = "name",
        };
        format.AcceptOnlyFromAmong(ResultOutput.Formats);
        var file = new Option<string?>("--out") { Description = "File for the result.", HelpName = "file" };
        var help = new HelpOption();
        var command = new Command("query", "Run a canned query.") { database, query, format, file, help };
        help.Action = new EntryHelp(streams, database, query);
        command.SetWork(streams, (parse, _) =>
        {
            var (name, parameters) = QueryArguments.Split(parse.GetValue(query) ?? []);
            return Query(
                streams, parse.GetRequiredValue(database), name, parse.GetValue(format), parse.GetValue(file), parameters);
        });
        return command;
    }

    private static void WriteCatalogue(
        CommandStreams streams, string path, string format, string? file, IReadOnlyList<string> parameters)
    {
        if (parameters.Count > 0)
        {
            throw new UsageException($"{parameters[0]}: parameters need the name of a query", "tracereplay query <db> NAME");
        }

        using var database = TraceDatabase.Open(path, writable: false);
        var isTable = format == ResultOutput.Table;
        ResultOutput.Write(isTable ? QueryCatalogue.Titles() : QueryCatalogue.Rows(), format, file, streams);
        if (isTable)
        {
            streams.Error.WriteLine($"tracereplay query {path} NAME --help: what a query answers, its parameters and its columns");
        }
    }

    private static UsageException UnknownQuery(string name)
    {
        var close = NameSuggestion.For(name, QueryCatalogue.All.Select(query => query.Name));
        return new UsageException(
            $"no query '{name}'", close.Count == 0 ? "tracereplay query <db> for the catalogue" : string.Join(" or ", close));
    }

    // Behind the name of a query, help is the query's entry in the catalogue.
    private sealed class EntryHelp(CommandStreams streams, Argument<string> database, Argument<string[]> query) : SynchronousCommandLineAction
    {
        private readonly HelpAction _general = new();

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            return (int)CommandRunner.Run(streams, database: null, () =>
            {
                var (name, _) = QueryArguments.Split(Tokens(parseResult, query));
                // Without a database, what stands in its place may be the query.
                var entry = QueryCatalogue.Find(name ?? Tokens(parseResult, database).FirstOrDefault() ?? "");
                if (entry is null)
                {
                    return name is null ? (ExitCode)_general.Invoke(parseResult) : throw UnknownQuery(name);
                }

                QueryCatalogueText.Write(entry, streams.Out);
                return ExitCode.Clean;
            });
        }

        // A value that is missing is no error when help is asked for.
        private static List<string> Tokens(ParseResult parse, Argument argument) =>
            [.. parse.GetResult(argument)?.Tokens.Select(token => token.Value) ?? []];
    }
}
