using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>
/// Findings as text, in the manner of a compiler: what is wrong, where, the values, and the few events that prove it. All findings
/// of one rule at one site are one entry, so that a loop over a table does not bury a second site.
/// </summary>
public static class FindingReport
{
    /// <summary>Entries of <see cref="Write"/> when not told otherwise.</summary>
    public const int DefaultLimit = 20;

    /// <summary>Writes errors, then warnings, in the order of the trace; notes are only counted in the verdict.</summary>
    /// <returns>Number of entries written.</returns>
    public static int Write(TraceDatabase database, TextWriter output, int limit = DefaultLimit)
    {
        var sites = ReadSites(database);
        foreach (var site in sites.Take(limit))
        {
            WriteEntry(database, output, site);
        }

        if (sites.Count > limit)
        {
            var rest = sites.Skip(limit).ToList();
            output.WriteLine(
                $"... and {Number.Counted(rest.Count, "more site", "more sites")} with "
                + $"{Number.Counted(rest.Sum(site => site.Findings), "finding", "findings")}: see findings_by_site");
            output.WriteLine();
        }

        return Math.Min(sites.Count, limit);
    }

    private static List<Site> ReadSites(TraceDatabase database)
    {
        List<Site> sites = [];
        using var rows = QueryResult.Run(database, "sites");
        while (rows.Read())
        {
            if (rows.Text("severity") != "info")
            {
                sites.Add(new Site(
                    rows.Text("severity"),
                    rows.Text("tag"),
                    rows.Integer("first_id") ?? 0,
                    rows.Integer("findings") ?? 0,
                    rows.Integer("stores") ?? 0,
                    rows.Integer("tables") ?? 0,
                    rows.Integer("last_line") ?? 0));
            }
        }

        return [.. sites.OrderBy(site => (site.Severity == "error" ? 0 : 2) + (site.Tag.Length > 0 ? 1 : 0)).ThenBy(site => site.FirstId)];
    }

    private static void WriteEntry(TraceDatabase database, TextWriter output, Site site)
    {
        using var finding = QueryResult.Run(database, "findings", ("id", site.FirstId), ("show_unknown", 1L));
        if (!finding.Read())
        {
            return;
        }

        var confidence = finding.Text("confidence") == "certain" ? "" : $", {finding.Text("confidence")}";
        var tag = site.Tag.Length == 0 ? "" : $", {site.Tag}";
        output.WriteLine($"{site.Severity}[{finding.Text("rule")}]{tag}{confidence}: {finding.Text("summary")}");
        var task = finding.Text("task") is { Length: > 0 } name ? $", {name}" : "";
        output.WriteLine($"  --> {finding.Text("path")}:{finding.Text("line")}  CPU {finding.Text("cpu")}, time {finding.Text("time")}{task}");
        WriteField(output, "entry", EntryText(finding));
        WriteField(output, "old", ValueText(finding, "old"));
        WriteField(output, "new", ValueText(finding, "new"));
        WriteField(output, "differs", finding.Text("difference"));
        WriteField(output, "site", finding.Text("site"));
        WriteField(output, "rule", ArmText(finding.Text("arm_rule")));
        WriteEvidence(database, output, site.FirstId);
        if (site.Findings > 1 || site.Stores > 1)
        {
            output.WriteLine(
                $"  = {Number.Counted(site.Findings, "finding", "findings")} of this rule at this site, "
                + $"{Number.Counted(site.Stores, "store", "stores")} in {Number.Counted(site.Tables, "table", "tables")}"
                + (IsOneFile(database) ? $", last at line {site.LastLine}" : ""));
        }

        output.WriteLine();
    }

    private static void WriteEvidence(TraceDatabase database, TextWriter output, long id)
    {
        var isOneFile = IsOneFile(database);
        using var events = QueryResult.Run(database, "finding_evidence", ("id", id));
        while (events.Read())
        {
            var why = events.Text("why");
            output.WriteLine(
                $"  | {(isOneFile ? $"line {events.Text("line"),-9}" : $"{events.Text("path")}:{events.Text("line"),-7}")} CPU {events.Text("cpu"),-3} {events.Text("role"),-8}"
                + $"{events.Text("event")}: {events.Text("text")}");
            if (why.Length > 0)
            {
                output.WriteLine($"  |                          {why}");
            }
        }
    }

    private static bool IsOneFile(TraceDatabase database)
    {
        using var traces = QueryResult.Run(database, "traces");
        return traces.Read() && !traces.Read();
    }

    private static void WriteField(TextWriter output, string name, string text)
    {
        if (text.Length > 0)
        {
            output.WriteLine($"  = {name,-8}{text}");
        }
    }

    private static string EntryText(QueryResult finding)
    {
        var text = finding.Text("pa");
        text += finding.Text("level") is { Length: > 0 } level ? $", level {level}" : "";
        text += finding.Text("va") is { Length: > 0 } va ? $", translates {va}" : "";
        return text + (finding.Text("asid") is { Length: > 0 } asid ? $", ASID {asid}" : "");
    }

    private static string ValueText(QueryResult finding, string column) =>
        finding.Text(column) is { Length: > 0 } value ? $"{value}  {finding.Text(column + "_decoded")}".TrimEnd() : "";

    private static string ArmText(string rules) => rules.Length == 0 ? "" : $"Arm DDI 0487 {rules}";

    private sealed record Site(
        string Severity, string Tag, long FirstId, long Findings, long Stores, long Tables, long LastLine);
}
