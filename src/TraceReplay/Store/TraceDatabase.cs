using System.Buffers.Binary;
using Dapper;
using Microsoft.Data.Sqlite;

namespace TraceReplay.Store;

/// <summary>One database file: making it, opening it, and the stamp that tells which schema it has.</summary>
public sealed class TraceDatabase : IDisposable
{
    /// <summary>Stamp in <c>PRAGMA application_id</c>: the bytes "TRpl".</summary>
    public const int ApplicationId = 0x5452706c;

    /// <summary>Stamp in <c>PRAGMA user_version</c>; a file with another one is made again from its trace.</summary>
    public const int SchemaVersion = 10;

    // Offset of application_id, big-endian, in the header of a SQLite file, and the header's length.
    private const int ApplicationIdOffset = 68;
    private const int HeaderBytes = 100;

    // The first sixteen bytes of every SQLite 3 file.
    private static readonly byte[] FileMagic = "SQLite format 3\0"u8.ToArray();

    static TraceDatabase()
    {
        // Each connection is used by one thread at a time, so SQLite need not lock it on every call: a quarter of the time of an
        // import. Nor need it count its memory, which takes a lock as well. Refused, without harm, when SQLite is already in use in this
        // process.
        SQLitePCL.Batteries_V2.Init();
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MULTITHREAD);
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    private readonly bool _isLocked;

    private TraceDatabase(string path, SqliteConnection connection, bool isLocked)
    {
        Path = path;
        Connection = connection;
        _isLocked = isLocked;
    }

    /// <summary>Path as given; empty for a temporary one.</summary>
    public string Path { get; }

    /// <summary>Directory for files that are needed while it is being made: its own, for a temporary one that of the system.</summary>
    public string Folder => Path.Length == 0 ? System.IO.Path.GetTempPath() : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>The open connection.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>Makes a database with all tables and views and no index. The file must not exist; it can be opened again once it is sealed.</summary>
    public static TraceDatabase Create(string path) => Create(path, Connect(path, SqliteOpenMode.ReadWriteCreate));

    /// <summary>
    /// Makes a database that is gone once it is closed. SQLite keeps it in memory up to the size of its cache, and what is beyond in a
    /// file without a name.
    /// </summary>
    public static TraceDatabase CreateTemporary()
    {
        var connection = new StoreConnection(new SqliteConnectionStringBuilder { DataSource = "", Pooling = false }.ToString());
        connection.Open();
        return Create("", connection);
    }

    /// <summary>Opens an existing database.</summary>
    /// <exception cref="DatabaseException">The path is not a readable TraceReplay database of this schema version.</exception>
    public static TraceDatabase Open(string path, bool writable)
    {
        CheckFile(path);
        var connection = Connect(path, writable ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly);
        try
        {
            var applicationId = connection.ExecuteScalar<long>("PRAGMA application_id");
            if (applicationId != ApplicationId)
            {
                throw new DatabaseException($"{path}: a SQLite database, but not one of TraceReplay; expected a file made by 'tracereplay import'");
            }

            var version = connection.ExecuteScalar<long>("PRAGMA user_version");
            if (version == 0)
            {
                throw new DatabaseException($"{path}: an import that did not finish: import the trace again");
            }

            if (version != SchemaVersion)
            {
                throw new DatabaseException($"{path}: schema version {version}, expected {SchemaVersion}: import the trace again");
            }

            // More cache does not make the queries faster: pages that are not in it are in that of the system.
            connection.Execute("PRAGMA cache_size = -8192;");
            return new TraceDatabase(path, connection, isLocked: false);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new DatabaseException($"{path}: cannot be read as a database ({e.Message})", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A second connection for reading, for use by another thread; null while the database is being made, which locks it.</summary>
    public TraceDatabase? OpenAgain() => _isLocked ? null : Open(Path, writable: false);

    /// <summary>Held while a query begins: a writer that must not be met at that moment holds it too.</summary>
    internal Lock Beginning { get; } = new();

    /// <summary>
    /// A second connection that takes no lock, for use by another thread. It may read the event tables while this one writes what a replay
    /// derives, for only an import writes their pages; and all rows that are in the file, while this one makes indexes, for those are new
    /// pages. What tells which pages there are changes when this one commits: then no query may begin (<see cref="Beginning"/>).
    /// </summary>
    internal TraceDatabase OpenBeside()
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = UriOf(Path) + "?immutable=1",
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        var connection = new StoreConnection(text.ToString());
        connection.Open();

        // Now, for the pages that tell it may be in the middle of a change later on.
        connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_schema");
        return new TraceDatabase(Path, connection, isLocked: false);
    }

    /// <summary>True when an import may take the place of this file: a TraceReplay database of any version, or an empty regular file.</summary>
    /// <exception cref="DatabaseException">The file cannot be read.</exception>
    public static bool IsReplaceable(string path)
    {
        try
        {
            return new FileInfo(path).Length == 0 ? IsEmptyFile(path) : HasHeader(path);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new DatabaseException($"{path}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>Makes the indexes of the script of this name, such as <c>090_index</c>.</summary>
    public void CreateIndexes(string script)
    {
        foreach (var (name, text) in SchemaScripts.Read("tables"))
        {
            if (name == script)
            {
                Connection.Execute(text);
                return;
            }
        }

        throw new ArgumentException($"no index script {script}", nameof(script));
    }

    /// <summary>Stamps the file as whole: without it <see cref="Open"/> refuses the file.</summary>
    public void Seal() => Connection.Execute($"PRAGMA user_version = {SchemaVersion};");

    /// <summary>Why a read or write failed, in words for a person.</summary>
    public static string Reason(Exception e)
    {
        var cause = e as SqliteException ?? e.InnerException as SqliteException;
        return cause?.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_FULL => "the disk is full",
            SQLitePCL.raw.SQLITE_CANTOPEN => "no file can be made in its directory",
            _ => e.Message,
        };
    }

    public void Dispose() => Connection.Dispose();

    // A pipe or a device has no length either, but cannot be cut to none. Opened for both directions, a pipe does not wait.
    private static bool IsEmptyFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        try
        {
            stream.SetLength(0);
            return true;
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or IOException)
        {
            return false;
        }
    }

    private static bool HasHeader(string path)
    {
        using var stream = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderBytes];
        return stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes && header.StartsWith(FileMagic) &&
            BinaryPrimitives.ReadInt32BigEndian(header[ApplicationIdOffset..]) == ApplicationId;
    }

    private static TraceDatabase Create(string path, SqliteConnection connection)
    {
        try
        {
            // The file is only renamed into place when it is whole, so a journal would protect nothing.
            connection.Execute("PRAGMA page_size = 32768; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;");

            // Rows are appended, and of them an index sorts as many at once as the cache has room for: those that the processor's caches hold
            // are sorted faster.
            connection.Execute("PRAGMA cache_size = -4096;");
            connection.Execute($"PRAGMA application_id = {ApplicationId};");
            foreach (var (name, text) in SchemaScripts.Read("tables"))
            {
                if (!IsIndexScript(name))
                {
                    connection.Execute(text);
                }
            }

            foreach (var (_, text) in SchemaScripts.Read("views"))
            {
                connection.Execute(text);
            }

            return new TraceDatabase(path, connection, isLocked: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static bool IsIndexScript(string name) => name.StartsWith("09", StringComparison.Ordinal);

    // SQLite reads '%41' in a URI as 'A', and what follows '?' or '#' is no path.
    private static string UriOf(string path) => "file://" + System.IO.Path.GetFullPath(path)
        .Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3f", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

    private static StoreConnection Connect(string path, SqliteOpenMode mode)
    {
        // A full path, for SQLite reads names such as ':memory:' and 'file:x' in its own way.
        // Without pooling, a file that is deleted and made again is not answered from a handle of the deleted one.
        var text = new SqliteConnectionStringBuilder { DataSource = System.IO.Path.GetFullPath(path), Mode = mode, Pooling = false }.ToString();
        var connection = new StoreConnection(text);
        try
        {
            connection.Open();
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new DatabaseException($"{path}: cannot be opened ({e.Message})", e);
        }
    }

    private static void CheckFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DatabaseException($"{path}: a directory; expected a database made by 'tracereplay import'");
        }

        if (!File.Exists(path))
        {
            throw new DatabaseException($"{path}: no such file; make it with 'tracereplay import <trace> --db {path}'");
        }

        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> head = stackalloc byte[FileMagic.Length];
            var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            if (read == 0)
            {
                throw new DatabaseException($"{path}: an empty file; expected a database made by 'tracereplay import'");
            }

            if (!head[..read].SequenceEqual(FileMagic))
            {
                throw new DatabaseException($"{path}: not a database; expected one made by 'tracereplay import'");
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DatabaseException($"{path}: permission denied", e);
        }
    }
}
