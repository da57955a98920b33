using System.Globalization;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>A place in a trace as the command line names it: <c>line:N</c>, <c>FILE:N</c>, <c>seq:N</c>, or a time as the trace prints it.</summary>
/// <param name="Seq">Sequence number of the last event at or before the place.</param>
/// <param name="Note">What to tell about it; null when the place lies within the trace.</param>
internal sealed record Moment(long Seq, string? Note)
{
    private const int FractionDigits = 9;

    /// <summary>Finds a place; the end of the trace when none is given, or one behind it.</summary>
    /// <exception cref="UsageException">The text names no place, or one before the first event.</exception>
    public static Moment Find(TraceDatabase database, string? text)
    {
        using var end = QueryResult.Run(database, "moment");
        if (!end.Read() || end.Integer("seq") is not { } last)
        {
            throw new UsageException("the database holds no event", "tracereplay info <db> for what the trace holds");
        }

        if (text is null)
        {
            return new Moment(last, Note: null);
        }

        long? seq;
        bool isBehindEnd;
        if (text.StartsWith("seq:", StringComparison.Ordinal))
        {
            var wanted = Parse(text, text[4..]);
            isBehindEnd = wanted > last;
            seq = wanted == 0 ? null : Math.Min(wanted, last);
        }
        else if (LineOf(database, text) is var (trace, lineCount, wantedLine))
        {
            isBehindEnd = wantedLine > lineCount;
            seq = LastSeq(database, ("line", wantedLine), ("trace", trace));
        }
        else
        {
            var wanted = Time(database, text);
            isBehindEnd = wanted > Time(database, end.Text("time"));
            seq = LastSeq(database, ("time", wanted));
        }

        if (seq is null)
        {
            throw new UsageException($"no event at or before {text}", "tracereplay info <db> for what the trace holds");
        }

        return new Moment(
            seq.Value,
            isBehindEnd ? $"{text} is behind the end of the trace: shown as at the last event before it" : null);
    }

    private static long? LastSeq(TraceDatabase database, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var row = QueryResult.Run(database, "moment", parameters);
        return row.Read() ? row.Integer("seq") : null;
    }

    // A line without a file is one of the first trace, as in the query.
    private static (long Trace, long LineCount, long Line)? LineOf(TraceDatabase database, string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            return null;
        }

        var name = text[..colon];
        List<(long Id, long Lines)> fitting = [];
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            var id = traces.Integer("id") ?? 0;
            if ((name == "line" && id == 1) || traces.Text("path") == name || Path.GetFileName(traces.Text("path")) == name)
            {
                fitting.Add((id, traces.Integer("line_count") ?? 0));
            }
        }

        return fitting.Count == 1
            ? (fitting[0].Id, fitting[0].Lines, Parse(text, text[(colon + 1)..]))
            : throw Malformed(text);
    }

    private static long Time(TraceDatabase database, string text)
    {
        using var traces = QueryResult.Run(database, "traces");
        if (traces.Read() && traces.Text("clock") == "counter")
        {
            return Parse(text, text);
        }

        // Nanoseconds are exact only when the fraction is read as digits.
        var parts = text.Split('.');
        if (parts.Length > 2 || (parts.Length == 2 && (parts[1].Length is 0 or > FractionDigits)))
        {
            throw Malformed(text);
        }

        var fraction = parts.Length == 2 ? Parse(text, parts[1].PadRight(FractionDigits, '0')) : 0;
        return (Parse(text, parts[0]) * 1_000_000_000) + fraction;
    }

    private static long Parse(string whole, string digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw Malformed(whole);

    private static UsageException Malformed(string text) =>
        new($"'{text}' names no place in a trace", "--at line:1234, --at FILE:1234 for a line of another trace, --at seq:1234, or a time as the trace prints it");
}
