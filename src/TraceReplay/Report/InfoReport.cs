using System.Globalization;
using Dapper;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>What a database holds: the inputs, how they were replayed, and what was found.</summary>
public static class InfoReport
{
    private const int NarrowestName = 20;

    /// <summary>Writes everything.</summary>
    public static void Write(TraceDatabase database, TextWriter output)
    {
        WriteTraces(database, output);
        WriteInitialMemory(database, output);
        WriteCounts(database, output, "events", "event_counts", "kind", Count);
        WriteCounts(
            database, output, "problems", "problem_totals",
            "kind", row => $"{Count(row)}  {row.Text("severity")}: {row.Text("help")}");
        WriteCounts(
            database, output, "skipped events", "skipped_events",
            "event", row => $"{Count(row)}  first at line {row.Text("first_line")}");
        WriteReplay(database, output);
        WriteCounts(
            database, output, "findings by rule", "finding_counts",
            "rule", row => $"{row.Text("severity"),-8} {Number.Format(row.Integer("findings") ?? 0),14}  "
                + string.Join(", ", ((string[])[row.Text("confidence"), row.Text("tag"), row.Text("review")]).Where(text => text.Length > 0)));
        WriteReview(database, output);
        output.WriteLine($"findings: {(IsReplayed(database) ? Verdict.Read(database) : "not replayed")}");
    }

    /// <summary>True when some of the input was lost: a source read only in part, or lines that could not be used.</summary>
    public static bool IsDamaged(TraceDatabase database) => HasProblem(database, "error");

    /// <summary>True when the input tells less than what happened: events lost or overwritten, an order or a text in doubt.</summary>
    public static bool IsIncomplete(TraceDatabase database) => HasProblem(database, "warning");

    /// <summary>True once the database was replayed.</summary>
    public static bool IsReplayed(TraceDatabase database)
    {
        using var replay = QueryResult.Run(database, "replay_summary");
        return replay.Read();
    }

    /// <summary>
    /// True when the trace has a TLBI, or is of a format that would tell one: otherwise no rule about completing a break can raise anything.
    /// </summary>
    public static bool HasTlbi(TraceDatabase database) =>
        database.Connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM trace WHERE has_tlbis)") != 0;

    /// <summary>Values of the trace's final state that replay had otherwise.</summary>
    public static long FinalDiffering(TraceDatabase database)
    {
        using var replay = QueryResult.Run(database, "replay_summary");
        return replay.Read() ? replay.Integer("final_differing") ?? 0 : 0;
    }

    /// <summary>Writes the lines about replay, the first of which compares the final state.</summary>
    public static void WriteReplay(TraceDatabase database, TextWriter output)
    {
        using var replay = QueryResult.Run(database, "replay_summary");
        if (!replay.Read())
        {
            output.WriteLine("final state: not replayed");
            return;
        }

        output.WriteLine($"final state: {replay.Text("final_compared")} compared, {replay.Text("final_differing")} differ");
        if (replay.Integer("final_unknown") is > 0 and var unknown)
        {
            output.WriteLine($"final state: {unknown} not known to replay");
        }

        var granule = replay.Integer("granule_bytes") is { } bytes ? Number.Size(bytes) : "not known";
        output.WriteLine($"granule: {granule} ({replay.Text("granule_source")})");
        output.WriteLine($"FEAT_BBM level assumed: {replay.Text("bbm_level")}");
        output.WriteLine($"events replayed: {replay.Text("events")}");
        output.WriteLine($"stores of unknown liveness: {replay.Text("undecided_writes")}");
        output.WriteLine($"policy: {PolicyOf(database)}");
    }

    /// <summary>Writes the lines about waivers and about the baseline, where there are any.</summary>
    public static void WriteReview(TraceDatabase database, TextWriter output)
    {
        var (used, expired, unused) = (0, 0, 0);
        using var waivers = QueryResult.Run(database, "waivers");
        while (waivers.Read())
        {
            _ = waivers.Text("state") switch
            {
                "used" => used++,
                "expired" => expired++,
                _ => unused++,
            };
        }

        if (used + expired + unused > 0)
        {
            output.WriteLine($"waivers: {used} used, {expired} expired, {unused} unused: see waivers");
        }

        if (Baseline(database) is { Length: > 0 } baseline)
        {
            var gone = 0L;
            using var rows = QueryResult.Run(database, "baseline_gone");
            while (rows.Read())
            {
                gone += rows.Integer("findings") ?? 0;
            }

            output.WriteLine($"baseline: {baseline}: {Number.Counted(gone, "finding is", "findings are")} gone{(gone > 0 ? ": see baseline_gone" : "")}");
        }
    }

    /// <summary>The policy of the last replay; null when there was none.</summary>
    public static Policy? PolicyOf(TraceDatabase database)
    {
        using var replay = QueryResult.Run(database, "replay_summary");
        return replay.Read() ? Policy.Parse(replay.Text("policy")) : null;
    }

    private static string Baseline(TraceDatabase database)
    {
        using var replay = QueryResult.Run(database, "replay_summary");
        return replay.Read() ? replay.Text("baseline") : "";
    }

    private static bool HasProblem(TraceDatabase database, string severity)
    {
        using var problems = QueryResult.Run(database, "problem_totals");
        while (problems.Read())
        {
            if (problems.Text("severity") == severity)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteTraces(TraceDatabase database, TextWriter output)
    {
        using var traces = QueryResult.Run(database, "traces");
        while (traces.Read())
        {
            output.WriteLine($"trace: {traces.Text("path")}");
            output.WriteLine($"  format       {traces.Text("format")}, {Compression(traces.Text("compression"))}, clock: {traces.Text("clock")}");
            output.WriteLine($"  size         {Number.Format(traces.Integer("size_bytes") ?? 0)} bytes, "
                + $"{Number.Format(traces.Integer("line_count") ?? 0)} lines");
            output.WriteLine($"  events       {Number.Format(traces.Integer("events") ?? 0)} on {traces.Text("cpu_count")} CPUs");
            if (traces.Integer("clock_offset") is { } offset)
            {
                output.WriteLine($"  merged       by time, {Offset(offset, traces.Text("clock"))}, CPU offset {traces.Text("cpu_offset")}");
            }

            output.WriteLine($"  sha256       {traces.Text("sha256")}");
            if (traces.Integer("overwritten_events") is > 0 and var lost)
            {
                output.WriteLine($"  overwritten  {Number.Format(lost)} events before the first were lost in the ring buffer");
            }

            if (traces.Integer("is_damaged") == 1)
            {
                output.WriteLine("  damaged      read only in part");
            }
        }
    }

    /// <summary>Writes a line for each image of memory, and what was taken from it.</summary>
    public static void WriteInitialMemory(TraceDatabase database, TextWriter output)
    {
        using var images = QueryResult.Run(database, "initial_memory");
        while (images.Read())
        {
            var tables = images.Integer("tables") ?? 0;
            output.WriteLine($"initial memory: {images.Text("path")} at {images.Text("address")}: {Number.Counted(tables, "table", "tables")}, "
                + $"{Number.Counted(images.Integer("descriptors") ?? 0, "descriptor", "descriptors")}"
                + (tables == 0 ? "; no TTBR or VTTBR of the trace, of a TCR that it tells, leads to a table in it" : ""));
        }
    }

    private static void WriteCounts(
        TraceDatabase database, TextWriter output, string title, string query, string nameColumn, Func<QueryResult, string> format)
    {
        List<(string Name, string Text)> lines = [];
        using var rows = QueryResult.Run(database, query);
        while (rows.Read())
        {
            // event_counts lists kinds that do not occur as well.
            if (query != "event_counts" || rows.Integer("count") != 0)
            {
                lines.Add((rows.Text(nameColumn), format(rows)));
            }
        }

        if (lines.Count == 0)
        {
            return;
        }

        var width = lines.Max(line => Math.Max(line.Name.Length, NarrowestName));
        output.WriteLine($"{title}:");
        foreach (var (name, text) in lines)
        {
            output.WriteLine($"  {name.PadRight(width)} {text}");
        }
    }

    private static string Count(QueryResult row) => $"{Number.Format(row.Integer("count") ?? 0),14}";

    private static string Offset(long offset, string clock) => clock == "counter"
        ? string.Create(CultureInfo.InvariantCulture, $"clock offset {offset:+0;-0;0} ticks")
        : string.Create(CultureInfo.InvariantCulture, $"clock offset {offset / 1e9m:+0.000000000;-0.000000000;0} s");

    private static string Compression(string name) => name == "none" ? "not compressed" : name;
}
