using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Events;
using TraceReplay.Replay;

namespace TraceReplay.Store;

/// <summary>Replays the events of a database and writes what it derives back into it.</summary>
public static class Replayer
{
    private const string IndexScript = "091_replay_index";

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
        // A connection can either be read or be written. Copied first, the events are replayed while another thread writes rows.
        var reader = new EventReader(database);
        using var events = new EventSpool(database.Folder);
        reader.Read(events, cancellation);
        using var transaction = database.Connection.BeginTransaction();
        using var queue = Environment.ProcessorCount > 1 ? new RowQueue() : null;
        var summary = Replay(
            (database, queue, KeepsHistory: true, Beside: null), events, reader.Names, reader.ReadFacts(), options, review, progress, cancellation);
        transaction.Commit();
        return summary;
    }

    /// <summary>Replays events of which there is a copy; the caller holds the transaction.</summary>
    /// <param name="target">
    /// Where rows go, whether all that is derived is kept, and what else is to be done to the database on the thread that writes.
    /// </param>
    /// <param name="events">The events.</param>
    /// <param name="names">The names that they refer to.</param>
    /// <param name="facts">Facts about all of them.</param>
    /// <param name="options">How to replay.</param>
    /// <param name="review">Findings that are accepted, or known from before.</param>
    /// <param name="progress">Told the number of events replayed, now and then.</param>
    /// <param name="cancellation">Stops the replay.</param>
    internal static ReplaySummary Replay(
        (TraceDatabase Database, RowQueue? Queue, bool KeepsHistory, Action? Beside) target,
        EventSpool events,
        NameTable names,
        TraceFacts facts,
        ReplayOptions options,
        FindingReview review,
        IProgress<long>? progress,
        CancellationToken cancellation)
    {
        using var writer = new ReplayWriter(target.Database.Connection, options.Policy, target.Queue, target.KeepsHistory);
        if (target.Queue is not null && target.Beside is not null)
        {
            target.Queue.Add(target.Beside);
        }
        else
        {
            target.Beside?.Invoke();
        }

        var engine = new ReplayEngine(facts, names, options, writer);
        events.Replay(progress is null ? engine : new ProgressSink(engine, progress), cancellation);
        var summary = engine.Finish();
        writer.Finish(summary);
        if (!target.KeepsHistory)
        {
            StoreNamedEvents(target.Database, events, cancellation);
        }

        review.Apply(target.Database.Connection);
        target.Database.CreateIndexes(IndexScript);
        return summary;
    }

    // Of events that are not stored otherwise: those that prove a finding, that a waiver is compared with, or that head a site of TLBIs.
    private static void StoreNamedEvents(TraceDatabase database, EventSpool events, CancellationToken cancellation)
    {
        var named = database.Connection.Query<long>(
            """
            SELECT seq FROM finding
            UNION SELECT stale_seq FROM finding WHERE stale_seq IS NOT NULL
            UNION SELECT tlbi_seq FROM finding WHERE tlbi_seq IS NOT NULL
            UNION SELECT barrier_seq FROM finding WHERE barrier_seq IS NOT NULL
            UNION SELECT fill_seq FROM finding WHERE fill_seq IS NOT NULL
            UNION SELECT seq FROM finding_store
            UNION SELECT first_seq FROM tlbi_site
            """,
            buffered: false).ToHashSet();
        using var writer = new EventWriter(database.Connection);
        events.Replay(new SelectedEvents(named, writer), cancellation);
        writer.Flush();
    }
}
