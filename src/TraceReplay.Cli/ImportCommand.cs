using System.CommandLine;
using TraceReplay.Ingest.TraceDat;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay import</c>: traces into a database.</summary>
internal static class ImportCommand
{
    /// <summary>The work.</summary>
    public static ExitCode Import(
        CommandStreams streams, Pipeline pipeline, ImportRequest request, CancellationToken cancellation)
    {
        NewDatabaseFile.Check(request.DatabasePath!, request.Paths, request.Force);
        using (var progress = ProgressLine.Start(streams, "import", isBytes: true))
        {
            pipeline.Import(request, progress, cancellation);
        }

        using var database = TraceDatabase.Open(request.DatabasePath!, writable: false);
        WriteSummary(database, request, streams.Error);
        return InfoReport.IsDamaged(database) || InfoReport.IsIncomplete(database) ? ExitCode.BadInput : ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams, Pipeline pipeline)
    {
        var source = new SourceOptions(isDatabaseRequired: true);
        var command = new Command("import", "Read traces into a database.");
        source.AddTo(command);
        command.SetWork(streams, (parse, cancellation) => Import(streams, pipeline, source.Read(parse), cancellation));
        return command;
    }

    private static void WriteSymbols(TraceDatabase database, ImportRequest request, TextWriter output)
    {
        var isUsed = false;
        using var symbols = QueryResult.Run(database, "symbols");
        while (symbols.Read())
        {
            isUsed = true;
            var fitting = symbols.Integer("fitting") ?? 0;
            var shift = symbols.Text("origin") switch
            {
                "listed" => "at their addresses",
                "given" => $"shifted by {symbols.Text("shift")} as given",
                _ => $"shifted by {symbols.Text("shift")}, {symbols.Text("confidence")}: {Number.Format(fitting)} lie in functions that by their names run such "
                    + $"instructions, {Number.Format(symbols.Integer("next_fitting") ?? 0)} at the next best shift",
            };
            output.WriteLine(
                $"symbols: {symbols.Text("path")} names {Number.Format(symbols.Integer("named") ?? 0)} of "
                + $"{Number.Counted(symbols.Integer("counters") ?? 0, "program counter", "program counters")}"
                + $"{(symbols.Text("range") == "physical" ? " at physical addresses" : "")}, {shift}");
        }

        if (!isUsed && request.SymbolsPath is { } path)
        {
            output.WriteLine($"warning: {path} names no program counter of the trace"
                + (request.KaslrOffset is null ? ": the trace has none, or the KASLR offset could not be told; --kaslr gives it" : " at that KASLR offset"));
        }
        else if (!isUsed && request.KaslrOffset is not null)
        {
            output.WriteLine("warning: --kaslr without symbols; --symbols names their file");
        }
    }

    /// <summary>What came in, and what did not.</summary>
    internal static void WriteSummary(TraceDatabase database, ImportRequest request, TextWriter output)
    {
        var hasTraceDat = false;
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            hasTraceDat |= traces.Text("format") == TraceDatReader.FormatName;
            output.WriteLine(
                $"{traces.Text("path")}: {Number.Counted(traces.Integer("events") ?? 0, "event", "events")} in "
                + $"{Number.Counted(traces.Integer("line_count") ?? 0, "line", "lines")}, format {traces.Text("format")}"
                + (traces.Integer("is_damaged") == 1 ? "; damaged: read only in part" : ""));
        }

        if (request.KeepsNanoseconds && !hasTraceDat)
        {
            output.WriteLine("warning: --nanoseconds is of a trace.dat, and none was read; the times are those of the text");
        }

        InfoReport.WriteInitialMemory(database, output);
        WriteSymbols(database, request, output);
        using var problems = QueryResult.Run(database, "problem_totals");
        while (problems.Read())
        {
            output.WriteLine(
                $"{problems.Text("severity")}: {Number.Format(problems.Integer("count") ?? 0)} x {problems.Text("kind")}: {problems.Text("help")}");
            WriteFirst(database, problems.Text("kind"), output);
        }
    }

    // What was met and expected, of the first problems of a kind.
    private static void WriteFirst(TraceDatabase database, string kind, TextWriter output)
    {
        const int shown = 3;
        using var rows = QueryResult.Run(database, "import_problems", ("kind", kind));
        for (var i = 0; i < shown && rows.Read(); i++)
        {
            output.WriteLine($"  --> {rows.Text("path")}:{rows.Text("line")}  {rows.Text("detail")}");
        }
    }
}
