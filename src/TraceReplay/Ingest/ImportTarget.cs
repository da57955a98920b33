using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using TraceReplay.Store;

namespace TraceReplay.Ingest;

/// <summary>The file an import makes: built under another name beside the target, renamed when it is whole.</summary>
internal sealed class ImportTarget : IDisposable
{
    // Offset of application_id, big-endian, in the header of a SQLite file.
    private const int ApplicationIdOffset = 68;
    private const int HeaderBytes = 100;

    // Left beside a database by a process that had it open; they would be applied to the file that takes its name.
    private static readonly string[] SideFiles = ["-journal", "-wal", "-shm"];

    // Between the name of the database and the id of the process that builds it.
    private const string PartialMark = ".partial-";

    private readonly string _path;
    private readonly bool _force;

    private ImportTarget(string path, bool force)
    {
        _path = path;
        _force = force;
        PartialPath = $"{path}{PartialMark}{Environment.ProcessId}";
    }

    /// <summary>Name while the database is being built.</summary>
    public string PartialPath { get; }

    /// <summary>Checks that the target can be made.</summary>
    /// <exception cref="ImportException">It exists, or cannot be made.</exception>
    public static ImportTarget Prepare(string path, IReadOnlyList<string> sources, bool force)
    {
        if (Directory.Exists(path))
        {
            throw new ImportException($"{path}: a directory; expected a file name for the database");
        }

        var full = Path.GetFullPath(path);
        if (sources.Any(source => source != ImportOptions.StandardInputPath && Path.GetFullPath(source) == full))
        {
            throw new ImportException($"{path}: both a trace and the database to be made; expected two names");
        }

        if (!Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new ImportException($"{path}: no such directory; expected an existing one for the database");
        }

        if (File.Exists(path))
        {
            if (!force)
            {
                throw new ImportException($"{path}: exists; expected a new file name (or --force to replace it)");
            }

            if (!IsReplaceable(path))
            {
                throw new ImportException($"{path}: exists and is not a database of TraceReplay, so it is not replaced");
            }
        }

        var target = new ImportTarget(path, force);
        target.Dispose();
        DeleteLeftovers(full);
        return target;
    }

    /// <summary>Gives the finished database its name.</summary>
    public void Commit()
    {
        if (_force)
        {
            foreach (var suffix in SideFiles)
            {
                File.Delete(_path + suffix);
            }
        }

        File.Move(PartialPath, _path, _force);
    }

    /// <summary>Removes what was built and not committed.</summary>
    public void Dispose()
    {
        DeleteWithSideFiles(PartialPath);
    }

    // What an import that was killed could not remove itself; that of an import still running is left alone.
    private static void DeleteLeftovers(string path)
    {
        var prefix = path + PartialMark;
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!))
        {
            if (file.StartsWith(prefix, StringComparison.Ordinal)
                && int.TryParse(file.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && !IsRunning(process))
            {
                DeleteWithSideFiles(file);
            }
        }
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void DeleteWithSideFiles(string path)
    {
        File.Delete(path);
        foreach (var suffix in SideFiles)
        {
            File.Delete(path + suffix);
        }
    }

    private static bool IsReplaceable(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            var read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            return read == 0 || (read == HeaderBytes && header.StartsWith("SQLite format 3\0"u8) &&
                BinaryPrimitives.ReadInt32BigEndian(header[ApplicationIdOffset..]) == TraceDatabase.ApplicationId);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ImportException($"{path}: cannot be read, so it is not replaced ({e.Message})", e);
        }
    }
}
