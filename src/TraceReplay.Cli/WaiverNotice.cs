using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>Tells of waivers that accept nothing: they hide that somebody looked away, or that nothing is left to look at.</summary>
internal static class WaiverNotice
{
    /// <summary>Writes one line for each that is expired or unused.</summary>
    public static void Write(CommandStreams streams, TraceDatabase database, string? file)
    {
        using var waivers = QueryResult.Run(database, "waivers");
        while (waivers.Read())
        {
            var place = $"tracereplay: {file}: line {waivers.Text("line")}: the waiver of {waivers.Text("rule")}";
            switch (waivers.Text("state"))
            {
                case "expired":
                    streams.Error.WriteLine(
                        $"{place} expired on {waivers.Text("expires")} and does not apply; it fits "
                        + Number.Counted(waivers.Integer("matched") ?? 0, "finding", "findings"));
                    break;
                case "unused":
                    streams.Error.WriteLine($"{place} matched nothing");
                    break;
            }
        }
    }
}
