using System.Text;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class FtraceLineTokenizerTests
{
    private static string VectorPath => Path.Combine(AppContext.BaseDirectory, "Ingest", "ftrace_lines.txt");

    [Fact]
    public void Every_line_of_the_vector_file_is_cut_as_it_says()
    {
        var style = TaskStyle.Dash;
        var input = "";
        var cases = 0;
        var number = 0;
        foreach (var line in File.ReadLines(VectorPath))
        {
            number++;
            if (line.StartsWith("## perf", StringComparison.Ordinal))
            {
                style = TaskStyle.Space;
            }
            else if (line.StartsWith("=>", StringComparison.Ordinal))
            {
                Assert.True(line[2..].Trim() == Cut(input, style).Trim(), $"ftrace_lines.txt:{number}: expected '{line[2..].Trim()}', found '{Cut(input, style)}'");
                cases++;
            }
            else if (!line.StartsWith('#') && line.Length > 0)
            {
                input = line;
            }
        }

        Assert.True(cases > 30);
    }

    // Lines made of the pieces that decide, many of them in the order of the line before, and the real ones with pieces put in their place.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    public void A_remembered_prefix_changes_nothing(bool isSpaced, int seed)
    {
        var style = isSpaced ? TaskStyle.Space : TaskStyle.Dash;
        string[] pieces =
        [
            "a", "b c", "init", "-1", "-12", " 7 ", "[0]", "[000]", "[001]", "[", "]", " ", "  ", "          ", "....", "d..1.", "1d..1.", "( 12)",
            "1.5:", "12.000001:", "99:", "1.", ":", "tlbi:", "x:y:", "op=vae1", "a long name that no kernel has", "18446744073709551616:",
        ];
        var vectors = File.ReadLines(VectorPath).Where(line => line.Length > 0 && line[0] is not ('#' or '=')).ToArray();
        var random = new Random(seed);
        var prefix = new FtraceLinePrefix(style);
        List<string> parts = [];
        var matches = 0;
        for (var i = 0; i < 300_000; i++)
        {
            if (random.Next(4) == 0)
            {
                parts = random.Next(3) == 0
                    ? [.. vectors[random.Next(vectors.Length)].Split(' ').SelectMany(word => (string[])[word, " "])]
                    : [.. Enumerable.Range(0, random.Next(3, 14)).Select(_ => pieces[random.Next(pieces.Length)])];
            }
            else if (parts.Count > 1)
            {
                parts[random.Next(parts.Count / 2, parts.Count)] = pieces[random.Next(pieces.Length)];
            }

            var line = string.Concat(parts);
            var bytes = Encoding.UTF8.GetBytes(line);
            var expected = Cut(line, style);
            Assert.Equal((line, expected), (line, Describe(prefix.Tokenize(bytes, out var tokens), tokens)));
            matches += expected.Contains('|', StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.True(matches > 3_000);
    }

    // A bracket in the name or the flags can be the CPU column of the line below.
    [Theory]
    [InlineData("[-1 1.... 1: e: v", "[-1 1.... 1:-5 1.... 2: e: v")]
    [InlineData("a-1 1[... 1: e: v", "a-1 1[... 1:-5 1.... 2: e: v")]
    [InlineData("a-1 1.... 1: e: v", "a-1 1.... 1:-5 1.... 2: e: v")]
    [InlineData("a-1 [001] 1: e: v", "a-1 [001] 1:-5 [002] 2: e: v")]
    public void A_prefix_is_remembered_only_where_nothing_below_can_undo_it(string first, string second)
    {
        var prefix = new FtraceLinePrefix(TaskStyle.Dash);
        foreach (var line in new[] { first, second, first })
        {
            Assert.Equal(Cut(line, TaskStyle.Dash), Describe(prefix.Tokenize(Encoding.UTF8.GetBytes(line), out var tokens), tokens));
        }
    }

    private static string Cut(string line, TaskStyle style) =>
        Describe(FtraceLineTokenizer.Tokenize(Encoding.UTF8.GetBytes(line), style, out var tokens), tokens);

    private static string Describe(NumberResult result, in FtraceLine tokens)
    {
        return result switch
        {
            NumberResult.Malformed => "malformed",
            NumberResult.OutOfRange => "out of range",
            _ => $"{Text(tokens.Comm)} | {tokens.Pid} | {tokens.Cpu} | {tokens.Time}{(tokens.IsCounter ? "t" : "")} | {Text(tokens.Event)} | {Text(tokens.Payload)}",
        };
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
