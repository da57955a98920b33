using System.IO.Pipes;
using System.Text;
using Dapper;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Merging;
using TraceReplay.Replay;
using TraceReplay.Store;
using TraceReplay.Tests.Generators;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest.Merging;

/// <summary>Inputs that are merged by time.</summary>
public sealed class MergeTests : IDisposable
{
    // The tree of traces/merged with its first mapping, up to 1.000009 s.
    private static readonly string Mapped = string.Join(
        '\n',
        File.ReadLines(Path.Combine(TraceFile.Folder, "merged", "kernel.ftrace")).TakeWhile(line => line != "# break")
            .Where(line => !line.StartsWith('#')).Select((line, i) => line[..43] + $"1.{i / 4:D6}" + line[51..]).Append(""));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("workload-6.12-4k-n1-2cpu.ftrace.gz")]
    public void Files_of_each_CPU_give_the_events_and_findings_of_the_whole(string capture)
    {
        var whole = CaptureFile.Find(capture);
        var parts = new SortedDictionary<int, StringBuilder>();
        foreach (var line in CaptureFile.Lines(capture).Where(line => !line.StartsWith('#')))
        {
            // trace_clock=local: within a microsecond the order of two CPUs is not told by their times.
            var open = line.IndexOf("] ", StringComparison.Ordinal) - 3;
            var cpu = int.Parse(line.AsSpan(open, 3), System.Globalization.CultureInfo.InvariantCulture);
            parts.TryAdd(cpu, new StringBuilder());
            parts[cpu].Append(line).Append('\n');
        }

        var paths = parts.Select(part => Write($"cpu{part.Key}", part.Value.ToString())).ToArray();
        using var expected = Import("whole.db", [whole], merge: null);
        using var merged = Import("merged.db", paths, new MergeOptions());
        Assert.Equal(Keys(expected), Keys(merged));
        Assert.Equal(Findings(expected), Findings(merged));

        // Replayed from the database, and without one, it is the same.
        Replayer.Replay(merged, new ReplayOptions(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Findings(expected), Findings(merged));
        using var temporary = TraceImporter.ReplayOnly(
            paths, new ImportOptions { Merge = new(), Replay = new ReplayOptions() }, null, TestContext.Current.CancellationToken);
        Assert.Equal(Findings(expected), Findings(temporary));

        // Events of one time are an order of their own: all else must be where it was.
        static List<(long, long, string, string)> Keys(TraceDatabase database) =>
            [.. database.Connection.Query<(long, long, string, string)>("SELECT time_ns, cpu, kind, text FROM event ORDER BY time_ns, cpu, seq")];

        static List<(string, string, long, long)> Findings(TraceDatabase database) =>
            [.. database.Connection.Query<(string, string, long, long)>("SELECT rule, severity, pa, count FROM finding ORDER BY 1, 2, 3, 4")];
    }

    // A store is one to a table because another CPU linked that table before: the files are read line by line.
    [Theory]
    [InlineData("violations-6.12-4k-n1-2cpu.emulator.ftrace.gz", TarmacDialect.FastModels, false)]
    [InlineData("violations-6.12-4k-n1-2cpu.emulator.ftrace.gz", TarmacDialect.Gem5, true)]
    [InlineData("boot-6.12-64k-n1-2cpu.ftrace.gz", TarmacDialect.Cycle, false)]
    public void Tarmac_files_of_each_CPU_are_the_trace_of_the_machine(string capture, TarmacDialect dialect, bool isNameless)
    {
        var reading = Reading.Of(File.ReadAllBytes(CaptureFile.Find(capture)), null);
        Merge(TarmacWriter.Render(reading.Events, reading.Names, reading.Source.Text.Clock, dialect)!, isNameless);
    }

    [Theory]
    [InlineData("fast_models_bug")]
    [InlineData("gem5_bug")]
    public void Tarmac_samples_cut_by_CPU_are_the_trace_of_the_machine(string name)
    {
        Merge(File.ReadAllText(Path.Combine(TraceFile.Folder, "tarmac", name + ".tarmac")), isNameless: false);
        Merge(File.ReadAllText(Path.Combine(TraceFile.Folder, "tarmac", name + ".tarmac")), isNameless: true);
    }

    [Fact]
    public void Tarmac_files_are_moved_by_their_offsets_and_merged_with_other_inputs()
    {
        var a = Write("a", "100 clk IT (1) 00000000:00000000 d5033fdf O EL1h_n : ISB\n104 clk IT (2) 00000004:00000004 d5033fdf O EL1h_n : ISB\n");
        var b = Write("b", "1 clk IT (1) 00000000:00000000 d5033b9f O EL1h_n : DSB\n3 clk IT (2) 00000004:00000004 d5033b9f O EL1h_n : DSB\n");
        var c = Write("c", "c-1 [007] 102: barrier: dmb ish\n");
        using var database = Import("t.db", [a, c, b], new MergeOptions
        {
            Offsets = new Dictionary<string, ClockOffset> { [b] = ClockOffset.Parse("100") },
            CpuOffsets = new Dictionary<string, int> { [b] = 3 },
        });
        Assert.Equal(
            [("isb", 100L, 0, 1, 1), ("dsb ish", 101L, 4, 1, 3), ("dmb ish", 102L, 7, 1, 2), ("dsb ish", 103L, 4, 2, 3), ("isb", 104L, 0, 2, 1)],
            database.Connection.Query<(string, long, int, int, int)>(
                """
                SELECT n.text, b.time_ns, b.cpu, b.line, (SELECT trace_id FROM trace_run WHERE first_seq <= b.seq ORDER BY first_seq DESC LIMIT 1)
                FROM barrier AS b JOIN name AS n ON n.id = b.kind_id ORDER BY b.seq
                """));
    }

    // A TLBI waits for its operand until another line of any file shows that none comes.
    [Fact]
    public void An_instruction_that_waited_is_of_its_own_Tarmac_file()
    {
        var a = Write("a", "100 clk IT (1) 00000000:00000000 d508831f O EL1h_n : TLBI VMALLE1IS\n");
        var b = Write("b", "90 clk IT (1) 00000000:00000000 d503201f O EL1h_n : NOP\n101 clk IT (2) 00000004:00000004 d5033b9f O EL1h_n : DSB\n");
        var options = new MergeOptions { CpuOffsets = new Dictionary<string, int> { [b] = 4 } };
        using var database = Import("t.db", [a, b], options);
        Assert.Equal([("pgtable_meta", 0, 1, 1), ("tlbi", 0, 1, 1), ("barrier", 5, 2, 2)], Places(database));

        // One that no line follows up waits until the files have ended.
        var c = Write("c", "90 clk IT (1) 00000000:00000000 d503201f O EL1h_n : NOP\n93 clk IT (2) 00000004:00000004 d503201f O EL1h_n : NOP\n");
        var d = Write("d", "91 clk IT (1) 00000000:00000000 d508831f O EL1h_n : TLBI VMALLE1IS\n92 clk IT (2) 00000004:00000004 d5182000 O EL1h_n : MSR TTBR0_EL1, X0\n");
        using var last = Import("l.db", [d, c], options);
        Assert.Equal(1, last.Connection.QuerySingle<int>("SELECT count(*) FROM import_problem WHERE kind = 'value-not-traced' AND trace_id = 1 AND line = 2"));
    }

    [Fact]
    public void A_name_in_Tarmac_files_of_different_CPU_offsets_is_that_of_two_CPUs()
    {
        const string register = "90 clk cpu0 R X0 0000000000001234\n";
        const string tlbi = "100 clk cpu0 IT (1) 00000000:00000000 d5088720 O EL1h_n : TLBI VAE1, X0\n";
        var (a, b) = (Write("a", register + tlbi), Write("b", tlbi));
        var options = new MergeOptions { CpuOffsets = new Dictionary<string, int> { [b] = 4 } };
        using var apart = Import("t.db", [a, b], options);
        Assert.Equal([("tlbi", 0, 1, 2), ("lost_events", 4, 2, 1)], Places(apart).Where(place => place.Kind != "pgtable_meta"));
        using var together = Import("u.db", [a, b], new MergeOptions());
        Assert.Equal([("tlbi", 0, 1, 2), ("tlbi", 0, 2, 1)], Places(together).Where(place => place.Kind != "pgtable_meta"));
    }

    // An offset that gives two names one number makes them one CPU, in any order of the files.
    [Theory]
    [InlineData("cpu4 ", "cpu0 ", 0, 4, 4)]
    [InlineData("cpu4 ", "cpu0 ", -4, 0, 0)]
    [InlineData("", "", 0, -1, 0)]
    public void Offsets_that_give_one_number_are_of_one_CPU(string first, string second, int firstOffset, int secondOffset, int cpu)
    {
        var a = Write("a", $"90 clk {first}R X0 0000000000001234\n91 clk {first}IT (1) 00000000:00000000 d5033fdf O EL1h_n : ISB\n");
        var b = Write("b", $"100 clk {second}IT (1) 00000000:00000000 d5088720 O EL1h_n : TLBI VAE1, X0\n");
        var options = new MergeOptions { CpuOffsets = new Dictionary<string, int> { [a] = firstOffset, [b] = secondOffset } };
        using (var database = Import("t.db", [a, b], options))
        {
            Assert.Equal([("barrier", cpu, 1, 2), ("tlbi", cpu, 2, 1)], Places(database).Where(place => place.Kind != "pgtable_meta"));
        }

        if (first.Length > 0)
        {
            using var turned = Import("t.db", [b, a], options);
            Assert.Equal([("barrier", cpu, 2, 2), ("tlbi", cpu, 1, 1)], Places(turned).Where(place => place.Kind != "pgtable_meta"));
        }
    }

    // The bytes of a block's second line may be decimal digits alone.
    [Fact]
    public void More_bytes_of_a_block_are_no_time()
    {
        const string line = "100 clk ST 0000000040000000 00000000 00000000 00000000 00000000 NS:0040000000\n"
            + "           0000000040000010 00000000 00000000 00000000 00000000 NS:0040000010\n"
            + "101 clk IT (1) 00000000:00000000 d5033fdf O EL1h_n : ISB\n";
        var (a, b) = (Write("a", line.Replace("0000000040000010", "0000000000000010", StringComparison.Ordinal)), Write("b", "50 clk IT (1) 0:0 d503201f O EL1h_n : NOP\n" + line));
        using var database = Import("t.db", [b, a], new MergeOptions());
        Assert.Equal(0, database.Connection.QuerySingle<int>("SELECT count(*) FROM import_problem WHERE kind <> 'no-store-traced'"));
        Assert.Equal([("barrier", 0, 1, 4), ("barrier", 1, 2, 3)], Places(database).Where(place => place.Kind == "barrier"));
    }

    [Fact]
    public void What_no_store_is_told_of_is_the_file_of_its_line()
    {
        var a = Write("a", "100 clk IT (1) 0:0 d5033fdf O EL1h_n : ISB\n");
        var b = Write("b", "100 clk IT (1) 0:0 d503201f O EL1h_n : NOP\n101 clk IT (2) 4:4 f9000020 O EL1h_n : STR x0, [x1]\n");
        using var database = Import("t.db", [a, b], new MergeOptions());
        Assert.Equal((2, 2), database.Connection.QuerySingle<(int, int)>("SELECT trace_id, line FROM import_problem WHERE kind = 'no-store-traced'"));
    }

    // '<(...)' of a shell is a link to a pipe: what is taken to look at it is gone.
    [Fact]
    public async Task A_pipe_behind_a_link_is_read_from_its_first_line()
    {
        var capture = Write("a", string.Concat(Enumerable.Range(1, 3000).Select(i => $"a-1 [000] {i}: barrier: isb\n")));
        var b = Write("b", "b-1 [001] 5: barrier: dsb ish\n");
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = pipe.ClientSafePipeHandle;
        var write = Task.Run(
            async () =>
            {
                await using var source = File.OpenRead(capture);
                await source.CopyToAsync(pipe, TestContext.Current.CancellationToken);
                await pipe.DisposeAsync();
            },
            TestContext.Current.CancellationToken);
        using var database = Import("t.db", [$"/dev/fd/{end.DangerousGetHandle()}", b], new MergeOptions());
        await write;
        Assert.Equal([3000L, 1L], database.Connection.Query<long>("SELECT event_count FROM trace ORDER BY id"));
    }

    [Fact]
    public async Task A_Tarmac_trace_on_a_pipe_is_not_merged_with_another()
    {
        const string line = "100 clk IT (1) 0:0 d5033fdf O EL1h_n : ISB\n";
        var a = Write("a", line);
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var end = pipe.ClientSafePipeHandle;
        await pipe.WriteAsync(Encoding.UTF8.GetBytes(line), TestContext.Current.CancellationToken);
        var name = $"/dev/fd/{end.DangerousGetHandle()}";
        await pipe.DisposeAsync();
        var e = Assert.Throws<ImportException>(() => Import("t.db", [a, name], new MergeOptions()));
        Assert.Equal($"{name}: one of several Tarmac inputs, and a pipe; expected files, whose lines are merged by time", e.Message);
    }

    [Fact]
    public void A_CPU_that_did_nothing_of_the_vocabulary_is_no_fault_beside_others()
    {
        var a = Write("a", "100 clk IT (1) 00000000:00000000 d5033fdf O EL1h_n : ISB\n");
        var b = Write("b", "100 clk IT (1) 00000000:00000000 d503201f O EL1h_n : NOP\n");
        using var database = Import("t.db", [a, b], new MergeOptions());
        Assert.Equal(
            [(2L, 2L), (0L, 0L)], database.Connection.Query<(long, long)>("SELECT last_seq, event_count FROM trace ORDER BY id"));
    }

    [Theory]
    [InlineData("100 clk IT (1) 0:0 d5033fdf O EL1h_n : ISB\n90 clk IT (2) 4:4 d5033fdf O EL1h_n : ISB\n", "b: line 2: its time is 10 ticks before", null)]
    [InlineData("100 clk IT (1) 0:0 d5033fdf O EL1h_n : ISB\n", "b: its times are bare counts; expected an offset in whole ticks", "1ms")]
    [InlineData("100 ns IT (1) 0:0 d5033fdf O EL1h_n : ISB\n", "b: its times are seconds, and those of ", null)]
    [InlineData("100 ns MW8 00000000:000000000000 0000000000000000\n", "b: its times are seconds, and those of ", null)]
    [InlineData("100 clk IT (1) 0:0 d5033fdf O EL1h_n : ISB\n", "b: line 1: its time and the offset -200 lie outside", "-200")]
    public void Tarmac_files_without_a_common_order_are_refused(string second, string message, string? offset)
    {
        var (a, b) = (Write("a", "100 clk IT (1) 0:0 d5033fdf O EL1h_n : ISB\n"), Write("b", second));
        var options = new MergeOptions
        {
            Offsets = offset is null ? new Dictionary<string, ClockOffset>() : new() { [b] = ClockOffset.Parse(offset) },
        };
        var e = Assert.Throws<ImportException>(() => Import("t.db", [a, b], options));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["t.db"]));
    }

    [Fact]
    public void Mutated_Tarmac_files_are_merged_or_refused()
    {
        var lines = File.ReadAllLines(Path.Combine(TraceFile.Folder, "tarmac", "fast_models_bug.tarmac"));
        byte[][] parts = [.. new[] { "cpu0", "cpu1" }.Select(cpu => Encoding.UTF8.GetBytes(string.Concat(lines.Where(line => line.Contains(cpu, StringComparison.Ordinal)).Select(line => line + "\n"))))];
        var random = new Random(5);
        var merged = 0;
        for (var round = 0; round < 150; round++)
        {
            var path = $"t{round}.db";
            string[] paths = [_folder.Write("m0", Mutation.Of(parts[0], random)), _folder.Write("m1", round % 3 == 0 ? parts[1] : Mutation.Of(parts[1], random))];
            try
            {
                using var database = Import(path, paths, new MergeOptions());
                merged++;
            }
            catch (ImportException)
            {
                Assert.False(File.Exists(_folder[path]));
            }
        }

        Assert.InRange(merged, 20, 150);
    }

    [Fact]
    public async Task A_merge_of_Tarmac_files_can_be_stopped()
    {
        var line = "IT (1) 0:0 d5033fdf O EL1h_n : ISB\n";
        var paths = Enumerable.Range(0, 3).Select(file => Write($"c{file}", string.Concat(Enumerable.Range(1, 60_000).Select(i => $"{i} clk {line}")))).ToArray();
        using var stop = new CancellationTokenSource();
        var options = new ImportOptions { Merge = new MergeOptions() };
        var import = Task.Run(
            () => TraceImporter.Import(paths, _folder["t.db"], options, new StopAtOnce(stop), stop.Token), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => import.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_folder["t.db"]));
    }

    [Theory]
    [InlineData("+500ms", "")]
    [InlineData("0.5", "")]
    [InlineData("0", "brk-no-tlbi likely")]
    [InlineData("500005us", "")]
    [InlineData("500007us", "brk-no-dsb-after-tlbi possible")]
    [InlineData("500009us", "brk-no-tlbi likely")]
    public void The_offset_decides_what_comes_between(string offset, string expected)
    {
        string[] paths = [.. new[] { "kernel.ftrace", "hypervisor.ftrace" }.Select(name => Path.Combine(TraceFile.Folder, "merged", name))];
        using var database = Import("t.db", paths, new MergeOptions { Offsets = new Dictionary<string, ClockOffset> { [paths[1]] = ClockOffset.Parse(offset) } });
        Assert.Equal(expected, string.Join(' ', database.Connection.Query<string>("SELECT rule || ' ' || confidence FROM finding WHERE severity = 'error'")));
    }

    [Fact]
    public void Each_row_keeps_its_line_and_tells_its_input()
    {
        var a = Write("a", "a-1 [000] 1.000001: barrier: isb\n\na-1 [000] 1.000003: barrier: isb\na-1 [000] 1.000004: barrier: isb\n");
        var b = Write("b", "b-1 [000] 5.000001: barrier: dsb ish\nb-1 [001] 5.000003: barrier: dsb ish\n");
        using var database = Import("t.db", [a, b], new MergeOptions
        {
            Offsets = new Dictionary<string, ClockOffset> { [a] = ClockOffset.Parse("4s") },
            CpuOffsets = new Dictionary<string, int> { [b] = 8 },
        });

        // Of equal times that of the input named first comes first.
        Assert.Equal(
            [(1, 1, 1, 5_000_001_000L, 0), (2, 2, 1, 5_000_001_000L, 8), (3, 1, 3, 5_000_003_000L, 0), (4, 2, 2, 5_000_003_000L, 9), (5, 1, 4, 5_000_004_000L, 0)],
            database.Connection.Query<(int, int, int, long, int)>(
                "SELECT seq, (SELECT trace_id FROM trace_run WHERE first_seq <= seq ORDER BY first_seq DESC LIMIT 1), line, time_ns, cpu FROM barrier ORDER BY seq"));
        Assert.Equal(
            [(1L, 5L, 3L, 4_000_000_000L, 0L), (2L, 4L, 2L, 0L, 8L)],
            database.Connection.Query<(long, long, long, long, long)>("SELECT first_seq, last_seq, event_count, clock_offset, cpu_offset FROM trace ORDER BY id"));
        var sink = new RecordingSink();
        new EventReader(database).Read(sink, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 1, 2, 1], sink.Events.Cast<BarrierInstruction>().Select(e => e.Header.Input));
    }

    [Theory]
    [InlineData("a-1 [000] 1.5: barrier: isb\n", "a-1 [000] 7: barrier: isb\n", "b: its times are bare counts, and those of ", null)]
    [InlineData("a-1 [000] 1.5: barrier: isb\n", "a-1 [000] 7.5: barrier: isb\na-1 [000] 7.4: barrier: isb\n", "b: line 2: its time is 100000000 ns before", null)]
    [InlineData("a-1 [000] 1.5: barrier: isb\n", "a-1 [000] 7.5: barrier: isb\na-1 [000] 8: barrier: isb\n", "b: some of its times are seconds and some are bare counts", null)]
    [InlineData("a-1 [000] 1.5: barrier: isb\n", "a-1 [000] 1.5: barrier: isb\n", "b: line 1: its time and the offset -2000000000 lie outside", "-2")]
    [InlineData("a-1 [000] 1: barrier: isb\n", "a-1 [000] 1: barrier: isb\n", "b: its times are bare counts; expected an offset in whole ticks", "1ms")]
    [InlineData("a-1 [000] 1: barrier: isb\n", "a-1 [000] 1: sched_waking: x\n", "b: nothing to merge: no event of the vocabulary in 1 line(s)", null)]
    [InlineData("a-1 [000] 1: barrier: isb\n", "x\n", "b: not a trace that can be read", null)]
    public void What_has_no_common_order_is_refused(string first, string second, string message, string? offset)
    {
        var (a, b) = (Write("a", first), Write("b", second));
        var offsets = new Dictionary<string, ClockOffset>();
        if (offset is not null)
        {
            offsets.Add(b, ClockOffset.Parse(offset));
        }

        var e = Assert.Throws<ImportException>(() => Import("t.db", [a, b], new MergeOptions { Offsets = offsets }));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], _folder.Files);
    }

    [Fact]
    public void A_CPU_that_cannot_be_is_refused()
    {
        var (a, b) = (Write("a", "a-1 [000] 1: barrier: isb\n"), Write("b", "a-1 [002] 1: barrier: isb\n"));
        var merge = new MergeOptions { CpuOffsets = new Dictionary<string, int> { [b] = -3 } };
        var e = Assert.Throws<ImportException>(() => Import("t.db", [a, b], merge));
        Assert.Contains("b: line 1: its CPU 2 becomes -1; expected a CPU offset that gives 0..1023", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_input_lost_reaches_over_the_events_of_others()
    {
        // The kernel's trace lost events of CPU 0 between 10 and 50; the hypervisor's of the same CPU go on.
        const string kernel = """
            a-1 [000] 1.000010: pgtable_write: level=3 pa=0x40103028 old=0x60000048000f43 new=0x0
            CPU:0 [LOST 3 EVENTS]
            a-1 [000] 1.000050: barrier: isb
            """;
        const string hypervisor = """
            h-0 [001] 1.000020: tlbi: op=vale1is arg=0x7000000000999
            h-0 [000] 1.000030: pgtable_write: level=3 pa=0x40103028 old=0x0 new=0x60000049000f43
            h-0 [000] 1.000040: barrier: isb
            """;
        using var database = Import("t.db", [Write("a", Mapped + kernel), Write("b", hypervisor)], new MergeOptions());
        Assert.Equal("unknown", database.Connection.QuerySingle<string>("SELECT confidence FROM finding WHERE rule LIKE 'brk-%'"));
        Assert.Equal(1_000_050_000, database.Connection.QuerySingle<long>("SELECT time_ns FROM lost_events"));
    }

    [Fact]
    public void Tasks_of_another_input_are_no_context_switch()
    {
        // A change of task on a CPU runs a DSB; the hypervisor that prints between is none.
        const string kernel = """
            a-1 [000] 1.000040: pgtable_write: level=3 pa=0x40103028 old=0x60000048000f43 new=0x0
            a-1 [000] 1.000050: barrier: dsb ishst
            a-1 [000] 1.000060: tlbi: op=vale1is arg=0x7000000000405
            a-1 [000] 1.000080: pgtable_write: level=3 pa=0x40103028 old=0x0 new=0x60000049000f43
            a-1 [000] 1.000090: barrier: dsb ish
            """;
        using var database = Import("t.db", [Write("a", Mapped + kernel), Write("b", "h-9 [000] 1.000070: barrier: isb\n")], new MergeOptions());
        Assert.Equal("brk-no-dsb-after-tlbi", database.Connection.QuerySingle<string>("SELECT rule FROM finding WHERE severity = 'error'"));
        Assert.Contains("removed at line 22 of input 1", database.Connection.QuerySingle<string>("SELECT summary FROM finding WHERE severity = 'error'"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_inputs_give_the_stable_order_of_their_times(int seed)
    {
        var random = new Random(seed);
        var texts = new StringBuilder[random.Next(2, 6)];
        var expected = new List<(long Time, int Input, long Line)>();
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = new StringBuilder();
            var time = random.Next(100);
            for (var line = 1; line <= random.Next(1, 20_000); line++)
            {
                time += random.Next(3);
                texts[i].Append(random.Next(4) switch
                {
                    0 => $"a-1 [000] {time}: tlbi: op=vmalle1is\n",
                    1 => $"a-1 [000] {time}: pgtable_write: pa=0x{line * 8:x} new=0x0\n",
                    2 => $"a-1 [000] {time}: tracing_mark_write: {line}\n",
                    _ => $"a-1 [000] {time}: barrier: isb\n",
                });
                expected.Add((time, i + 1, line));
            }
        }

        var paths = texts.Select((text, i) => Write($"{i}", text.ToString())).ToArray();
        using var database = Import("t.db", paths, new MergeOptions());
        var sink = new HeaderSink();
        new EventReader(database).Read(sink.Sink, TestContext.Current.CancellationToken);
        Assert.Equal(expected.OrderBy(e => e.Time).ThenBy(e => e.Input).ThenBy(e => e.Line), sink.Headers.Select(e => (e.Time, e.Input, e.Line)));
        Assert.Equal(Enumerable.Range(1, expected.Count).Select(seq => (long)seq), sink.Headers.Select(e => e.Seq));
    }

    [Theory]
    [InlineData("+1.5ms", 1_500_000)]
    [InlineData("-20us", -20_000)]
    [InlineData("0.0015", 1_500_000)]
    [InlineData("-3", -3_000_000_000)]
    [InlineData("7ns", 7)]
    public void Offsets_are_times(string text, long nanoseconds) => Assert.Equal(nanoseconds, ClockOffset.Parse(text).Of(TraceClock.Time));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1.5 ms")]
    [InlineData("0.5ns")]
    [InlineData("1e3")]
    [InlineData("99999999999999s")]
    [InlineData("1h")]
    public void Other_offsets_are_refused(string text) => Assert.Contains(
        "expected a time such as +1.5ms", Assert.Throws<FormatException>(() => ClockOffset.Parse(text)).Message, StringComparison.Ordinal);

    // Cut by the names of the CPUs; lines that have none go on with what the line above began.
    private void Merge(string text, bool isNameless)
    {
        var parts = new SortedDictionary<string, StringBuilder>(StringComparer.Ordinal);
        var current = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', 4, StringSplitOptions.RemoveEmptyEntries);
            var component = Array.Find(words, word => word.StartsWith("cpu", StringComparison.Ordinal) || word.Contains(".cpu", StringComparison.Ordinal));
            current = component ?? (char.IsAsciiDigit(line[0]) ? "" : current);
            parts.TryAdd(current, new StringBuilder());
            parts[current].Append(isNameless && component is not null ? line.Replace(component + " ", "", StringComparison.Ordinal) : line).Append('\n');
        }

        parts.Remove("", out var preamble);
        Assert.True(parts.Count > 1);
        var paths = parts.Select((part, i) => Write($"part{i}", (i == 0 ? preamble?.ToString() : null) + part.Value)).ToArray();
        using var expected = Import("whole.db", [Write("whole", text)], merge: null);
        using var merged = Import("merged.db", paths, new MergeOptions());
        Assert.Equal(Events(expected), Events(merged));
        Assert.Equal(Findings(expected), Findings(merged));

        // Each is of the file that its CPU's lines are in.
        foreach (var cpu in Places(merged).GroupBy(place => place.Cpu))
        {
            Assert.Single(cpu.Select(place => place.Trace).Distinct());
        }

        expected.Dispose();
        merged.Dispose();
        File.Delete(_folder["whole.db"]);
        File.Delete(_folder["merged.db"]);

        static List<(long, long, long, string, string)> Events(TraceDatabase database) =>
            [.. database.Connection.Query<(long, long, long, string, string)>("SELECT seq, time_ns, cpu, kind, text FROM event ORDER BY seq")];

        // That clocks tell their order makes some of them less certain.
        static List<(string, string, long, long)> Findings(TraceDatabase database) =>
            [.. database.Connection.Query<(string, string, long, long)>("SELECT rule, severity, pa, count FROM finding ORDER BY id")];
    }

    private static List<(string Kind, int Cpu, int Trace, int Line)> Places(TraceDatabase database) =>
        [.. database.Connection.Query<(string, int, int, int)>(
            "SELECT kind, cpu, (SELECT trace_id FROM trace_run WHERE first_seq <= seq ORDER BY first_seq DESC LIMIT 1), line FROM event ORDER BY seq")];

    private string Write(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));

    private TraceDatabase Import(string name, string[] paths, MergeOptions? merge)
    {
        TraceImporter.Import(
            paths, _folder[name], new ImportOptions { Merge = merge, Replay = new ReplayOptions(), Force = true }, null, TestContext.Current.CancellationToken);
        return TraceDatabase.Open(_folder[name], writable: true);
    }

    private sealed class StopAtOnce(CancellationTokenSource stop) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => stop.Cancel();
    }
}
