using TraceReplay.Ingest.TraceDat;

namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>Made files, one trait each.</summary>
internal static class DatSamples
{
    private const ulong Second = 1_000_000_000;

    /// <summary>The file of this name.</summary>
    public static byte[] Make(string name) => name switch
    {
        "v7" => Plain(new DatFile { Buffers = [] }),
        "v6" => Plain(new DatFile { Version = "6", Buffers = [] }),
        "v7-zlib" => Plain(new DatFile { Compression = "zlib", Buffers = [] }),
        "v7-big" => Plain(new DatFile { IsBig = true, Buffers = [] }),
        "v6-big" => Plain(new DatFile { IsBig = true, Version = "6", Buffers = [] }),
        "v7-zlib-big" => Plain(new DatFile { IsBig = true, Compression = "zlib", Buffers = [] }),
        "v7-long4" => Plain(new DatFile { LongSize = 4, Buffers = [] }),
        "v7-page64k" => Plain(new DatFile { PageBytes = 65536, Buffers = [] }),
        "v6-page64k" => Plain(new DatFile { PageBytes = 65536, Version = "6", Buffers = [] }),
        "v7-sub-buffer" => Plain(new DatFile { SubBufferBytes = 16384, Compression = "zlib", Buffers = [] }),
        "v6-sub-buffer" => Plain(new DatFile { SubBufferBytes = 16384, Version = "6", Buffers = [] }),
        "lost" => Lost(),
        "clock-counter" => Clock("counter", []),
        "clock-tsc" => Clock("x86-tsc", [(TraceDatOption.TscToNanoseconds, [.. N(343597383, 4), .. N(30, 4), .. N(0, 8)])]),
        "offset" => Clock("local", [(TraceDatOption.Date, [.. "0x5\0"u8]), (TraceDatOption.Offset, [.. "-700\0"u8])]),
        "time-shift" => Clock("local", [(TraceDatOption.TimeShift, TimeShift())]),
        "odd-times" => OddTimes(),
        "texts" => Texts(),
        "kernel" => Kernel(),
        "instances" => Instances("7"),
        "instances-v6" => Instances("6"),
        "empty-cpu" => EmptyCpu(),
        _ => throw new ArgumentException(name),
    };

    /// <summary>Checks that two readings gave the same: events with their lines, names, tasks, problems and what was skipped.</summary>
    public static void AssertSame(Reading expected, Reading found)
    {
        Assert.Equal(expected.Events, found.Events);
        Assert.Equal(Enumerable.Range(0, expected.Names.NameCount).Select(expected.Name), Enumerable.Range(0, found.Names.NameCount).Select(found.Name));
        Assert.Equal(Enumerable.Range(0, expected.Names.TaskCount).Select(expected.Names.Task), Enumerable.Range(0, found.Names.TaskCount).Select(found.Names.Task));
        Assert.Equal(expected.Session.Skipped.All, found.Session.Skipped.All);
        Assert.Equal(expected.Problems.Kept.Select(problem => (problem.Line, problem.Kind.Name, problem.Detail)),
            found.Problems.Kept.Select(problem => (problem.Line, problem.Kind.Name, problem.Detail)));
        var (e, f) = (expected.Source.Text, found.Source.Text);
        Assert.Equal((e.LineCount, e.Clock, e.HeaderCpuCount), (f.LineCount, f.Clock, f.HeaderCpuCount));
    }

    // Two CPUs of several pages, whose records alternate, some at the same time.
    private static byte[] Plain(DatFile file)
    {
        RingPage[] Pages(int cpu) => [.. Enumerable.Range(0, 5).Select(page =>
        {
            var made = file.Page((2 * Second) + ((ulong)page * 100_000) + ((ulong)cpu * 1500));
            for (var i = 0u; i < 12; i++)
            {
                made.Record(i * 700, (int)(i % 4) switch
                {
                    0 => file.Write(0x40000000ul + (i * 8), 0, 0xe8000048b90703ul + i, 3, "set_pte"),
                    1 => file.Barrier("dsb ishst"),
                    2 => file.RecordOf(44, 28, 0xffff000000001234ul + i, DatFile.Chars("vale1is", 16)),
                    _ => file.RecordOf(0, 26, 0x41650000ul, DatFile.Chars("ttbr0_el1", 16)),
                });
            }

            return made;
        })];
        return With(file, new DatBuffer("", (0, Pages(0)), (1, Pages(1)))).Build();
    }

    private static byte[] Lost()
    {
        var file = new DatFile { Buffers = [] };
        return With(file, new DatBuffer("",
            (0, [file.Page(2 * Second).Lost().Record(0, file.Barrier("isb")), file.Page((2 * Second) + 9000).Lost(875).Record(1000, file.Barrier("dsb sy"))]),
            (1, [file.Page((2 * Second) + 4000).Record(0, file.Barrier("isb")), file.Page((2 * Second) + 5000).Lost(3).Record(0, file.Barrier("dmb ld"))]))).Build();
    }

    private static byte[] Clock(string clock, List<(TraceDatOption Id, byte[] Data)> options)
    {
        var file = new DatFile { Buffers = [], Options = [.. options, (TraceDatOption.TraceClock, [.. System.Text.Encoding.UTF8.GetBytes($"local global [{clock}] mono\0")])] };
        return With(file, new DatBuffer("", (0, [file.Page(3 * Second).Record(0, file.Barrier("isb")).Record(499, file.Tlbi("vmalle1is", 0)).Record(1, file.Barrier("dsb ish"))]),
            (1, [file.Page((4 * Second) + 7).Record(0, file.Barrier("isb"))]))
        { Clock = clock }).Build();
    }

    private static byte[] TimeShift()
    {
        // Two CPUs of three samples each: the distance grows.
        byte[] samples = [.. N(3, 4), .. N(2 * Second, 8), .. N(4 * Second, 8), .. N(6 * Second, 8), .. N(1000, 8), .. N(2000, 8), .. N(5000, 8), .. N(1, 8), .. N(1, 8), .. N(1, 8)];
        return [.. N(77, 8), .. N(1, 4), .. N(2, 4), .. samples, .. samples];
    }

    private static byte[] OddTimes()
    {
        var file = new DatFile { Buffers = [] };
        return With(file, new DatBuffer("", (0,
        [
            file.Page(2 * Second).Record(0, file.Barrier("isb")).TimeExtend(Second * 3).Record(10, file.Barrier("dsb sy")).Discarded(5000, 24).Record(10, file.Barrier("isb"))
                .TimeStamp(Second * 9).Record(600, file.Barrier("dsb ish")),
            file.Page(Second * 10),
            file.Page(Second * 11).Record(0, file.Record(5, 0xffffffc008020010ul, new string('x', 300))).Record(5, file.Barrier("isb")),
        ]))).Build();
    }

    private static byte[] Texts()
    {
        var file = new DatFile
        {
            Buffers = [],
            PrintkFormats = "0xffffffc009000000 : \"pgtable_write: pa=0x%llx new=0x%lx level=%d how=%s\\n\"\n0xffffffc009000100 : \"at %ps %5d|%u|%x%%\\n\"\n",
        };
        return With(file, new DatBuffer("", (0,
        [
            file.Page(2 * Second)
                .Record(0, file.Record(5, 0xffffffc008020010ul, "start of something\n"))
                .Record(9, file.Record(5, 0xffffffc008010010ul, "barrier: isb\n"))
                .Record(9, file.Record(6, 0xffffffc008010010ul, 0xffffffc009000000ul, 0x40001000ul, 0x48000703ul, 3, "set_pte"))
                .Record(9, file.Record(6, 0xffffffc008010010ul, 0xffffffc009000100ul, 0xffffffc008010000ul, -42, 7, 0xbeef))
                .Record(9, file.Record(4, 0, 0, 0xffffffc008010010ul, 0xffffffc008030010ul, ulong.MaxValue))
                .Record(9, file.Barrier("isb")),
        ]))).Build();
    }

    private static byte[] Kernel()
    {
        var file = new DatFile { Buffers = [] };
        return With(file, new DatBuffer("", (0,
        [
            file.Page(2 * Second)
                .Record(0, file.Record(40, DatFile.Chars("init", 16), 1, 120, 0L, DatFile.Chars("a b ==> c", 16), 44, 120))
                .Record(0, file.Record(41, 0x43815ul, 2, 0, 0ul, 1, 0))
                .Record(0, file.Record(41, ulong.MaxValue, 2, 0, 0ul, 1, 0)),
        ]))).Build();
    }

    private static byte[] Instances(string version)
    {
        var file = new DatFile { Version = version, Buffers = [] };
        return new DatFile
        {
            Version = version,
            Buffers =
            [
                new DatBuffer("", (0, [file.Page(2 * Second).Record(0, file.Barrier("isb")).Record(2000, file.Barrier("dsb sy"))])),
                new DatBuffer("mine", (0, [file.Page((2 * Second) + 1000).Record(0, file.Tlbi("vmalle1is", 0))]), (1, [file.Page(2 * Second).Record(0, file.Tlbi("vmalle1", 0))])),
            ],
        }.Build();
    }

    private static byte[] EmptyCpu()
    {
        var file = new DatFile { Buffers = [] };
        return With(file, new DatBuffer("", (0, []), (1, [file.Page(2 * Second).Record(0, file.Barrier("isb"))]), (2, []))).Build();
    }

    private static DatFile With(DatFile file, DatBuffer buffer) => new()
    {
        Version = file.Version,
        IsBig = file.IsBig,
        LongSize = file.LongSize,
        PageBytes = file.PageBytes,
        SubBufferBytes = file.SubBufferBytes,
        Compression = file.Compression,
        PrintkFormats = file.PrintkFormats,
        Options = file.Options,
        Buffers = [buffer],
    };

    private static byte[] N(ulong value, int size) => BitConverter.GetBytes(value)[..size];
}
