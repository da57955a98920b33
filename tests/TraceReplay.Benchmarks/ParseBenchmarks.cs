using BenchmarkDotNet.Attributes;
using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Benchmarks;

/// <summary>Text to lines, to tokens, to events: each includes the one before it.</summary>
[MemoryDiagnoser]
public class ParseBenchmarks
{
    [GlobalSetup]
    public void Prepare() => _ = BenchmarkTrace.Text;

    [Benchmark]
    public long Lines()
    {
        var lines = new LineReader(new MemoryStream(BenchmarkTrace.Text));
        while (lines.Next())
        {
        }

        return lines.Number;
    }

    [Benchmark]
    public long Tokens()
    {
        var lines = new LineReader(new MemoryStream(BenchmarkTrace.Text));
        var sum = 0L;
        while (lines.Next())
        {
            if (FtraceLineTokenizer.Tokenize(lines.Line, TaskStyle.Dash, out var tokens) == NumberResult.Ok)
            {
                sum += tokens.Payload.Length;
            }
        }

        return sum;
    }

    [Benchmark(Baseline = true)]
    public void Events()
    {
        using var text = new MemoryStream(BenchmarkTrace.Text);
        TraceSource.Read(text, "benchmark", new ReadSession(new NullSink(), new NameTable(), new ImportProblems()));
    }
}
