using System.Diagnostics;

namespace TraceReplay.Tests.Cli;

/// <summary>Names of databases relative to the folder that the real program runs in.</summary>
public sealed class DatabaseNameTests
{
    [Theory]
    [InlineData("t.db")]
    [InlineData(":memory:")]
    [InlineData("file:t.db?mode=memory")]
    [InlineData("a;Mode=ReadOnly.db")]
    public void Name_that_means_something_to_sqlite_is_a_file(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write("t", "a-1 [000] 1: barrier: isb\n"u8);
        using var import = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "tracereplay.dll"), "import", "t", "--db", name },
            WorkingDirectory = folder.Root,
            RedirectStandardError = true,
        })!;
        var error = import.StandardError.ReadToEnd();
        import.WaitForExit();
        Assert.Equal((0, "t: 1 event in 1 line, format ftrace"), (import.ExitCode, error.TrimEnd()));
        Assert.Equal([.. new[] { "t", name }.Order(StringComparer.Ordinal)], folder.Files);
    }
}
