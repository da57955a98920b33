using System.Globalization;
using System.IO.Compression;
using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Benchmarks;

/// <summary>
/// The trace that is measured: the file named by TRACE_REPLAY_BENCHMARK_TRACE, else a capture beside the repository, else a
/// generated one. It is decompressed once, so that gzip is not what is measured.
/// </summary>
internal static class BenchmarkTrace
{
    private const string Capture = "../shared/captures/workload-6.12-4k-n1-2cpu.ftrace.gz";
    private const int GeneratedPages = 20_000;

    /// <summary>A text file.</summary>
    public static string Path { get; } = Prepare();

    /// <summary>The whole text.</summary>
    public static byte[] Text { get; } = File.ReadAllBytes(Path);

    /// <summary>Reads the text into a sink.</summary>
    public static void Read(IEventSink sink, NameTable names) => TraceSource.Read(Path, sink, names, new ImportProblems());

    /// <summary>A path for a database of one benchmark.</summary>
    public static string DatabasePath(string name) => System.IO.Path.Combine(
        Directory.CreateTempSubdirectory("tracereplay-benchmark-").FullName, name + ".db");

    private static string Prepare()
    {
        var source = Environment.GetEnvironmentVariable("TRACE_REPLAY_BENCHMARK_TRACE") ?? FindCapture();
        if (source is not null && !source.EndsWith(".gz", StringComparison.Ordinal))
        {
            return source;
        }

        var path = System.IO.Path.Combine(Directory.CreateTempSubdirectory("tracereplay-benchmark-").FullName, "trace.ftrace");
        using var output = File.Create(path);
        if (source is null)
        {
            output.Write(Encoding.UTF8.GetBytes(Generate()));
        }
        else
        {
            using var input = new GZipStream(File.OpenRead(source), CompressionMode.Decompress);
            input.CopyTo(output);
        }

        return path;
    }

    // BenchmarkDotNet runs the measured process in a folder of its own, somewhere below the repository.
    private static string? FindCapture()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (File.Exists(System.IO.Path.Combine(folder, "TraceReplay.sln")))
            {
                var path = System.IO.Path.Combine(folder, Capture);
                return File.Exists(path) ? path : null;
            }
        }

        return null;
    }

    // One user process that maps, remaps and unmaps pages correctly: the commonest events in about their usual proportion.
    private static string Generate()
    {
        var text = new StringBuilder("# tracer: nop\n");
        var time = 0;
        Line("sysreg_write: reg=tcr_el1 val=0x34b5103510");
        Line("sysreg_write: reg=ttbr0_el1 val=0x1000040000000");
        Line("pgtable_table: base=0x40000000 level=0 root=0");
        Line("pgtable_table: base=0x40001000 level=1 parent=0x40000000");
        Line("pgtable_table: base=0x40002000 level=2 parent=0x40001000");
        Line("pgtable_table: base=0x40003000 level=3 parent=0x40002000");
        Line("pgtable_entry: pa=0x40000000 val=0x40001003 level=0");
        Line("pgtable_entry: pa=0x40001000 val=0x40002003 level=1");
        Line("pgtable_entry: pa=0x40002000 val=0x40003003 level=2");
        for (var page = 0; page < GeneratedPages; page++)
        {
            var index = page % 512;
            var pa = 0x40003000 + (8 * index);
            var value = 0x20000050000f43 + ((long)page << 12);
            Line($"pgtable_write: level=3 pa=0x{pa:x} old=0x0 new=0x{value:x} how=set_pte");
            Line("barrier: dsb ishst");
            Line("barrier: isb");
            Line($"pgtable_write: level=3 pa=0x{pa:x} old=0x{value:x} new=0x0 how=xchg");
            Line("barrier: dsb ishst");
            Line($"tlbi: op=vale1is arg=0x{(1L << 48) + index:x}");
            Line("barrier: dsb ish");
        }

        return text.ToString();

        void Line(string payload)
        {
            time++;
            text.Append(CultureInfo.InvariantCulture, $"            init-1       [000] .....     {time / 1_000_000}.{time % 1_000_000:d6}: ");
            text.Append(payload).Append('\n');
        }
    }
}
