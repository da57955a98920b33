using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>
/// Inserts rows into one table. They are gathered and written many a statement: of 1.45 million events, 1.27 million a second become
/// rows one by one through SQLitePCLRaw, 1.7 million one by one through <see cref="SqliteCalls"/>, 2.7 million by 64, and of those by 256
/// again 4 percent more. <see cref="Flush"/> writes the last ones.
/// </summary>
internal sealed class RowInserter : IDisposable
{
    private const int RowsPerStatement = 256;

    private readonly sqlite3 _database;
    private readonly RowQueue? _queue;
    private readonly string _table;
    private readonly string _columnList;
    private readonly int _columnCount;
    private readonly string _verb;
    private readonly ConcurrentQueue<RowBatch> _free = new();
    private RowStatement? _one;
    private RowStatement? _many;
    private RowBatch _rows;

    /// <param name="database">An open database, in a transaction.</param>
    /// <param name="table">The table.</param>
    /// <param name="columnList">Its columns in the order in which they are added.</param>
    /// <param name="columnCount">How many they are.</param>
    /// <param name="queue">Where rows are written; null to write them at once.</param>
    /// <param name="ignoreRepeats">True to leave out a row whose key is there.</param>
    public RowInserter(sqlite3 database, string table, string columnList, int columnCount, RowQueue? queue = null, bool ignoreRepeats = false)
    {
        _database = database;
        _queue = queue;
        _table = table;
        _columnList = columnList;
        _columnCount = columnCount;
        _verb = ignoreRepeats ? "INSERT OR IGNORE" : "INSERT";
        _rows = new RowBatch(this, RowsPerStatement * columnCount);
    }

    public RowInserter(sqlite3 database, EventTable table, RowQueue? queue)
        : this(database, table.Name, table.ColumnList, table.ColumnCount, queue)
    {
    }

    /// <summary>Starts a row of an event table.</summary>
    public RowInserter Row(in EventHeader header) => Add(header.Seq).Add(header.Line).Add(header.Time).Add(header.Cpu).Add(header.Task);

    /// <summary>Starts a row of another table.</summary>
    public RowInserter Row() => this;

    public RowInserter Add(long value)
    {
        _rows.Add(value);
        return this;
    }

    public RowInserter Add(int value) => Add((long)value);

    /// <summary>An address or descriptor, by its bits.</summary>
    public RowInserter Add(ulong value) => Add((long)value);

    public RowInserter Add(bool value) => Add(value ? 1L : 0L);

    public RowInserter Add(ulong? value) => value is { } known ? Add((long)known) : AddNull();

    public RowInserter Add(int? value) => value is { } known ? Add((long)known) : AddNull();

    public RowInserter Add(long? value) => value is { } known ? Add(known) : AddNull();

    public RowInserter Add(string value)
    {
        _rows.Add(value);
        return this;
    }

    /// <summary>Ends the row.</summary>
    public void Insert()
    {
        if (_rows.IsFull)
        {
            Send();
        }
    }

    /// <summary>Sends the rows that are still gathered.</summary>
    public void Flush()
    {
        if (_rows.Count > 0)
        {
            Send();
        }
    }

    /// <summary>Drops the rows that are still gathered.</summary>
    public void Discard() => _rows.Clear();

    public void Dispose()
    {
        _one?.Dispose();
        _many?.Dispose();
    }

    /// <summary>Writes the rows of a batch; on the thread of the queue where there is one.</summary>
    internal void Write(RowBatch rows)
    {
        if (rows.IsFull)
        {
            Execute(_many ??= Prepare(RowsPerStatement), rows, 0);
            return;
        }

        _one ??= Prepare(1);
        for (var at = 0; at < rows.Count; at += _columnCount)
        {
            Execute(_one, rows, at);
        }
    }

    /// <summary>Takes back a batch that was written.</summary>
    internal void Recycle(RowBatch rows) => _free.Enqueue(rows);

    private RowInserter AddNull()
    {
        _rows.AddNull();
        return this;
    }

    private void Send()
    {
        if (_queue is null)
        {
            _rows.Write();
        }
        else
        {
            _queue.Add(_rows.Write);
        }

        _rows = _free.TryDequeue(out var free) ? free : new RowBatch(this, RowsPerStatement * _columnCount);
    }

    private void Execute(RowStatement statement, RowBatch rows, int from)
    {
        var result = statement.Execute(rows, from);
        if (result != raw.SQLITE_DONE)
        {
            ThrowFailed(result);
        }
    }

    private RowStatement Prepare(int rows)
    {
        var row = "(" + string.Join(",", Enumerable.Repeat("?", _columnCount)) + ")";
        var values = string.Join(",", Enumerable.Repeat(row, rows));
        var result = raw.sqlite3_prepare_v2(_database, $"{_verb} INTO {_table} ({_columnList}) VALUES {values}", out var statement);
        if (result != raw.SQLITE_OK)
        {
            ThrowFailed(result);
        }

        return new RowStatement(statement, rows * _columnCount);
    }

    private void ThrowFailed(int result)
    {
        var text = raw.sqlite3_errmsg(_database).utf8_to_string();
        throw new DatabaseException($"cannot write to table {_table}: {text} (SQLite error {result})", new SqliteException(text, result));
    }
}
