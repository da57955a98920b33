using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Events;
using TraceReplay.Replay;

namespace TraceReplay.Store;

/// <summary>Replays the events of a database and writes what it derives back into it.</summary>
public static class Replayer
{
    /// <summary>The indexes of what it derives, to be made after the last row.</summary>
    internal const string IndexScript = "091_replay_index";

    /// <summary>Replays a database. What an earlier replay wrote is replaced as a whole, or left as it is when this one fails.</summary>
    /// <param name="database">Opened for writing.</param>
    /// <param name="options">How to replay.</param>
    /// <param name="progress">Told the number of events replayed, now and then.</param>
    /// <param name="review">Findings that are accepted, or known from before.</param>
    /// <param name="cancellation">Stops the replay; nothing is changed then.</param>
    /// <exception cref="DatabaseException">The database cannot be read or written; nothing is changed then.</exception>
    public static ReplaySummary Replay(
        TraceDatabase database, ReplayOptions options, IProgress<long>? progress = null, FindingReview? review = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        try
        {
            return ReplayAndStore(database, options, progress, review ?? FindingReview.None, cancellation);
        }
        catch (Exception e) when (e is DatabaseException or SqliteException or IOException)
        {
            throw new DatabaseException($"{database.Path}: not replayed ({TraceDatabase.Reason(e)}); what an earlier replay found is as it was", e);
        }
    }

    private static ReplaySummary ReplayAndStore(
        TraceDatabase database, ReplayOptions options, IProgress<long>? progress, FindingReview review, CancellationToken cancellation)
    {
        // Three threads share the work: this one reads events, one replays them, one writes rows.
        var isShared = Environment.ProcessorCount > 1;
        using var source = database.OpenBeside();
        var reader = new EventReader(source);
        var facts = reader.ReadFacts();
        using var events = new EventSpool(isShared ? null : database.Folder);
        using var transaction = database.Connection.BeginTransaction();
        using var queue = isShared ? new RowQueue() : null;
        var target = new ReplayTarget(database, queue, KeepsHistory: true, KeepsFindingStores: true);
        using var run = new ReplayRun(target, events, reader.Names, options, progress, cancellation);
        if (isShared)
        {
            run.BeginBeside(facts);
        }

        reader.Read(events, cancellation);
        var summary = Finish(run, target, events, facts, review);
        database.CreateIndexes(IndexScript);
        transaction.Commit();
        return summary;
    }

    /// <summary>Ends a replay: the last rows are written and the findings reviewed.</summary>
    /// <param name="run">The replay.</param>
    /// <param name="target">Where it writes.</param>
    /// <param name="events">The events.</param>
    /// <param name="facts">Facts about all of them.</param>
    /// <param name="review">Findings that are accepted, or known from before.</param>
    internal static ReplaySummary Finish(ReplayRun run, ReplayTarget target, EventSpool events, TraceFacts facts, FindingReview review)
    {
        var summary = run.Finish(facts);
        if (!target.KeepsHistory)
        {
            StoreNamedEvents(target, events);
        }

        review.Apply(target.Database.Connection);
        return summary;
    }

    // Of events that are not stored otherwise: those that prove a finding, that a waiver is compared with, or that head a site of TLBIs.
    private static void StoreNamedEvents(ReplayTarget target, EventSpool events)
    {
        using var writer = new EventWriter(target.Database.Connection);
        events.ReplaySelected(NamedEvents(target.Database, target.KeepsFindingStores), writer);
        writer.Flush();
    }

    // Read as they are needed: of a trace with a fault at every turn they are many.
    private static IEnumerable<long> NamedEvents(TraceDatabase database, bool withAllStores)
    {
        using var command = database.Connection.CreateCommand();
        command.CommandText =
            $"""
            SELECT seq FROM finding
            UNION SELECT stale_seq FROM finding WHERE stale_seq IS NOT NULL
            UNION SELECT tlbi_seq FROM finding WHERE tlbi_seq IS NOT NULL
            UNION SELECT barrier_seq FROM finding WHERE barrier_seq IS NOT NULL
            UNION SELECT fill_seq FROM finding WHERE fill_seq IS NOT NULL
            {(withAllStores ? "UNION SELECT seq FROM finding_store" : "")}
            UNION SELECT first_seq FROM tlbi_site
            ORDER BY 1
            """;
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return reader.GetInt64(0);
        }
    }
}
