using System.Collections.Concurrent;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>
/// Inserts rows into one table. They are gathered and written 64 a statement: of 1.45 million events, 1.27 million a second become
/// rows one by one through SQLitePCLRaw, 1.7 million one by one through <see cref="SqliteCalls"/>, 2.7 million by 64.
/// <see cref="Flush"/> writes the last ones.
/// </summary>
internal sealed class RowInserter : IDisposable
{
    private const int RowsPerStatement = 64;

    private readonly sqlite3 _database;
    private readonly RowQueue? _queue;
    private readonly string _table;
    private readonly string _columnList;
    private readonly int _columnCount;
    private readonly string _verb;
    private readonly ConcurrentQueue<RowBatch> _free = new();
    private sqlite3_stmt? _one;
    private sqlite3_stmt? _many;
    private byte[] _utf8 = new byte[256];
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
            _many ??= Prepare(RowsPerStatement);
            Execute(_many, rows, 0, rows.Count);
            return;
        }

        _one ??= Prepare(1);
        for (var at = 0; at < rows.Count; at += _columnCount)
        {
            Execute(_one, rows, at, _columnCount);
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

    private void Execute(sqlite3_stmt prepared, RowBatch rows, int from, int count)
    {
        // Kept by its field, so that the pointer stays valid.
        var statement = prepared.DangerousGetHandle();
        for (var i = 0; i < count; i++)
        {
            switch (rows.Kind(from + i))
            {
                case CellKind.Integer:
                    _ = SqliteCalls.BindInteger(statement, i + 1, rows.Number(from + i));
                    break;
                case CellKind.Null:
                    _ = SqliteCalls.BindNull(statement, i + 1);
                    break;
                default:
                    BindText(statement, i + 1, rows.Text(from + i));
                    break;
            }
        }

        var result = SqliteCalls.Step(statement);
        _ = SqliteCalls.Reset(statement);
        if (result != raw.SQLITE_DONE)
        {
            ThrowFailed(result);
        }
    }

    private void BindText(nint statement, int index, string text)
    {
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_utf8.Length < longest)
        {
            _utf8 = new byte[longest];
        }

        var length = Encoding.UTF8.GetBytes(text, _utf8);
        _ = SqliteCalls.BindText(statement, index, _utf8, length, SqliteCalls.Transient);
    }

    private sqlite3_stmt Prepare(int rows)
    {
        var row = "(" + string.Join(",", Enumerable.Repeat("?", _columnCount)) + ")";
        var values = string.Join(",", Enumerable.Repeat(row, rows));
        var result = raw.sqlite3_prepare_v2(_database, $"{_verb} INTO {_table} ({_columnList}) VALUES {values}", out var statement);
        if (result != raw.SQLITE_OK)
        {
            ThrowFailed(result);
        }

        return statement;
    }

    private void ThrowFailed(int result)
    {
        var text = raw.sqlite3_errmsg(_database).utf8_to_string();
        throw new DatabaseException($"cannot write to table {_table}: {text} (SQLite error {result})", new SqliteException(text, result));
    }
}
