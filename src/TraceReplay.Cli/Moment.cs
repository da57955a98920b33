using System.Globalization;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>A place in a trace as the command line names it: <c>line:N</c>, <c>seq:N</c>, or a time as the trace prints it.</summary>
internal static class Moment
{
    private const int FractionDigits = 9;

    /// <summary>The sequence number of the last event at or before the place; the last of all when no place is given.</summary>
    /// <exception cref="UsageException">The text names no place, or one before the first event.</exception>
    public static long Find(TraceDatabase database, string? text)
    {
        if (text is not null && text.StartsWith("seq:", StringComparison.Ordinal))
        {
            return Parse(text, text[4..]);
        }

        using var row = text switch
        {
            null => QueryResult.Run(database, "moment"),
            _ when text.StartsWith("line:", StringComparison.Ordinal) =>
                QueryResult.Run(database, "moment", ("line", Parse(text, text[5..]))),
            _ => QueryResult.Run(database, "moment", ("time", Time(database, text))),
        };
        if (row.Read() && row.Integer("seq") is { } seq)
        {
            return seq;
        }

        throw new UsageException(
            text is null ? "the database holds no event" : $"no event at or before {text}",
            "tracereplay info <db> for what the trace holds");
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
        new($"'{text}' names no place in a trace", "--at line:1234, --at seq:1234, or a time as the trace prints it");
}
