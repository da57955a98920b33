using System.IO.Compression;
using System.Text;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest;

public sealed class CaptureTests
{
    [Theory]
    [InlineData("workload-sched-switch.ftrace.gz")]
    [InlineData("workload-counter-clock.ftrace.gz")]
    [InlineData("thread-2016-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("workload.trace-cmd-report.gz")]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz")]
    public void Every_line_of_a_capture_is_an_event_or_counted_as_skipped(string name)
    {
        var bytes = File.ReadAllBytes(CaptureFile.Find(name));
        var reading = Reading.Of(bytes);
        Assert.Empty(reading.Problems.Kept);
        var skipped = reading.Session.Skipped.All.Sum(entry => entry.Count);
        Assert.Equal(CountEventLines(bytes), reading.Events.Count + skipped);
    }

    private static long CountEventLines(byte[] gzip)
    {
        using var text = new StreamReader(new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress), Encoding.Latin1);
        var count = 0L;
        while (text.ReadLine() is { } line)
        {
            count += line.StartsWith('#') || line.StartsWith("cpus=", StringComparison.Ordinal) ? 0 : 1;
        }

        return count;
    }
}
