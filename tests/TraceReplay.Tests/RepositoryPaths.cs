namespace TraceReplay.Tests;

/// <summary>Finds files of the repository.</summary>
internal static class RepositoryPaths
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "TraceReplay.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("TraceReplay.sln is in no folder above the tests");
    }
}
