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

    private static string Cut(string line, TaskStyle style)
    {
        var result = FtraceLineTokenizer.Tokenize(Encoding.UTF8.GetBytes(line), style, out var tokens);
        return result switch
        {
            NumberResult.Malformed => "malformed",
            NumberResult.OutOfRange => "out of range",
            _ => $"{Text(tokens.Comm)} | {tokens.Pid} | {tokens.Cpu} | {tokens.Time}{(tokens.IsCounter ? "t" : "")} | {Text(tokens.Event)} | {Text(tokens.Payload)}",
        };
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
