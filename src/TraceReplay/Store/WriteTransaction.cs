using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace TraceReplay.Store;

/// <summary>What is written until <see cref="Commit"/>; without it, it is undone.</summary>
/// <remarks>
/// Begun by SQL: one that <see cref="SqliteConnection.BeginTransaction()"/> begins must be handed to every command, for Dapper's compiled
/// calls take none from the connection.
/// </remarks>
internal sealed class WriteTransaction : IDisposable
{
    private readonly SqliteConnection _connection;

    public WriteTransaction(SqliteConnection connection)
    {
        _connection = connection;
        Begin();
    }

    /// <exception cref="SqliteException">It cannot be written.</exception>
    public void Commit() => _connection.Execute("COMMIT");

    public void Dispose()
    {
        // After some failures, such as a full disk, SQLite has undone it already.
        if (_connection.Handle is { } handle && raw.sqlite3_get_autocommit(handle) == 0)
        {
            _connection.Execute("ROLLBACK");
        }
    }

    private void Begin() => _connection.Execute("BEGIN IMMEDIATE");
}
