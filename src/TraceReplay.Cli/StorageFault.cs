using Microsoft.Data.Sqlite;

namespace TraceReplay.Cli;

/// <summary>Says of a file that could not be read or written what is wrong with it, not what the runtime or SQLite calls it.</summary>
internal static class StorageFault
{
    // Result codes of SQLite.
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;

    // ENOSPC and EDQUOT of Linux, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL of Windows.
    private static readonly int[] DiskFull = [28, 122, unchecked((int)0x80070027), unchecked((int)0x80070070)];

    /// <summary>Writes a result to a path; what goes wrong there names the path and what it must be.</summary>
    /// <param name="path">The file or directory, as given.</param>
    /// <param name="isDirectory">True when it is to hold files.</param>
    /// <param name="write">Writes there.</param>
    /// <exception cref="UsageException">The path is no name.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Guard(string path, bool isDirectory, Action write)
    {
        if (path.Length == 0)
        {
            throw new UsageException("--out: an empty name", "another name after --out");
        }

        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                !isDirectory && Directory.Exists(path)
                    ? $"{path}: a directory; expected the name of a file"
                    : $"{path}: {Reason(e)}; expected a {(isDirectory ? "directory" : "file")} that can be written",
                e);
        }
    }

    /// <summary>What is wrong with a database that failed in the middle of the work, and what was expected.</summary>
    public static string OfDatabase(string path, SqliteException e) => e.SqliteErrorCode switch
    {
        Full => $"{path}: no space left on the disk; expected room for the database and, while it is replayed, for as much again",
        Corrupt or NotADatabase => $"{path}: damaged; expected a database as 'tracereplay import' made it: import the trace again",
        Busy or Locked => $"{path}: in use by another program; expected no other that writes it",
        ReadOnly => $"{path}: permission denied; expected a database that can be written",
        _ => $"{path}: cannot be read or written ({e.Message})",
    };

    private static string Reason(Exception e) => e switch
    {
        _ when DiskFull.Contains(e.HResult) => "no space left on the disk",
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException or FileNotFoundException => "no such directory",
        PathTooLongException => "the name is too long",
        _ => e.Message,
    };
}
