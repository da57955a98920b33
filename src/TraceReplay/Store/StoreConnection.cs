using Microsoft.Data.Sqlite;

namespace TraceReplay.Store;

/// <summary>A connection whose commands keep the transaction and the time-out that it gives them.</summary>
/// <remarks>
/// Dapper's compiled calls set both on every command, also where they were given neither: a command without the transaction is refused
/// while there is one, and one without a time-out waits for ever for a database that another program has locked.
/// </remarks>
internal sealed class StoreConnection(string connectionString) : SqliteConnection(connectionString)
{
    public override SqliteCommand CreateCommand() =>
        new KeepingCommand { Connection = this, CommandTimeout = DefaultTimeout, Transaction = Transaction };

    private sealed class KeepingCommand : SqliteCommand
    {
        public override int CommandTimeout
        {
            get => base.CommandTimeout;
            set => base.CommandTimeout = value == 0 ? base.CommandTimeout : value;
        }

        public override SqliteTransaction? Transaction
        {
            get => base.Transaction;
            set => base.Transaction = value ?? base.Transaction;
        }
    }
}
