using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>Checks before a database is made.</summary>
internal static class NewDatabaseFile
{
    /// <summary>Refuses to replace a file, unless asked to and the file is a database of this tool or empty.</summary>
    /// <exception cref="UsageException">The file may not be replaced.</exception>
    /// <exception cref="DatabaseException">The file cannot be read.</exception>
    public static void Check(string path, IReadOnlyList<string> traces, bool force)
    {
        if (path.Length == 0)
        {
            throw new UsageException("--db has an empty name", "--db trace.db");
        }

        if (traces.Contains(""))
        {
            throw new UsageException("a trace has an empty name", "the name of a file, or - for standard input");
        }

        if (traces.Any(trace => trace != "-" && Path.GetFullPath(trace) == Path.GetFullPath(path)))
        {
            throw new UsageException($"{path}: both a trace and the database to make", "another name after --db");
        }

        if (Directory.Exists(path))
        {
            throw new UsageException($"{path}: a directory; --db takes the name of a file", $"--db {Path.Combine(path, "trace.db")}");
        }

        if (!File.Exists(path))
        {
            return;
        }

        if (!force)
        {
            throw new UsageException($"{path}: exists", "--force to replace it, or another name after --db");
        }

        if (!TraceDatabase.IsReplaceable(path))
        {
            throw new UsageException($"{path}: exists and is no database of this tool; it is not replaced", "another name after --db");
        }
    }
}
