namespace TraceReplay.Cli;

/// <summary>Files of settings: a policy, waivers.</summary>
internal static class SettingsFile
{
    /// <summary>Reads a file; what is wrong with it is told with its name.</summary>
    /// <exception cref="InputFileException">It cannot be read, or its content is wrong.</exception>
    public static T Read<T>(string path, Func<string, T> parse)
    {
        if (path.Length == 0)
        {
            throw new UsageException("an empty name of a file", "the name of a JSON file");
        }

        try
        {
            return parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new InputFileException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "no such file"
                : Directory.Exists(path) ? "a directory; expected a file" : e.Message;
            throw new InputFileException($"{path}: {reason}", e);
        }
    }
}
