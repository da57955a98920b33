using System.CommandLine;
using System.Globalization;
using System.Text;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;
using TraceReplay.Report;

namespace TraceReplay.Cli;

/// <summary><c>tracereplay events</c>: the events of a trace, which of them are understood, and a mapping to start from.</summary>
internal static class EventsCommand
{
    // What is left of a line on a terminal.
    private const int LongestExample = 60;

    /// <summary>The work.</summary>
    /// <param name="streams">Where to write.</param>
    /// <param name="paths">The traces.</param>
    /// <param name="options">How to read them.</param>
    /// <param name="draft">Name of the mapping to write, null for none.</param>
    /// <param name="force">True to replace it.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static ExitCode Events(
        CommandStreams streams, IReadOnlyList<string> paths, ImportOptions options, string? draft, bool force, CancellationToken cancellation)
    {
        if (draft is not null && File.Exists(draft) && !force)
        {
            throw new UsageException($"{draft}: exists; --draft makes a new file", "another name after --draft, or --force to replace it");
        }

        var survey = EventSurvey.Read(paths, options, cancellation);
        if (draft is not null)
        {
            StorageFault.Guard(draft, isDirectory: false, () => File.WriteAllText(draft, MappingDraft.Write(survey.Events)));
        }

        var format = ResultOutput.FormatOf(asked: null, file: null, streams);
        var longest = format == ResultOutput.Table ? LongestExample : int.MaxValue;
        ResultOutput.Write(
            new ListedRows(
                ["event", "count", "stored", "understood", "fields", "first_line", "example"],
                survey.Events.Select(e => (string[])
                [
                    e.Event, Text(e.Count), Text(e.Stored), Understood(e.Meaning), string.Join(' ', e.Fields), Text(e.FirstLine), Cut(e.Samples[0], longest),
                ])),
            format, file: null, streams);
        if (draft is not null)
        {
            streams.Error.WriteLine($"mapping to start from: {draft}");
        }

        return survey.IsDamaged ? ExitCode.BadInput : ExitCode.Clean;
    }

    public static Command Create(CommandStreams streams)
    {
        var traces = CommonOptions.Traces();
        var format = CommonOptions.Format();
        var events = CommonOptions.Events();
        var draft = new Option<string?>("--draft") { Description = "Write a mapping to start from, for the events that are not understood.", HelpName = "file" };
        var force = new Option<bool>("--force") { Description = "Replace the file of --draft when it exists." };
        var command = new Command("events", "List the events of traces, and which of them are understood.") { traces, events, format, draft, force };
        command.SetWork(streams, (parse, cancellation) =>
        {
            var paths = parse.GetRequiredValue(traces);
            var options = new ImportOptions
            {
                Format = parse.GetValue(format),
                Mapping = parse.GetValue(events) is { } file ? EventMapping.Load(file) : null,
                StandardInput = paths.Contains(ImportOptions.StandardInputPath) ? Console.OpenStandardInput() : null,
            };
            return Events(streams, paths, options, parse.GetValue(draft), parse.GetValue(force), cancellation);
        });
        return command;
    }

    private static string Understood(EventMeaning meaning)
    {
        var parts = new StringBuilder();
        Add(EventMeaning.Vocabulary, "vocabulary");
        Add(EventMeaning.Mapping, "--events");
        Add(EventMeaning.Marker, "marker");
        return parts.Length == 0 ? "no" : parts.ToString();

        void Add(EventMeaning one, string name)
        {
            if ((meaning & one) != 0)
            {
                parts.Append(parts.Length == 0 ? "" : " ").Append(name);
            }
        }
    }

    private static string Cut(string text, int longest) => text.Length <= longest ? text : $"{text[..(longest - 3)]}...";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
