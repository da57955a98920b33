using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using TraceReplay.Store;

namespace TraceReplay.Ingest;

/// <summary>The file an import makes: built under another name beside the target, renamed when it is whole.</summary>
internal sealed class ImportTarget : IDisposable
{
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
        PartialPath = $"{path}{PartialMark}{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Name while the database is being built.</summary>
    public string PartialPath { get; }

    /// <summary>Checks that the target can be made.</summary>
    /// <exception cref="ImportException">It exists, or cannot be made.</exception>
    public static ImportTarget Prepare(string path, IReadOnlyList<string> sources, bool force)
    {
        if (path.Length == 0)
        {
            throw new ImportException("no name for the database; expected a file name");
        }

        if (Directory.Exists(path))
        {
            throw new ImportException($"{path}: a directory; expected a file name for the database");
        }

        var full = Resolve(path);
        if (sources.Any(source => source != ImportOptions.StandardInputPath && Resolve(source) == full))
        {
            throw new ImportException($"{path}: both a trace and the database to be made; expected two names");
        }

        if (!Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new ImportException($"{path}: no such directory; expected an existing one for the database");
        }

        if (File.Exists(full))
        {
            if (!force)
            {
                throw new ImportException($"{path}: exists; expected a new file name (or --force to replace it)");
            }

            if (!IsReplaceable(path, full))
            {
                throw new ImportException($"{path}: exists and is not a database of TraceReplay, so it is not replaced");
            }
        }

        var target = new ImportTarget(full, force);
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
            if (!file.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = file[prefix.Length..];
            var suffix = SideFiles.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal)) ?? "";
            if (int.TryParse(name.AsSpan(0, name.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && !IsBuilding(process, file))
            {
                File.Delete(file);
            }
        }
    }

    // A process of that id that began after the file was last written is another one than made it.
    private static bool IsBuilding(int process, string file)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return found.StartTime.ToUniversalTime() <= File.GetLastWriteTimeUtc(file);
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It may not be looked at, so it is of somebody, or it has ended this moment: next time.
            return true;
        }
    }

    // The file that a path leads to: replacing a link would leave the database it points to as it was.
    private static string Resolve(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            return File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        }
        catch (IOException)
        {
            // Absent, or links in a circle: what opens it tells.
            return full;
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

    private static bool IsReplaceable(string path, string full)
    {
        try
        {
            return TraceDatabase.IsReplaceable(full);
        }
        catch (DatabaseException e)
        {
            throw new ImportException($"{path}: not replaced: {e.Message}", e);
        }
    }
}
