using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest.TraceDat;

public sealed class TraceDatFuzzTests
{
    private const long MostBytesAllocated = 1L << 30;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var (i, name) in new[] { "v7", "v6", "v7-zlib", "v6-big", "lost", "odd-times", "texts", "kernel", "time-shift", "instances-v6" }.Index())
            {
                cases.Add(name, i);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Mutated_files_are_read_or_refused(string name, int seed) => Run(DatSamples.Make(name), seed, rounds: 400);

    [Theory]
    [InlineData("workload-start-v7-zstd.trace.dat", 100)]
    [InlineData("workload-start-v6.trace.dat.gz", 101)]
    public void Mutated_captures_are_read_or_refused(string name, int seed)
    {
        var bytes = File.ReadAllBytes(TraceDatReaderTests.Captured(name));
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var whole = new MemoryStream();
            using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(bytes), System.IO.Compression.CompressionMode.Decompress);
            gzip.CopyTo(whole);
            bytes = whole.ToArray();
        }

        Run(bytes, seed, rounds: 60);
    }

    private static void Run(byte[] whole, int seed, int rounds)
    {
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var bytes = Mutate(whole, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var reading = Reading.Of(bytes);
                Assert.Equal(reading.Events.Count, reading.Session.NextSeq - 1);
            }
            catch (ImportException e)
            {
                Assert.NotEmpty(e.Message);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytesAllocated);
        }
    }

    // Headers and tables are a small part of a file, so half of the changes are made near its start or end.
    private static byte[] Mutate(byte[] whole, Random random)
    {
        var bytes = whole.ToArray();
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            var at = random.Next(4) switch
            {
                0 => random.Next(10, Math.Min(bytes.Length, 600)),
                1 => Math.Max(10, bytes.Length - random.Next(1, 600)),
                _ => random.Next(10, bytes.Length),
            };
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill(0xff);
                    break;
                case 3:
                    bytes.AsSpan(at, Math.Min(random.Next(1, 64), bytes.Length - at)).Clear();
                    break;
                case 4:
                    random.NextBytes(bytes.AsSpan(at, Math.Min(4, bytes.Length - at)));
                    break;
                default:
                    bytes = bytes[..Math.Max(at, 64)];
                    break;
            }
        }

        return bytes;
    }
}
