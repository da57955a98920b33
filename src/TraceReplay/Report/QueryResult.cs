using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>The rows of a canned query, read one at a time: a result of millions of rows needs no memory.</summary>
public sealed class QueryResult : IResultRows, IDisposable
{
    private readonly SqliteCommand _command;
    private readonly SqliteDataReader _reader;
    private readonly sqlite3_stmt? _statement;
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);

    private QueryResult(SqliteCommand command, SqliteDataReader reader)
    {
        _command = command;
        _reader = reader;
        _statement = reader.Handle;
        Columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        for (var i = 0; i < Columns.Count; i++)
        {
            _ordinals.TryAdd(Columns[i], i);
        }
    }

    public IReadOnlyList<string> Columns { get; }

    /// <summary>Starts a query. Parameters that are not given have their default.</summary>
    /// <exception cref="ArgumentException">An argument the query does not know, or a required one that is missing.</exception>
    public static QueryResult Run(TraceDatabase database, CannedQuery query, IReadOnlyDictionary<string, object?>? arguments = null)
    {
        foreach (var name in arguments?.Keys ?? [])
        {
            if (!query.Parameters.Any(parameter => parameter.Name == name))
            {
                throw new ArgumentException($"query {query.Name} has no parameter {name}", nameof(arguments));
            }
        }

        var command = database.Connection.CreateCommand();
        command.CommandText = query.Sql;
        foreach (var parameter in query.Parameters)
        {
            object? value = null;
            var isGiven = arguments is not null && arguments.TryGetValue(parameter.Name, out value);
            if (!isGiven && parameter.IsRequired)
            {
                command.Dispose();
                throw new ArgumentException($"query {query.Name} needs the parameter {parameter.Name}", nameof(arguments));
            }

            command.Parameters.AddWithValue("@" + parameter.Name, (isGiven ? value : parameter.Default) ?? DBNull.Value);
        }

        // Its first row is read here, and with it all that tells where the others are.
        lock (database.Beginning)
        {
            return new QueryResult(command, command.ExecuteReader());
        }
    }

    /// <summary>Starts a query with named arguments.</summary>
    public static QueryResult Run(TraceDatabase database, string query, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        Dictionary<string, object?> values = [];
        foreach (var (name, value) in arguments)
        {
            values.Add(name, value);
        }

        return Run(database, QueryCatalogue.Get(query), values);
    }

    public bool Read() => _reader.Read();

    public object? Value(int column)
    {
        // Straight from the statement: the reader asks for the type several times, which is a third of the time of a large result.
        var statement = _reader.Handle;
        return raw.sqlite3_column_type(statement, column) switch
        {
            raw.SQLITE_NULL => null,
            raw.SQLITE_INTEGER => raw.sqlite3_column_int64(statement, column),
            raw.SQLITE_TEXT => raw.sqlite3_column_text(statement, column).utf8_to_string(),
            _ => _reader.GetValue(column),
        };
    }

    /// <summary>A value where SQLite has it: valid until the next call of <see cref="Read"/>.</summary>
    internal ResultCell Cell(int column) => new(SqliteCalls.ColumnValue(_statement!.DangerousGetHandle(), column));

    /// <summary>A value as text, empty for NULL.</summary>
    public string Text(string column) =>
        Value(_ordinals[column]) is { } value ? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "" : "";

    /// <summary>An integer, or null for NULL.</summary>
    public long? Integer(string column) =>
        Value(_ordinals[column]) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;

    /// <summary>An address or descriptor that the query printed as hex, or null for NULL.</summary>
    public ulong? Address(string column) =>
        AddressText.TryParse(Text(column), out var value) ? value : null;

    public void Dispose()
    {
        _reader.Dispose();
        _command.Dispose();
    }
}

/// <summary>One value of a row, in SQLite's own memory.</summary>
/// <param name="value">SQLite's pointer to it.</param>
internal readonly struct ResultCell(nint value)
{
    /// <summary>SQLite's code of its type.</summary>
    public int Type => SqliteCalls.ValueType(value);

    /// <summary>It as an integer.</summary>
    public long Integer => SqliteCalls.ValueInteger(value);

    /// <summary>It as text in UTF-8.</summary>
    public unsafe ReadOnlySpan<byte> Utf8
    {
        get
        {
            var text = SqliteCalls.ValueText(value);
            return new ReadOnlySpan<byte>(text, SqliteCalls.ValueBytes(value));
        }
    }
}
