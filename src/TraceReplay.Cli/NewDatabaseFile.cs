using System.Buffers.Binary;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>Checks before a database is made.</summary>
internal static class NewDatabaseFile
{
    // Offset of the application id in the header of a SQLite file, big-endian.
    private const int ApplicationIdOffset = 68;

    /// <summary>Refuses to replace a file, unless asked to and the file is a database of this tool or empty.</summary>
    /// <exception cref="UsageException">The file may not be replaced.</exception>
    public static void Check(string path, IReadOnlyList<string> traces, bool force)
    {
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

        if (!IsReplaceable(path))
        {
            throw new UsageException($"{path}: exists and is no database of this tool; it is not replaced", "another name after --db");
        }
    }

    private static bool IsReplaceable(string path)
    {
        using var stream = File.OpenRead(path);
        var header = new byte[ApplicationIdOffset + sizeof(int)];
        var read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        return read == 0
            || (read == header.Length
                && BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(ApplicationIdOffset)) == TraceDatabase.ApplicationId);
    }
}
