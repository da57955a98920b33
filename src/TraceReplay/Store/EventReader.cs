using Dapper;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>Reads stored events back in sequence order.</summary>
public sealed class EventReader
{
    // Often enough for a prompt answer to an interrupt, seldom enough to cost nothing.
    private const int EventsPerCancellationCheck = 1 << 14;

    private readonly TraceDatabase _database;

    /// <summary>Loads the names, so that the ids in events are those of <see cref="Names"/>.</summary>
    public EventReader(TraceDatabase database)
    {
        _database = database;
        ReadNames();
    }

    /// <summary>Names and tasks that the events refer to.</summary>
    public NameTable Names { get; } = new();

    /// <summary>Number of events stored.</summary>
    public long CountEvents() => _database.Connection.ExecuteScalar<long>("SELECT ifnull(max(last_seq), 0) FROM trace");

    /// <summary>Facts of all traces together; the clock is that of the first.</summary>
    public TraceFacts ReadFacts()
    {
        var facts = default(TraceFacts);
        foreach (var row in _database.Connection.Query<TraceRow>("SELECT * FROM trace ORDER BY id"))
        {
            facts = facts is null ? row.Facts : TraceFacts.Combine(facts, row.Facts);
        }

        return facts ?? new TraceFacts();
    }

    /// <summary>Sends all events to a sink.</summary>
    public void Read(IEventSink sink, CancellationToken cancellation = default) => Read(sink, long.MaxValue - 1, cancellation);

    /// <summary>Sends the events up to a sequence number to a sink.</summary>
    public void Read(IEventSink sink, long lastSeq, CancellationToken cancellation = default)
    {
        var handle = _database.Connection.Handle ?? throw new InvalidOperationException("the database is not open");
        var cursors = OpenCursors(handle);
        try
        {
            using var inputs = MergedInputs.Of(_database);
            Merge(cursors, inputs, sink, lastSeq, cancellation);
        }
        finally
        {
            foreach (var cursor in cursors)
            {
                cursor.Dispose();
            }
        }
    }

    // Dapper's calls are not compiled ahead where a constructor makes them.
    private void ReadNames()
    {
        foreach (var name in _database.Connection.Query<string>("SELECT text FROM name WHERE id > 0 ORDER BY id", buffered: false))
        {
            Names.Append(name);
        }

        foreach (var task in _database.Connection.Query<TaskIdentity>("SELECT comm, pid FROM task WHERE id > 0 ORDER BY id", buffered: false))
        {
            Names.AppendTask(task.Comm, task.Pid);
        }
    }

    private static void Merge(EventCursor[] cursors, MergedInputs? inputs, IEventSink sink, long lastSeq, CancellationToken cancellation)
    {
        var sequences = new long[cursors.Length];
        for (var i = 0; i < cursors.Length; i++)
        {
            cursors[i].Next();
            sequences[i] = cursors[i].Seq;
        }

        for (var count = 1L; ; count++)
        {
            // A dozen tables: a scan beats a heap.
            var first = 0;
            for (var i = 1; i < sequences.Length; i++)
            {
                if (sequences[i] < sequences[first])
                {
                    first = i;
                }
            }

            if (sequences[first] > lastSeq)
            {
                return;
            }

            if (count % EventsPerCancellationCheck == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            var cursor = cursors[first];
            if (inputs is not null)
            {
                cursor.Input = inputs.InputOf(cursor.Seq);
            }

            cursor.Send(sink);
            cursor.Next();
            sequences[first] = cursor.Seq;
        }
    }

    private static EventCursor[] OpenCursors(sqlite3 db) =>
    [
        new(db, EventTables.PageTableWrite, static (row, sink) => sink.On(new PageTableWrite(
            row.Header, (ulong)row.Own(0), (ulong)row.Own(1), row.OwnBitsOrNull(2), row.OwnIntOrNull(3), row.OwnBitsOrNull(4),
            (int)row.Own(5), (int)row.Own(6), row.OwnBitsOrNull(7)))),
        new(db, EventTables.Tlbi, static (row, sink) => sink.On(new TlbiInstruction(
            row.Header, (int)row.Own(0), (ulong)row.Own(1), row.OwnBitsOrNull(2)))),
        new(db, EventTables.Barrier, static (row, sink) => sink.On(new BarrierInstruction(
            row.Header, (int)row.Own(0), row.OwnBitsOrNull(1)))),
        new(db, EventTables.SystemRegisterWrite, static (row, sink) => sink.On(new SystemRegisterWrite(
            row.Header, (int)row.Own(0), (ulong)row.Own(1), row.OwnBitsOrNull(2)))),
        new(db, EventTables.TableKnown, static (row, sink) => sink.On(new TableKnown(
            row.Header, (ulong)row.Own(0), (int)row.Own(1), row.OwnIntOrNull(2), row.OwnIntOrNull(3), row.OwnBitsOrNull(4),
            row.OwnIntOrNull(5), row.Own(6) != 0))),
        new(db, EventTables.DescriptorKnown, static (row, sink) => sink.On(new DescriptorValueKnown(
            row.Header, (DescriptorSource)row.Own(0), (ulong)row.Own(1), (ulong)row.Own(2), row.OwnBitsOrNull(3), row.OwnIntOrNull(4)))),
        new(db, EventTables.TableGone, static (row, sink) => sink.On(new TableGone(
            row.Header, row.Own(0) != 0, (ulong)row.Own(1), row.OwnIntOrNull(2), (int)row.Own(3)))),
        new(db, EventTables.MachineFact, static (row, sink) => sink.On(new MachineFact(
            row.Header, (int)row.Own(0), (int)row.Own(1)))),
        new(db, EventTables.PageAllocation, static (row, sink) => sink.On(new PageAllocation(
            row.Header, row.Own(0) != 0, (ulong)row.Own(1), (int)row.Own(2)))),
        new(db, EventTables.ContextSwitch, static (row, sink) => sink.On(new ContextSwitch(
            row.Header, (int)row.Own(0), (int)row.Own(1)))),
        new(db, EventTables.LockOperation, static (row, sink) => sink.On(new LockOperation(
            row.Header, (LockAction)row.Own(0), (ulong)row.Own(1)))),
        new(db, EventTables.LockHint, static (row, sink) => sink.On(new LockHint(
            row.Header, (LockHintKind)row.Own(0), (ulong)row.Own(1), (ulong)row.Own(2)))),
        new(db, EventTables.Marker, static (row, sink) => sink.On(new Marker(row.Header, (int)row.Own(0)))),
        new(db, EventTables.LostEvents, static (row, sink) => sink.On(new LostEvents(row.Header, row.OwnOrNull(0)))),
        new(db, EventTables.TlbEntry, static (row, sink) => sink.On(new TlbEntry(
            row.Header, row.Own(0) != 0, row.Own(1) != 0, (ulong)row.Own(2), (ulong)row.Own(3), row.OwnBitsOrNull(4), (int)row.Own(5),
            (ushort?)row.OwnOrNull(6), (ushort?)row.OwnOrNull(7)))),
    ];
}
