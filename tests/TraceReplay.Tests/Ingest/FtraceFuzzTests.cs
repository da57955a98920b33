using System.Text;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class FtraceFuzzTests
{
    private static readonly string[] Lines =
    [
        "            init-1       [000] .....     1.130139: pgtable_write: level=3 pa=0x4083dc40 old=0x0 new=0xe8000048b90703 how=set_pte",
        "            bash-1977    ( 1977) [000] d..2. 17284.993652: tlbi: op=vale1is arg=0x2c000ffff8a92f",
        "          <idle>-0       [000] .....         1636: pgtable_table: base=0x41650000 level=0 entries=512 granule=4k root=0",
        "          <idle>-0       [000] d....     0.879300: sched_switch: prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=kworker/0:1 next_pid=10 next_prio=120",
        "            init-1       [000] d....     0.954119: mm_page_alloc: page=0000000089b05fb9 pfn=0x43815 order=0 migratetype=0",
        "            init-44    [001]     1.389121: barrier:              dsb ishst",
        "            init-44    [001]     1.397810: print:                tracing_mark_write: barrier: isb",
        "            init-1       [000] .....     1.0: pgtable_meta: granule=4k va_bits=48",
        "init     1 [000]     1.130139:    1 pgtrace:sysreg_write: reg=ttbr0_el1 val=0x41650000 pc=0x40dd23e0",
        "CPU:0 [LOST 875 EVENTS]",
        "# entries-in-buffer/entries-written: 12477/55803   #P:2",
        "cpus=2",
    ];

    [Theory]
    [InlineData("ftrace", 1)]
    [InlineData("trace-cmd-report", 2)]
    [InlineData("perf-script", 3)]
    public void Mutated_lines_never_throw_and_each_is_accounted_for(string format, int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var text = new List<byte>();
            for (var i = 0; i < 50; i++)
            {
                text.AddRange(Mutate(Encoding.UTF8.GetBytes(Lines[random.Next(Lines.Length)]), random));
                text.Add((byte)'\n');
            }

            var reading = Reading.Of([.. text], format);
            Assert.Equal(text.Count(b => b == '\n'), reading.Source.Text.LineCount);
            Assert.Equal(reading.Events.Count, reading.Session.NextSeq - 1);
        }
    }

    [Fact]
    public void Any_bytes_never_throw()
    {
        var random = new Random(4);
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            foreach (var reader in TraceReaders.All)
            {
                // Text without a line of the format is read, and all of it is problems; a binary file needs its mark.
                if (reader.Recognises(bytes) || reader is not ISeekingReader)
                {
                    Reading.Of(bytes, reader.Name);
                }
                else
                {
                    Assert.Throws<ImportException>(() => Reading.Of(bytes, reader.Name));
                }
            }
        }
    }

    [Fact]
    public void Mutated_lines_are_imported_whatever_they_hold()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(5);
        var text = new List<byte>("a-1 [000] 1: barrier: isb\n"u8.ToArray());
        for (var i = 0; i < 3000; i++)
        {
            text.AddRange(Mutate(Encoding.UTF8.GetBytes(Lines[random.Next(Lines.Length)]), random));
            text.AddRange("\na-1 [000] 1: x"u8);
            text.AddRange([(byte)random.Next(256), (byte)random.Next(256), .. ": y\n"u8]);
        }

        var result = TraceImporter.Import(
            [folder.Write("t", [.. text])], folder["t.db"], new ImportOptions(), null, TestContext.Current.CancellationToken);
        Assert.True(result.Events > 1000);
        Assert.Equal(["t", "t.db"], folder.Files);
    }

    private static byte[] Mutate(byte[] line, Random random)
    {
        var bytes = line.ToList();
        for (var count = random.Next(4); count > 0 && bytes.Count > 0; count--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, " [0]:.=-x"u8[random.Next(9)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(0, at));
                    break;
            }
        }

        return [.. bytes];
    }
}
