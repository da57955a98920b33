using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>Says that a database was not replayed: without that an empty result looks like a trace without faults.</summary>
internal static class ReplayNotice
{
    /// <summary>One line on the error stream when the database was not replayed.</summary>
    public static void Write(CommandStreams streams, TraceDatabase database)
    {
        if (!InfoReport.IsReplayed(database))
        {
            streams.Error.WriteLine($"tracereplay: {database.Path}: not replayed; run 'tracereplay replay {database.Path}'");
        }
    }

    /// <summary>The same, unless the query needs no replay.</summary>
    public static void Write(CommandStreams streams, TraceDatabase database, CannedQuery query)
    {
        if (query.NeedsReplay)
        {
            Write(streams, database);
        }
    }
}
