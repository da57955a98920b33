using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>Sends the event of a cursor's current row.</summary>
internal delegate void RowSender(EventCursor row, IEventSink sink);

/// <summary>Walks one event table in sequence order.</summary>
internal sealed class EventCursor : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _owner;
    private readonly nint _statement;
    private readonly string _table;
    private readonly RowSender _send;

    public EventCursor(sqlite3 database, EventTable table, RowSender send)
    {
        _database = database;
        _table = table.Name;
        _send = send;
        var result = raw.sqlite3_prepare_v2(database, $"SELECT {table.ColumnList} FROM {table.Name} ORDER BY seq", out _owner);
        if (result != raw.SQLITE_OK)
        {
            ThrowFailed(result);
        }

        // Kept by its owner, so that the pointer stays valid: reading by pointer takes a third less time.
        _statement = _owner.DangerousGetHandle();
    }

    /// <summary>Sequence number of the current row; <see cref="long.MaxValue"/> past the last one.</summary>
    public long Seq { get; private set; }

    /// <summary>What all events share.</summary>
    public EventHeader Header => new(Seq, Column(1), Column(2), (int)Column(3), (int)Column(4)) { Input = Input };

    /// <summary>Input of the current row where several were merged by time, else 0; set by who knows it.</summary>
    public int Input { get; set; }

    /// <summary>Moves to the next row.</summary>
    public void Next()
    {
        var result = SqliteCalls.Step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            Seq = Column(0);
        }
        else if (result == raw.SQLITE_DONE)
        {
            Seq = long.MaxValue;
        }
        else
        {
            ThrowFailed(result);
        }
    }

    /// <summary>Sends the current row.</summary>
    public void Send(IEventSink sink) => _send(this, sink);

    /// <summary>A column after the shared ones, 0-based.</summary>
    public long Own(int index) => Column(EventTable.SharedColumns.Length + index);

    /// <summary>A number that may be absent.</summary>
    public long? OwnOrNull(int index) => IsNull(index) ? null : Own(index);

    /// <summary>An address or descriptor that may be absent.</summary>
    public ulong? OwnBitsOrNull(int index) => IsNull(index) ? null : (ulong)Own(index);

    /// <summary>A small number that may be absent.</summary>
    public int? OwnIntOrNull(int index) => IsNull(index) ? null : (int)Own(index);

    public void Dispose() => _owner.Dispose();

    private long Column(int index) => SqliteCalls.ColumnInteger(_statement, index);

    private bool IsNull(int index) =>
        SqliteCalls.ValueType(SqliteCalls.ColumnValue(_statement, EventTable.SharedColumns.Length + index)) == raw.SQLITE_NULL;

    private void ThrowFailed(int result)
    {
        var text = raw.sqlite3_errmsg(_database).utf8_to_string();
        throw new DatabaseException($"cannot read table {_table}: {text} (SQLite error {result})", new SqliteException(text, result));
    }
}
