namespace TraceReplay.Tests;

/// <summary>Finds files of the repository, and the captures that stand beside it on some machines.</summary>
internal static class RepositoryPaths
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A capture that is too large for the repository; the test is skipped where it is absent.</summary>
    public static string Capture(string name)
    {
        var path = Path.Combine(Root, "..", "shared", "captures", name);
        Assert.SkipUnless(File.Exists(path), $"needs the capture ../shared/captures/{name}");
        return path;
    }

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
