using System.Text;
using DiffPlex;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace TraceReplay.Tests.Traces;

/// <summary>Compares a result with the file that was read and accepted by a human.</summary>
/// <remarks>With <c>TRACE_REPLAY_ACCEPT=1</c> a result that differs replaces the file; under <c>CI=true</c> it never does.</remarks>
internal static class Golden
{
    private static bool Accepts =>
        Environment.GetEnvironmentVariable("TRACE_REPLAY_ACCEPT") == "1" && Environment.GetEnvironmentVariable("CI") != "true";

    /// <summary>Fails with a diff unless the file holds exactly this text.</summary>
    public static void Check(string path, string actual)
    {
        var expected = File.Exists(path) ? File.ReadAllText(path) : null;
        if (expected == actual)
        {
            return;
        }

        if (Accepts)
        {
            File.WriteAllText(path, actual);
            return;
        }

        var what = expected is null ? "does not exist" : "differs";
        Assert.Fail(
            $"{Path.GetRelativePath(RepositoryPaths.Root, path)} {what}; read the difference, and accept it with TRACE_REPLAY_ACCEPT=1\n"
            + Difference(expected ?? "", actual));
    }

    /// <summary>Both texts line by line: a minus before a line that is expected only, a plus before one that came only.</summary>
    public static string Difference(string expected, string actual)
    {
        var text = new StringBuilder("--- expected\n+++ actual\n");
        foreach (var line in new InlineDiffBuilder(new Differ()).BuildDiffModel(expected, actual).Lines)
        {
            var mark = line.Type switch
            {
                ChangeType.Deleted => '-',
                ChangeType.Inserted => '+',
                _ => ' ',
            };
            text.Append(mark).Append(line.Text).Append('\n');
        }

        return text.ToString();
    }
}
