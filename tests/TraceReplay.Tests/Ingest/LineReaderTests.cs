using System.Text;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(64)]
    public void Lines_are_the_same_at_any_buffer_size(int bufferBytes)
    {
        Assert.Equal(["a", "", "bcd", "efghi", "j"], Lines("a\n\nbcd\r\nefghi\nj", bufferBytes));
    }

    [Fact]
    public void Line_that_does_not_fit_is_skipped()
    {
        Assert.Equal(["a", "!0123", "b"], Lines("a\n0123456789012345678901234567890\nb\n", 8));
    }

    private static List<string> Lines(string text, int bufferBytes)
    {
        var reader = new LineReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), bufferBytes);
        var lines = new List<string>();
        while (reader.Next())
        {
            lines.Add((reader.IsTooLong ? "!" : "") + Encoding.UTF8.GetString(reader.Line));
        }

        Assert.Equal(lines.Count, reader.Number);
        return lines;
    }
}
