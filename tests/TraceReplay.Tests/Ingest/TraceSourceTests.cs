using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class TraceSourceTests
{
    private const string Ftrace = """
        # tracer: nop
        #
                    init-1       [000] .....     1.128243: tracing_mark_write: start
                    init-1       [000] .....     1.130405: barrier: dsb ishst

        """;

    [Theory]
    [InlineData("ftrace", Ftrace)]
    [InlineData("ftrace", "          <idle>-0       [000] .....           37: barrier: dsb sy pc=0x40238fc0\n")]
    [InlineData("ftrace", "# qlog 1\n          <idle>-0       [000] .....           37: barrier: dsb sy pc=0x40238fc0")]
    [InlineData("trace-cmd-report", "cpus=2\n            init-44    [001]     1.389121: barrier:              dsb ishst\n")]
    [InlineData("trace-cmd-report", "version = 7\nCPU 1 is empty\ncpus=2\n            init-44    [001] d..1.     1.389121: barrier:              dsb ishst\n")]
    [InlineData("perf-script", "init     1 [000]     1.130139: pgtrace:barrier: isb\n")]
    public void Format_is_recognised_by_content(string format, string text)
    {
        var reading = Reading.Of(Encoding.UTF8.GetBytes(text));
        Assert.Equal(format, reading.Source.Format);
        Assert.NotEmpty(reading.Events);
        Assert.Empty(reading.Problems.Kept);
    }

    [Fact]
    public void Every_reader_is_in_the_list_once()
    {
        var types = typeof(ITraceReader).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ITraceReader)));
        Assert.Equal(types.Select(type => type.Name).Order(), TraceReaders.All.Select(reader => reader.GetType().Name).Order());
        Assert.Equal(TraceReaders.All.Count, TraceReaders.All.Select(reader => reader.Name).Distinct().Count());
    }

    [Fact]
    public void Unrecognised_content_says_what_can_be_read()
    {
        var e = Assert.Throws<ImportException>(() => Reading.Of("hello\nworld\n"u8.ToArray()));
        Assert.Contains("ftrace", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_trace_of_perf_is_named()
    {
        var e = Assert.Throws<ImportException>(() => Reading.Of([.. "PERFILE2"u8, 0, 1, 2, 3]));
        Assert.Contains("perf script", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Line_ends_do_not_matter(string end)
    {
        var reading = Reading.Of($"a-1 [000] 1: barrier: isb{end}{end}a-1 [000] 2: barrier: dsb sy{end}a-1 [000] 3: barrier: isb");
        Assert.Equal([1L, 3L, 4L], reading.Events.Select(e => ((BarrierInstruction)e).Header.Line));
        Assert.Equal(4, reading.Source.Text.LineCount);
        Assert.Empty(reading.Problems.Kept);
    }

    [Fact]
    public void Byte_order_mark_is_passed_over()
    {
        var reading = Reading.Of([0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Ftrace)]);
        Assert.Equal(2, reading.Events.Count);
        Assert.Empty(reading.Problems.Kept);
    }

    [Fact]
    public void Gzip_gives_the_same_events_and_the_hash_of_the_file()
    {
        var compressed = Gzip(Encoding.UTF8.GetBytes(Ftrace));
        var reading = Reading.Of(compressed);
        Assert.Equal(Reading.Of(Encoding.UTF8.GetBytes(Ftrace)).Events, reading.Events);
        Assert.Equal("gzip", reading.Source.Compression);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(compressed)), reading.Source.Sha256);
        Assert.Equal(Encoding.UTF8.GetByteCount(Ftrace), reading.Source.Text.SizeBytes);
        Assert.False(reading.Source.Text.IsDamaged);
    }

    [Fact]
    public void Gzip_members_one_after_the_other_are_one_text()
    {
        var reading = Reading.Of([.. Gzip("a-1 [000] 1: barrier: isb\na-1 [0"u8), .. Gzip("00] 2: barrier: isb\n"u8)]);
        Assert.Equal(2, reading.Events.Count);
        Assert.Empty(reading.Problems.Kept);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(20_000)]
    public void Zeros_after_a_gzip_are_padding(int count)
    {
        var whole = Gzip(Encoding.UTF8.GetBytes(Ftrace));
        byte[] padded = [.. whole, .. whole, .. new byte[count]];
        var reading = Reading.Of(padded);
        Assert.Equal(4, reading.Events.Count);
        Assert.Same(ImportProblems.TimeBackwards, reading.Problem.Kind);
        Assert.False(reading.Source.Text.IsDamaged);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(padded)), reading.Source.Sha256);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 8)]
    [InlineData(300, 9000)]
    [InlineData(9000, 0)]
    public void Other_bytes_after_a_gzip_are_damage(int zerosBefore, int zerosAfter)
    {
        var reading = Reading.Of([.. Gzip(Encoding.UTF8.GetBytes(Ftrace)), .. new byte[zerosBefore], .. "garbage"u8, .. new byte[zerosAfter]]);
        Assert.Equal(2, reading.Events.Count);
        Assert.True(reading.Source.Text.IsDamaged);
        Assert.Same(ImportProblems.CorruptGzip, reading.Problem.Kind);
    }

    [Fact]
    public void Zeros_that_a_gzip_holds_do_not_end_it()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.NoCompression))
        {
            gzip.Write("a-1 [000] 1: barrier: isb\n"u8);
            gzip.Write(new byte[40_000]);
            gzip.Write("\na-1 [000] 2: barrier: isb\n"u8);
        }

        var reading = Reading.Of(bytes.ToArray());
        Assert.Equal(2, reading.Events.Count);
        Assert.Same(ImportProblems.MalformedLine, reading.Problem.Kind);
    }

    [Fact]
    public void Gzip_of_nothing_is_told_from_a_file_that_is_cut_off()
    {
        byte[] ofNothing = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Contains("empty after decompression", Assert.Throws<ImportException>(() => Reading.Of(ofNothing)).Message, StringComparison.Ordinal);
        var whole = Gzip(Encoding.UTF8.GetBytes(Ftrace));
        Assert.Contains("nothing can be decompressed", Assert.Throws<ImportException>(() => Reading.Of(whole[..8])).Message, StringComparison.Ordinal);
        Assert.Contains("stops here, before its end", Assert.Throws<ImportException>(() => Reading.Of(whole[..12])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PERFILE2........", "perf script")]
    [InlineData("SQLite format 3\0", "a database")]
    [InlineData("  init 12     1.130140456:   pgtrace:barrier: isb\n", "-F comm,tid,cpu,time,event,trace")]
    public void File_of_another_kind_is_named(string content, string name)
    {
        var e = Assert.Throws<ImportException>(() => Reading.Of(Encoding.UTF8.GetBytes(content)));
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gzip_cut_anywhere_is_damaged_and_what_came_before_is_kept()
    {
        var lines = string.Concat(Enumerable.Range(1, 300).Select(i => $"a-1 [000] {i}: pgtable_write: pa=0x{i * 2654435761L % 99991 * 8:x} new=0x{i * 40503L % 65521:x}\n"));
        var whole = Reading.Of(Encoding.UTF8.GetBytes(lines)).Events;
        var compressed = Gzip(Encoding.UTF8.GetBytes(lines));
        for (var length = 300; length < compressed.Length; length += length < compressed.Length - 12 ? 37 : 1)
        {
            var reading = Reading.Of(compressed[..length], "ftrace");
            Assert.True(reading.Source.Text.IsDamaged, $"cut at {length} of {compressed.Length}");
            Assert.Same(ImportProblems.TruncatedGzip, reading.Problem.Kind);
            Assert.Equal(whole.Take(reading.Events.Count), reading.Events);
        }
    }

    [Fact]
    public void Corrupt_gzip_is_damaged_and_what_came_before_is_kept()
    {
        var random = new Random(1);
        var lines = string.Concat(Enumerable.Range(1, 30000).Select(i => $"a-1 [000] {i}: pgtable_write: pa=0x{random.NextInt64() & ~7L:x} new=0x{random.NextInt64():x}\n"));
        var compressed = Gzip(Encoding.UTF8.GetBytes(lines));
        compressed.AsSpan(compressed.Length / 2, 64).Fill(0xff);
        var reading = Reading.Of(compressed);
        Assert.True(reading.Source.Text.IsDamaged);
        Assert.Contains(reading.Problems.Kept, problem => problem.Kind == ImportProblems.CorruptGzip);
        Assert.NotEmpty(reading.Events);
    }

    [Theory]
    [InlineData("CPU:1 [LOST 875 EVENTS]", 1, 875L)]
    [InlineData("CPU:0 [LOST EVENTS]", 0, null)]
    [InlineData("CPU:1 [123 EVENTS DROPPED]", 1, 123L)]
    [InlineData("CPU:12 [EVENTS DROPPED]", 12, null)]
    [InlineData("[CPU 1: LOST 12 EVENTS]", 1, 12L)]
    [InlineData("CPU 3 LOST 12 EVENTS", 3, 12L)]
    [InlineData("CPU:3 [LOST 99999999999999999999 EVENTS]", 3, null)]
    [InlineData("a-1 [003] 7: PERF_RECORD_LOST lost 12", 3, 12L)]
    [InlineData("a-1 [003] 7: PERF_RECORD_LOST_SAMPLES lost 12", 3, 12L)]
    public void Lost_events_are_an_event_and_a_warning(string line, int cpu, long? count)
    {
        var reading = Reading.Of($"a-1 [000] 7: barrier: isb\n{line}\n");
        Assert.Equal(new LostEvents(new EventHeader(2, 2, 7, cpu, 0), count), reading.Events[1]);
        Assert.Same(ImportProblems.LostEvents, reading.Problem.Kind);
        Assert.Equal(2, reading.Problem.Line);
    }

    [Theory]
    [InlineData("LOST CPU EVENTS")]
    [InlineData("dropped events: 0")]
    [InlineData("LOST events")]
    [InlineData("LOST EVENTS 1 2")]
    [InlineData("CPU:0 [LOST 1 EVENTS] and more")]
    [InlineData("CPU:2000 [LOST 1 EVENTS]")]
    public void What_is_no_notice_of_lost_events_is_malformed(string line)
    {
        var reading = Reading.Of($"a-1 [000] 7: barrier: isb\n{line}\n");
        Assert.Same(ImportProblems.MalformedLine, reading.Problem.Kind);
        Assert.Single(reading.Events);
    }

    [Fact]
    public void Lost_events_of_no_cpu_are_of_all_seen()
    {
        var text = "init 1 [002] 0.000007: pgtrace:barrier: isb\nLOST 12 events!\n";
        var reading = Reading.Of(Encoding.UTF8.GetBytes(text), "perf-script");
        Assert.Equal(
            [.. Enumerable.Range(0, 3).Select(cpu => new LostEvents(new EventHeader(cpu + 2, 2, 7000, cpu, 0), null))],
            reading.Events.Skip(1).Cast<LostEvents>());
        Assert.Equal("the trace lost 12 events", reading.Problem.Detail);
    }

    [Fact]
    public void Start_of_an_overwritten_buffer_is_lost_events_of_its_cpu()
    {
        var reading = Reading.Of("a-1 [000] 7: barrier: isb\n##### CPU 1 buffer started ####\na-1 [001] 8: barrier: isb\n");
        Assert.Equal(new LostEvents(new EventHeader(2, 2, 7, 1, 0), null), reading.Events[1]);
        Assert.Same(ImportProblems.LostEvents, reading.Problem.Kind);
    }

    [Fact]
    public void Overwritten_buffer_is_a_warning()
    {
        var reading = Reading.Of("# entries-in-buffer/entries-written: 12477/55803   #P:2\na-1 [000] 7: barrier: isb\n");
        Assert.Same(ImportProblems.BufferOverwritten, reading.Problem.Kind);
        Assert.Equal((12477L, 55803L, 2), (reading.Source.Text.EntriesInBuffer, reading.Source.Text.EntriesWritten, reading.Source.Text.HeaderCpuCount));
    }

    [Fact]
    public void Whole_buffer_is_no_problem()
    {
        Assert.Empty(Reading.Of("# entries-in-buffer/entries-written: 5/5   #P:2\na-1 [000] 7: barrier: isb\n").Problems.Kept);
    }

    [Fact]
    public void Time_that_goes_back_is_a_warning_and_the_event_is_kept()
    {
        var reading = Reading.Of("a-1 [000] 1.5: barrier: isb\na-1 [001] 1.4: barrier: isb\na-1 [001] 1.4: barrier: isb\n");
        Assert.Equal(3, reading.Events.Count);
        Assert.Same(ImportProblems.TimeBackwards, reading.Problem.Kind);
        Assert.Equal(2, reading.Problem.Line);
    }

    [Fact]
    public void Other_form_of_time_is_a_warning()
    {
        var reading = Reading.Of("a-1 [000] 1.5: barrier: isb\na-1 [001] 14: barrier: isb\n");
        Assert.Equal(2, reading.Events.Count);
        Assert.Same(ImportProblems.ClockChanged, reading.Problem.Kind);
    }

    [Fact]
    public void Line_that_is_not_an_event_is_a_problem()
    {
        var reading = Reading.Of("a-1 [000] 1: barrier: isb\nwhat is this\n");
        Assert.Same(ImportProblems.MalformedLine, reading.Problem.Kind);
        Assert.Equal((2, "what is this"), (reading.Problem.Line, reading.Problem.Excerpt));
    }

    [Theory]
    [InlineData("a-1 [000] 1: pgtable_wri")]
    [InlineData("a-1 [000] 1:")]
    [InlineData("a-1 [000] 1: some words: more")]
    public void Line_without_an_event_name_is_malformed(string line)
    {
        var reading = Reading.Of($"a-1 [000] 1: barrier: isb\n{line}\n");
        Assert.Same(ImportProblems.MalformedLine, reading.Problem.Kind);
        Assert.Single(reading.Events);
    }

    [Theory]
    [InlineData("a-1 [000] 1: sys_close <-system_call_fastpath", "(function)")]
    [InlineData("a 1 [000] 1.5: PERF_RECORD_MMAP2 1/1: [0x400000(0x1000) @ 0]: r-xp /bin/a", "PERF_RECORD_MMAP2")]
    public void Lines_of_other_tracers_are_counted(string line, string name)
    {
        var reading = Reading.Of(Encoding.UTF8.GetBytes(line + "\n"), line.Contains("PERF", StringComparison.Ordinal) ? "perf-script" : "ftrace");
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(name, Assert.Single(reading.Session.Skipped.All).Event);
    }

    [Fact]
    public void Stack_traces_are_passed_over()
    {
        var reading = Reading.Of("a-1 [000] 1: barrier: isb\na-1 [000] 1: kernel_stack: <stack trace>\n => a\n => b\n");
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(["(stack trace)", "kernel_stack"], reading.Session.Skipped.All.Select(entry => entry.Event));
    }

    [Fact]
    public void Call_chains_of_perf_are_passed_over()
    {
        var text = "init     1 [000]     1.130139: pgtrace:barrier: isb\n\tffff800080012345 a+0x10 ([kernel.kallsyms])\n            7fff1234 [unknown] (/bin/sh)\n\n";
        var reading = Reading.Of(Encoding.UTF8.GetBytes(text));
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(2, Assert.Single(reading.Session.Skipped.All).Count);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_told_and_the_event_is_kept()
    {
        var reading = Reading.Of([.. "a"u8, 0xff, 0xfe, .. "b-1 [000] 1: barrier: isb\n"u8], "ftrace");
        var e = Assert.IsType<BarrierInstruction>(reading.Event);
        Assert.Equal("a\ufffd\ufffdb", reading.Names.Task(e.Header.Task).Comm);
        Assert.Same(ImportProblems.NotUtf8, reading.Problem.Kind);
    }

    [Fact]
    public void Line_of_tens_of_kilobytes_is_read()
    {
        var text = new string('x', 50_000);
        var reading = Reading.OfEvent("tracing_mark_write: " + text);
        Assert.Equal(text, reading.Name(Assert.IsType<Marker>(reading.Event).Text));
    }

    [Fact]
    public void Line_over_a_megabyte_is_skipped_and_the_next_one_is_read()
    {
        var huge = "a-1 [000] 1: tracing_mark_write: " + new string('x', 5_000_000);
        var reading = Reading.Of($"{huge}\na-1 [000] 2: barrier: isb\n{huge}");
        Assert.Equal(2, Assert.IsType<BarrierInstruction>(reading.Event).Header.Line);
        Assert.Equal([1L, 3L], reading.Problems.Kept.Select(problem => problem.Line));
        Assert.All(reading.Problems.Kept, problem => Assert.Same(ImportProblems.LineTooLong, problem.Kind));
        Assert.StartsWith("a-1 [000] 1: tracing", reading.Problems.Kept[0].Excerpt, StringComparison.Ordinal);
        Assert.Equal(3, reading.Source.Text.LineCount);
    }

    [Fact]
    public void Rows_of_a_kind_are_bounded_and_all_are_counted()
    {
        var reading = Reading.Of("a-1 [000] 1: barrier: isb\n" + string.Concat(Enumerable.Repeat("bad\n", 1500)));
        Assert.Equal(1000, reading.Problems.Kept.Count);
        Assert.Equal(1500, reading.Problems.Count(ImportProblems.MalformedLine));
    }

    [Fact]
    public void Every_kind_of_problem_is_listed_with_its_help()
    {
        var fields = typeof(ImportProblems).GetFields().Where(field => field.FieldType == typeof(ProblemKind)).Select(field => (ProblemKind)field.GetValue(null)!);
        Assert.Equal(fields.Select(kind => kind.Name).Order(), ImportProblems.Kinds.Select(kind => kind.Name).Order());
        Assert.All(ImportProblems.Kinds, kind => Assert.True(kind.Help.Length > 40));
    }

    private static byte[] Gzip(ReadOnlySpan<byte> text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            gzip.Write(text);
        }

        return bytes.ToArray();
    }
}
