using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>What happened to one descriptor, or to the translation of one address: one line an event.</summary>
public static class HistoryReport
{
    /// <summary>History of the descriptor at a physical address; returns the number of events.</summary>
    public static long WriteEntry(TraceDatabase database, ulong pa, TextWriter output)
    {
        using var rows = QueryResult.Run(database, "entry_history", ("pa", unchecked((long)pa)));
        return Write(rows, output, _ => "");
    }

    /// <summary>History of the translation of an input address, at every level; returns the number of events.</summary>
    public static long WriteAddress(TraceDatabase database, ulong va, int? asid, TextWriter output)
    {
        using var rows = QueryResult.Run(database, "va_history", ("va", unchecked((long)va)), ("asid", (long?)asid));
        return Write(rows, output, Entry);
    }

    private static long Write(QueryResult rows, TextWriter output, Func<QueryResult, string> place)
    {
        long count = 0;
        while (rows.Read())
        {
            output.WriteLine(
                ($"line {rows.Text("line"),-9} {rows.Text("time"),18}  CPU {rows.Text("cpu"),-3} {place(rows)}"
                + $"{rows.Text("event"),-9} {Change(rows)}{rows.Text("detail")}").TrimEnd()
                + (rows.Text("event") == "store" && rows.Text("task") is { Length: > 0 } task ? $"  [{task}]" : ""));
            count++;
        }

        return count;
    }

    // As wide where there is none: a TLBI is about an address, not an entry.
    private static string Entry(QueryResult row) =>
        row.Text("pa") is { Length: > 0 } pa ? $"L{row.Text("level"),-2} {pa}  " : new string(' ', 24);

    private static string Change(QueryResult rows) => (rows.Text("old"), rows.Text("new")) switch
    {
        ("", "") => "",
        (var old, "") => $"{old}  ",
        ("", var value) when rows.Text("event") == "store" => $"? -> {value}  ",
        // Told by an event that does not say what was there before.
        ("", var value) => $"{value}  ",
        var (old, value) => $"{old} -> {value}  ",
    };
}
