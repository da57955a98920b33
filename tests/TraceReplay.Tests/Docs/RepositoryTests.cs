using System.Diagnostics;
using System.Text.RegularExpressions;

namespace TraceReplay.Tests.Docs;

/// <summary>What the repository may hold.</summary>
public sealed partial class RepositoryTests
{
    private const int LongestFile = 500;

    // Besides names that begin with a dot.
    private static readonly string[] TopLevel =
    [
        "src", "tests", "traces", "schema", "TraceReplay.sln", "README.md", "LICENSE",
        // What MSBuild looks for at the root.
        "Directory.Build.props", "Directory.Packages.props", "global.json",
    ];

    private static readonly string[] TextExtensions = [".cs", ".csproj", ".props", ".sql", ".md", ".sh", ".c", ".json", ".txt", ".tsv", ".trace", ""];

    // Spelled in two parts, so that this file does not hold them.
    private static readonly string[] ForbiddenWords = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "XX" + "X"];

    [Fact]
    public void The_top_level_is_fixed() =>
        AssertNone(TrackedFiles().Select(path => path.Split('/')[0]).Distinct()
            .Where(name => !name.StartsWith('.') && !TopLevel.Contains(name)));

    [Fact]
    public void No_source_file_is_too_long() =>
        AssertNone(TrackedFiles().Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => (path, Lines: File.ReadLines(Full(path)).Count()))
            .Where(file => file.Lines > LongestFile));

    [Fact]
    public void Nothing_is_left_to_do() => AssertNoLine(Forbidden());

    [Fact]
    public void No_path_of_a_machine() => AssertNoLine(MachinePath());

    [Fact]
    public void Text_ends_lines_with_a_line_feed() =>
        AssertNone(TextFiles().Where(path => File.ReadAllBytes(Full(path)).AsSpan().Contains((byte)'\r')));

    [Fact]
    public void Lock_files_stand_beside_the_projects() =>
        AssertNone(TrackedFiles().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(path => !TrackedFiles().Contains($"{path[..path.LastIndexOf('/')]}/packages.lock.json")));

    // Lists what is wrong, all of it.
    private static void AssertNone<T>(IEnumerable<T> wrong) => Assert.Empty(wrong.ToList());

    private static void AssertNoLine(Regex pattern) =>
        Assert.Empty(
            from path in TextFiles()
            from line in File.ReadLines(Full(path)).Select((text, i) => (text, Number: i + 1))
            where pattern.IsMatch(line.text)
            select $"{path}:{line.Number}: {line.text.Trim()}");

    // Traces hold what a kernel printed, not what somebody wrote.
    private static IEnumerable<string> TextFiles() => TrackedFiles()
        .Where(path => TextExtensions.Contains(Path.GetExtension(path)) && !path.StartsWith("traces/captures/", StringComparison.Ordinal));

    private static string Full(string path) => Path.Combine(RepositoryPaths.Root, path);

    private static List<string> TrackedFiles()
    {
        using var git = new Process
        {
            StartInfo = new ProcessStartInfo("git", ["-C", RepositoryPaths.Root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            git.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("needs git");
        }

        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.SkipUnless(git.ExitCode == 0, "needs a clone: the source is not in a git work tree");
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(path => File.Exists(Full(path)))];
    }

    private static Regex Forbidden() => new($@"\b({string.Join('|', ForbiddenWords)})\b");

    [GeneratedRegex(@"(^|[\s""'`(=:])/(home|root|work|Users|tmp|mnt)/")]
    private static partial Regex MachinePath();
}
