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
        catch (Exception e) when (e is DatabaseException or SqliteException)
        {
            throw new DatabaseException($"{database.Path}: not replayed ({TraceDatabase.Reason(e)}); what an earlier replay found is as it was", e);
        }
    }

    private static ReplaySummary ReplayAndStore(
        TraceDatabase database, ReplayOptions options, IProgress<long>? progress, FindingReview review, CancellationToken cancellation)
    {
        var reader = new EventReader(database);
        using var transaction = database.Connection.BeginTransaction();
        using var writer = new ReplayWriter(database.Connection, options.Policy);
        var engine = new ReplayEngine(reader.ReadFacts(), reader.Names, options, writer);
        reader.Read(progress is null ? engine : new ProgressSink(engine, progress), cancellation);
        var summary = engine.Finish();
        writer.Summary(summary);
        review.Apply(database.Connection);
        database.CreateIndexes(IndexScript);
        transaction.Commit();
        return summary;
    }
}
