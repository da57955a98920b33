using System.Diagnostics;
using System.Globalization;
using System.Text;
using TraceReplay.Store;

namespace TraceReplay.Tests.Cli;

/// <summary>Imports of the real program that are ended from outside, while they wait for more input.</summary>
public sealed class InterruptedImportTests
{
    private const int ManyLines = 50_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_import_leaves_nothing_that_looks_whole(bool replaces)
    {
        using var folder = new TemporaryFolder();
        var before = replaces ? ImportAll(folder) : null;
        using (var import = StartImport(folder))
        {
            import.Kill();
            Assert.True(import.WaitForExit(Patience));
        }

        Assert.Equal(before, replaces ? File.ReadAllBytes(folder["t.db"]) : null);
        var partial = Assert.Single(folder.Files, name => name.Contains("partial", StringComparison.Ordinal));
        Assert.Throws<DatabaseException>(() => TraceDatabase.Open(folder[partial], writable: false));

        ImportAll(folder);
        Assert.Equal(["t.db"], folder.Files);
    }

    [Theory]
    [InlineData("-INT", false, ManyLines)]
    [InlineData("-INT", true, ManyLines)]
    [InlineData("-TERM", true, ManyLines)]
    [InlineData("-TERM", true, 0)]
    [InlineData("-TERM", false, 100)]
    public void Interrupted_import_leaves_nothing(string signal, bool replaces, int lines)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix signals");
        Assert.SkipWhen(signal == "-INT" && InterruptIsIgnored(), "the tests run in the background of a shell, which ignores SIGINT, and so do their children");
        using var folder = new TemporaryFolder();
        var before = replaces ? ImportAll(folder) : null;
        using (var import = StartImport(folder, lines))
        {
            using var kill = Process.Start("kill", [signal, import.Id.ToString(CultureInfo.InvariantCulture)]);
            Assert.True(import.WaitForExit(Patience));
            Assert.Equal(130, import.ExitCode);
            Assert.Contains("interrupted", import.StandardError.ReadToEnd(), StringComparison.Ordinal);
        }

        Assert.Equal(replaces ? ["t.db"] : [], folder.Files);
        Assert.Equal(before, replaces ? File.ReadAllBytes(folder["t.db"]) : null);
    }

    // A process inherits which signals are ignored.
    private static bool InterruptIsIgnored()
    {
        const string key = "SigIgn:";
        const string status = "/proc/self/status";
        var line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(text => text.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is not null && (ulong.Parse(line[key.Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & 2) != 0;
    }

    // Runs until its database is being built, and then waits for the rest of its input.
    private static Process StartImport(TemporaryFolder folder, int lines = ManyLines)
    {
        var import = Start(folder);
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"a-1 [000] {i}: pgtable_write: pa=0x{i * 8:x} new=0x3\n");
        }

        import.StandardInput.Write(text);
        import.StandardInput.Flush();
        var clock = Stopwatch.StartNew();
        while (!folder.Files.Any(name => name.Contains("partial", StringComparison.Ordinal)))
        {
            Assert.True(clock.Elapsed < Patience && !import.HasExited, "the import did not begin");
            Thread.Sleep(10);
        }

        return import;
    }

    private static byte[] ImportAll(TemporaryFolder folder)
    {
        using var import = Start(folder);
        import.StandardInput.Write("a-1 [000] 1: barrier: isb\n");
        import.StandardInput.Close();
        Assert.True(import.WaitForExit(Patience));
        Assert.Equal((0, ""), (import.ExitCode, import.StandardOutput.ReadToEnd()));
        return File.ReadAllBytes(folder["t.db"]);
    }

    private static Process Start(TemporaryFolder folder) =>
        Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "tracereplay.dll"), "import", "-", "--db", folder["t.db"], "--force" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
