using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>
/// One prepared INSERT. Bound through SQLitePCL rather than <c>SqliteCommand</c>, whose parameters cost more than the insert
/// itself.
/// </summary>
internal sealed class RowInserter : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly string _table;
    private int _column;

    public RowInserter(sqlite3 database, string table, string columnList, int columnCount, bool ignoreRepeats = false)
    {
        _database = database;
        _table = table;
        var holes = string.Join(", ", Enumerable.Repeat("?", columnCount));
        var result = raw.sqlite3_prepare_v2(database, $"INSERT {(ignoreRepeats ? "OR IGNORE " : "")}INTO {table} ({columnList}) VALUES ({holes})", out _statement);
        if (result != raw.SQLITE_OK)
        {
            ThrowFailed(result);
        }
    }

    public RowInserter(sqlite3 database, EventTable table)
        : this(database, table.Name, table.ColumnList, table.ColumnCount)
    {
    }

    /// <summary>Starts a row of an event table.</summary>
    public RowInserter Row(in EventHeader header)
    {
        _column = 0;
        return Add(header.Seq).Add(header.Line).Add(header.Time).Add(header.Cpu).Add(header.Task);
    }

    /// <summary>Starts a row of another table.</summary>
    public RowInserter Row()
    {
        _column = 0;
        return this;
    }

    public RowInserter Add(long value)
    {
        _ = raw.sqlite3_bind_int64(_statement, ++_column, value);
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
        _ = raw.sqlite3_bind_text(_statement, ++_column, value);
        return this;
    }

    /// <summary>Writes the row.</summary>
    public void Insert()
    {
        var result = raw.sqlite3_step(_statement);
        _ = raw.sqlite3_reset(_statement);
        if (result != raw.SQLITE_DONE)
        {
            ThrowFailed(result);
        }
    }

    public void Dispose() => _statement.Dispose();

    private RowInserter AddNull()
    {
        _ = raw.sqlite3_bind_null(_statement, ++_column);
        return this;
    }

    private void ThrowFailed(int result)
    {
        var text = raw.sqlite3_errmsg(_database).utf8_to_string();
        throw new DatabaseException($"cannot write to table {_table}: {text} (SQLite error {result})", new SqliteException(text, result));
    }
}
