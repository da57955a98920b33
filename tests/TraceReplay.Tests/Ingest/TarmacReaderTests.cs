using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Tarmac;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest;

/// <summary>Each form that a line of a Tarmac trace can take, and what is made of what the trace does not tell.</summary>
public sealed class TarmacReaderTests
{
    private const string Tlbi = "d50883a1"; // TLBI VALE1IS, X1

    // TCR with 4K pages and 48 bits, one root, the MMU on.
    private const string Machine = """
        0 clk cpu0 R TCR_EL1 00000015b5103510
        0 clk cpu0 R TTBR0_EL1 0007000040100000
        0 clk cpu0 R SCTLR_EL1 0000000034d5d91d

        """;

    [Theory]
    [InlineData("9 clk R X1 0007000000000405\n9 clk IT (9) 00008000 {0} O EL1h_n : TLBI VALE1IS,x1")]
    [InlineData("9 clk cpu0 R X1 0007000000000405\n9 clk cpu0 IT (9) 00008000:000000008000_NS {0} O EL1h_n : TLBI VALE1IS,x1")]
    [InlineData("9000 ps R x1 0007000000000405\n9000 ps IT (00008000:00000009) 00008000 {0} O EL1h_n : TLBI VALE1IS,x1")]
    [InlineData("9 R X1 00070000 00000405\n9 IT (0000000000008000) {0} O  ---_- :  tlbi vale1is, x1")]
    [InlineData("9ns R X1 0007000000000405\n9ns IT (9) 00008000 {0} O EL1h_n : TLBI VALE1IS,x1")]
    [InlineData("      9 ns  ES  (0000000000008000:00000000) O el1h_ns:   UDF\n                    R X1 0007000000000405\n      9 ns  ES  (0000000000008000:{0}) O el1h_ns:   TLBI     VALE1IS,x1")]
    [InlineData("9 clk IT (9) 00008000 {0} O EL1h_n : TLBI VALE1IS,x1\n9 clk R TLBI VALE1IS 00070000:00000405")]
    [InlineData("9 clk R TLBI VALE1IS 00070000:00000405")]
    public void Tlbi_has_the_value_of_its_register(string lines)
    {
        var reading = Read(lines.Replace("{0}", Tlbi, StringComparison.Ordinal));
        Assert.Empty(reading.Problems.Kept);
        var tlbi = Assert.Single(reading.Events.OfType<TlbiInstruction>());
        Assert.Equal(("vale1is", 0x0007_0000_0000_0405ul), (reading.Name(tlbi.Operation), tlbi.Operand));
    }

    [Theory]
    [InlineData("9 clk IS (9) 00008000 d50883a1 O EL1h_n : TLBI VALE1IS,x1")]
    [InlineData("9 tic ES  (00008000:d50883a1) O el1h_ns:   CCFAIL TLBI VALE1IS,x1")]
    [InlineData("9 clk IT (9) 00008000 d50883a1 A svc_ns : LDRLE r8,[r5],#0x3a1")]
    [InlineData("9 tic ES  (00008000:--------) O el1h_ns:")]
    [InlineData("9 clk IT (9) 00008000 d50883a1 O EL1h_n : TLBI VALE1IS,x1\n9 clk E 00008000 00000084 CoreEvent_LOWER_64_SYNC")]
    public void What_was_not_executed_is_no_event(string lines)
    {
        var reading = Read("8 clk R X1 0007000000000405\n" + lines + "\n10 clk IT (10) 00008004 d503201f O EL1h_n : NOP");
        Assert.Empty(reading.Problems.Kept);
        Assert.Empty(reading.Events.OfType<TlbiInstruction>());
    }

    [Fact]
    public void An_operand_that_was_not_traced_is_an_event_lost_and_not_a_guess()
    {
        var reading = Read("9 clk cpu0 IT (9) 00008000 d50883a1 O EL1h_n : TLBI VALE1IS,x1\n9 clk cpu0 R X1 0007000000000405\n9 clk cpu0 IT (9) 00008004 d503201f O EL1h_n : NOP");
        Assert.Equal((ImportProblems.ValueNotTraced, 1L), (reading.Problem.Kind, reading.Problem.Line));
        Assert.Empty(reading.Events.OfType<TlbiInstruction>());
        var lost = Assert.Single(reading.Events.OfType<LostEvents>());
        Assert.Equal((0, 1L, 1L), (lost.Header.Cpu, lost.Count, lost.Header.Line));
    }

    [Fact]
    public void A_register_line_below_its_msr_is_no_second_write()
    {
        var reading = Read("1 clk R X2 0007000040100000\n2 clk IT (2) 00008000 d5182002 O EL1h_n : MSR TTBR0_EL1,x2\n2 clk R TTBR0_EL1 0007000040100000\n3 clk IT (3) 00008004 d5033fdf O EL1h_n : ISB");
        var write = Assert.Single(reading.Events.OfType<SystemRegisterWrite>());
        Assert.Equal(("ttbr0_el1", 0x0007_0000_4010_0000ul, 2L, 0x8000ul), (reading.Name(write.Register), write.Value, write.Header.Line, write.Pc));
    }

    [Fact]
    public void An_msr_waits_for_what_its_register_became_and_not_for_other_cpus()
    {
        var reading = Read(
            "1 clk cpu0 R X2 00000000000000ff\n2 clk cpu0 IT (2) 00008000 d51c1102 O EL2h_n : MSR HCR_EL2,x2\n2 clk cpu1 IT (2) 00009000 d5033fdf O EL1h_n : ISB\n"
            + "2 clk cpu0 R HCR_EL2 00000000000000f0\n3 clk cpu0 R X2 0000000000000001\n3 clk cpu0 IT (3) 00008004 d51c1102 O EL2h_n : MSR HCR_EL2,x2\n3 clk cpu0 R HCR_EL2 0000000000000000");
        Assert.Equal([(0xfful, 2L), (0ul, 6L)], reading.Events.OfType<SystemRegisterWrite>().Select(write => (write.Value, write.Header.Line)));
        Assert.Equal([2, 3, 6], reading.Events.Where(e => e is not MachineFact).Select(e => Generators.GeneratedTrace.HeaderOf(e).Line));
    }

    [Fact]
    public void A_host_at_el2_writes_its_own_registers_by_the_names_of_el1()
    {
        var reading = Read(
            "1 clk R HCR_EL2 0000000488000000\n1 clk R X2 0000000040100000\n2 clk IT (2) 00008000 d5182002 O EL2h_n : MSR TTBR0_EL1,x2\n2 clk R TTBR0_EL2 0000000040100000\n"
            + "3 clk IT (3) 00008004 d51d2002 O EL2h_n : MSR TTBR0_EL12,x2\n3 clk R TTBR0_EL1 0000000040100000\n4 clk R TTBR1_EL1 0000000040200000");
        Assert.Equal(["hcr_el2", "ttbr0_el2"], reading.Events.OfType<SystemRegisterWrite>().Select(write => reading.Name(write.Register)));
    }

    [Fact]
    public void Registers_of_secure_state_are_passed_over_once_there_is_another()
    {
        var reading = Read(
            "1 clk R X2 0000000040100000\n2 clk IT (2) 00008000 d5182002 O EL1h_s : MSR TTBR0_EL1,x2\n3 clk IT (3) 00008004 d503201f O EL1h_n : NOP\n"
            + "4 clk IT (4) 00008008 d5182022 O EL1h_s : MSR TTBR1_EL1,x2\n5 clk IT (5) 0000800c d5182022 O EL3h_s : MSR TTBR1_EL1,x2\n6 clk IT (6) 00008010 d503201f O EL1h_n : NOP");
        Assert.Equal("ttbr0_el1", reading.Name(Assert.Single(reading.Events.OfType<SystemRegisterWrite>()).Register));
        Assert.Equal(2, Assert.Single(reading.Session.Skipped.All).Count);
    }

    [Theory]
    [InlineData("5 clk cpu0 MW8 ffff000040103028:000040103028_NS 00600000_48000f43")]
    [InlineData("5 clk cpu0 MW8X ffff000040103028:000040103028 0060000048000f43")]
    [InlineData("5 clk cpu0 W08 X ffff000040103028:000040103028 0060000048000f43")]
    [InlineData("5 clk cpu0 MW16 ffff000040103020:000040103020 0060000048000f430000000000000000")]
    [InlineData("5 clk cpu0 MW4 000040103028:000040103028 48000f43\n5 clk cpu0 MW4 00004010302c:00004010302c 00600000")]
    [InlineData("                    ST 0000000040103020 00600000 48000f43 ........ ........    S:0040103020    NM ISH")]
    [InlineData("                    ST 0000000040103030 ........ ........ 00000000 00000001    S:0040103030    NM ISH\n                       0000000040103020 00600000 48000f43 ........ ........    S:0040103020    NM ISH")]
    public void What_is_stored_before_its_page_is_a_table_is_told_when_it_is_linked(string store)
    {
        var reading = Read(Link(store) + Machine);
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(
            [(0x4010_0000ul, 0), (0x4010_1000, 1), (0x4010_2000, 2), (0x4010_3000, 3)],
            reading.Events.OfType<TableKnown>().Select(table => (table.Base, table.Level)));
        var entry = Assert.Single(reading.Events.OfType<DescriptorValueKnown>(), entry => entry.Pa == 0x4010_3028);
        Assert.Equal((0x0060_0000_4800_0f43ul, DescriptorSource.Initial, 3), (entry.Value, entry.Source, entry.Level));
        Assert.Empty(reading.Events.OfType<PageTableWrite>());
    }

    [Fact]
    public void A_store_to_a_table_is_one_and_one_to_other_memory_is_none()
    {
        var reading = Read(
            Link("5 clk cpu0 MW8 40103028:000040103028 0060000048000f43") + Machine
            + "6 clk cpu0 IT (6) 00009000 f9000001 O EL1h_n : STR x1,[x0]\n6 clk cpu0 MW8 40103028:000040103028 0060000049000f43\n6 clk cpu0 MW8 48000000:000048000000 1\n"
            + "7 clk cpu0 IT (7) 00009004 b9000001 O EL1h_n : STR w1,[x0]\n7 clk cpu0 MW4 4010302c:00004010302c 00000000\n");
        var writes = reading.Events.OfType<PageTableWrite>().ToList();
        Assert.Equal((0x4010_3028ul, 0x0060_0000_4800_0f43ul, 0x0060_0000_4900_0f43ul, 3, 8), (writes[0].Pa, writes[0].Old, writes[0].New, writes[0].Level, writes[0].SizeBytes));
        Assert.Equal((0x4010_3028ul, 0x4900_0f43ul, 4), (writes[1].Pa, writes[1].New, writes[1].SizeBytes));
        Assert.Equal(("str", 0x9000ul), (reading.Name(writes[0].How), writes[0].Pc));
        Assert.Equal(2, writes.Count);
    }

    [Fact]
    public void A_table_that_nothing_points_to_any_more_is_an_orphan_and_then_another_page()
    {
        var reading = Read(
            Link("5 clk cpu0 MW8 40103028:000040103028 0060000048000f43") + Machine
            + "6 clk cpu0 MW8 40102010:000040102010 0000000000000000\n7 clk cpu0 MW8 40103028:000040103028 0000000000000000\n8 clk cpu0 MW4 40103100:000040103100 00000001\n9 clk cpu0 MW8 40103108:000040103108 0000000000000001\n");
        Assert.Equal([false, true], reading.Events.OfType<TableGone>().Select(gone => gone.IsFree));
        Assert.Equal([0x4010_2010ul, 0x4010_3028ul], reading.Events.OfType<PageTableWrite>().Select(write => write.Pa));
    }

    [Theory]
    [InlineData("6 clk cpu0 MR8 40103028:000040103028 0060000048000f43\n7 clk cpu0 MR8 40103028:000040103028 0060000049000f43\n8 clk cpu0 MR8 40103030:000040103030 0060000048001f43\n")]
    [InlineData("                    LD 0000000040103020 00600000 48000f43 ........ ........    S:0040103020    NM ISH\n                    LD 0000000040103030 ........ ........ 00600000 48001f43    S:0040103030    NM ISH\n")]
    public void A_load_tells_what_hardware_set_and_what_nothing_told(string loads)
    {
        var reading = Read(Link("5 clk cpu0 MW8 40103028:000040103028 0060000048000b43") + Machine + loads);
        var known = reading.Events.OfType<DescriptorValueKnown>().Where(known => known.Header.Line > 8).ToList();
        Assert.Equal([(0x4010_3028ul, DescriptorSource.Hardware), (0x4010_3030, DescriptorSource.Initial)], known.Select(known => (known.Pa, known.Source)));
    }

    [Theory]
    [InlineData("5 clk cpu0 MW8 40103028 0060000048000f43", "address-not-traced")]
    [InlineData("5 clk cpu0 IT (1) 00009000 d50b7420 O EL1h_n : DC ZVA,x0\n6 clk cpu0 IT (2) 00009004 d503201f O EL1h_n : NOP", "store-not-traced")]
    [InlineData("                    ST 0000000040103020 00600000 48000f## ........ ........    S:0040103020    NM ISH", "store-not-traced")]
    [InlineData("5 clk cpu0 R TTBR0_EL1 0007000040100000", "tables-not-followed")]
    [InlineData("5 clk cpu0 MW8 40103028:000040103028 00600000480", "")]
    [InlineData("5 clk cpu0 MW4 40103028:000040103028 123456789", "malformed-line")]
    [InlineData("5 clk cpu0 IT (1) 00009000", "malformed-line")]
    [InlineData("5 clk cpu0 IT (1 00009000 d503201f O EL1h_n : NOP", "malformed-line")]
    [InlineData("5 clk cpu0 TLB FILL x 4K 0x1000 EL1_n vmid=0", "malformed-line")]
    [InlineData("5 tic ES  (00008000 d503201f) O el1h_ns: NOP", "malformed-line")]
    [InlineData("                    ST 0000000040103020 00600000 48000f43", "malformed-line")]
    [InlineData("\u0001\u0002", "malformed-line")]
    [InlineData("5 clk cpu0 MR4 dfdfdfcf (ABORTED)", "")]
    [InlineData("4541 clk CADI E simulation_stopped", "")]
    [InlineData("1359962 ns MCW4___R (01000330:000000f3) TRANSFER 00000300", "")]
    [InlineData("3039 cyc MNW4___D 2002fa00 efbeefbe", "")]
    [InlineData("Tarmac Text Rev 3t", "")]
    [InlineData("5 clk cpu0 MWx 40103028:000040103028 0060000048000f43", "unknown-record")]
    [InlineData("5 clk cpu0 MWx 40103028:000040103028 0060000048000f43\n6 clk cpu0 MWx 40103030:000040103030 0", "unknown-record")]
    [InlineData("5 clk cpu0 ITX (1) 00009000 d503201f O EL1h_n : NOP", "unknown-record")]
    [InlineData("                    STX 0000000040103020 00600000", "unknown-record")]
    [InlineData("5 clk cpu0 RW8 40103028 0", "unknown-record")]
    [InlineData("5 clk cpu0 Reset", "")]
    [InlineData("5 clk cpu0 IT (1) 00009000 f9000001 O EL1h_n : STR x1,[x0]", "no-store-traced")]
    [InlineData("5 clk cpu0 IT (1) 00009000 a9be7bfd O EL1h_n : STP x29,x30,[sp,#-0x20]!", "no-store-traced")]
    [InlineData("5 clk cpu0 IT (1) 00009000 f9400001 O EL1h_n : LDR x1,[x0]", "")]
    [InlineData("5 clk cpu0 IT (1) 00009000 a8c27bfd O EL1h_n : LDP x29,x30,[sp],#0x20", "")]
    [InlineData("5 clk cpu0 IT (1) 00009000 f9000001 O EL1h_n : STR x1,[x0]\n5 clk cpu0 MW8 40103028:000040103028 0060000048000f43", "")]
    public void What_cannot_be_used_is_told_with_its_line(string lines, string problem)
    {
        var reading = Read("1 clk cpu0 IT (1) 00008ffc d503201f O EL1h_n : NOP\n" + lines);
        Assert.Equal(problem.Length == 0 ? [] : [problem], reading.Problems.Kept.Select(kept => kept.Kind.Name));
        Assert.All(reading.Problems.Kept, kept => Assert.InRange(kept.Line, 2, 3));
    }

    [Fact]
    public void An_unknown_kind_has_a_row_and_each_record_of_it_is_counted()
    {
        var reading = Read("5 clk cpu0 MWx 1000:1000 0\n6 clk cpu0 ITX (1) 0\n7 clk cpu0 MWx 1008:1008 0\n8 clk cpu0 MNW4___D 1000 0");
        Assert.Equal([1L, 2], reading.Problems.Kept.Select(kept => kept.Line));
        Assert.Equal(3, reading.Problems.Count(ImportProblems.UnknownRecord));
        Assert.StartsWith("MWx: expected IT", reading.Problems.Kept[0].Detail, StringComparison.Ordinal);
        Assert.Equal(["ITX", "MNW4___D", "MWx"], reading.Session.Skipped.All.Select(skipped => skipped.Event).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("TLB FILL cpu0.itlb 4K 0xffff800010000000_NS EL1_n vmid=3, nG asid=7:0x48000000_NS Normal", 0xffff_8000_1000_0000, 0x1000, 1, false)]
    [InlineData("WALKCACHE FILL cpu0.wc 0x200000 0xffff800010000000 EL2_n:0x48000000", 0xffff_8000_1000_0000, 0x20_0000, 2, true)]
    [InlineData("TLB EVICT cpu0.itlb 2M 0x40000000_NS EL1_n vmid=3", 0x4000_0000, 0x20_0000, 1, false)]
    public void Entries_of_tlbs_are_read(string text, ulong va, ulong size, int level, bool isWalkCache)
    {
        var entry = Assert.IsType<TlbEntry>(Assert.Single(Read("5 clk cluster0.cpu1 " + text).Events));
        Assert.Equal((va, size, level, isWalkCache), (entry.Va, entry.SizeBytes, entry.ExceptionLevel, entry.IsWalkCache));
        Assert.Equal(text.Contains("EVICT", StringComparison.Ordinal) ? null : 0x4800_0000ul, entry.Pa);
        Assert.Equal(text.Contains("asid", StringComparison.Ordinal) ? (ushort?)7 : null, entry.Asid);
    }

    [Fact]
    public void Cpus_have_the_number_of_their_name_or_the_next_that_is_free()
    {
        var reading = Read(string.Concat(((string[])["cluster0.cpu0", "cluster0.cpu1", "cluster1.cpu0", "cluster1.cpu3"])
            .Select(cpu => $"1 clk {cpu} IT (1) 00008000 d5033fdf O EL1h_n : ISB\n")));
        Assert.Equal([0, 1, 2, 3], reading.Events.OfType<BarrierInstruction>().Select(barrier => barrier.Header.Cpu));
    }

    [Fact]
    public void Registers_memory_and_tables_go_on_in_the_next_piece()
    {
        var lines = File.ReadAllLines(new TraceFile("tarmac/fast_models_bug.tarmac").FullName);
        using var folder = new TemporaryFolder();
        string[] pieces = [folder["1"], folder["2"], folder["3"]];
        File.WriteAllLines(pieces[0], lines[..40]);
        File.WriteAllLines(pieces[1], lines[40..95]);
        File.WriteAllLines(pieces[2], lines[95..]);
        var whole = Reading.Of(Encoding.UTF8.GetBytes(string.Join('\n', lines)), "tarmac");
        var sink = new RecordingSink();
        var session = new ReadSession(sink, new NameTable(), new ImportProblems());
        foreach (var piece in pieces)
        {
            TraceSource.Read(piece, session);
        }

        Assert.Empty(session.Problems.Kept);
        Assert.Equal(whole.Events.Select(e => e.GetType()), sink.Events.Select(e => e.GetType()));
        Assert.Equal(
            whole.Events.OfType<PageTableWrite>().Select(write => (write.Pa, write.New, write.Old)),
            sink.Events.OfType<PageTableWrite>().Select(write => (write.Pa, write.New, write.Old)));
    }

    [Fact]
    public void Names_of_cpus_past_the_limit_are_damage()
    {
        var reading = Read(string.Concat(Enumerable.Range(0, 1030).Select(cpu => $"1 clk cpu{cpu * 7} IT (1) 00008000 d5033fdf O EL1h_n : ISB\n")) + "1 clk cpu7 IT (1) 00008000 d5033fdf O EL1h_n : ISB");
        Assert.Equal(1025, reading.Events.OfType<BarrierInstruction>().Count());
        Assert.Equal(6, reading.Problems.Count(ImportProblems.MalformedLine));
    }

    [Fact]
    public void A_page_that_serves_otherwise_after_its_pointer_was_invalidated_is_no_table()
    {
        // Data that looks like descriptors, the page over and over.
        var data = string.Concat(Enumerable.Range(0, 1500).Select(i => $"9 clk cpu0 MW8 40103{i % 512 * 8:x3}:000040103{i % 512 * 8:x3} {0x0060_0000_5000_0f43 + ((ulong)i << 12):x16}\n"));
        var reading = Read(
            Link("5 clk cpu0 MW8 40103028:000040103028 0060000048000f43") + Machine + "6 clk cpu0 MW8 40102010:000040102010 0000000000000000\n" + data);
        Assert.Equal(513, reading.Events.OfType<PageTableWrite>().Count());
        Assert.Equal([false, true], reading.Events.OfType<TableGone>().Select(gone => gone.IsFree));
    }

    [Fact]
    public void Memory_past_the_limit_is_not_kept_and_that_is_told_once()
    {
        var text = string.Concat(Enumerable.Range(0, 40).Select(page => $"{page} clk cpu0 MW8 {page:x5}000:{page:x5}000 0000000000000000\n"));
        var problems = new ImportProblems();
        var session = new ReadSession(new RecordingSink(), new NameTable(), problems);
        new TarmacTextParser(new MemoryStream(Encoding.UTF8.GetBytes(text)), session, new TarmacState(session, maxPages: 30)).Run();
        Assert.Equal((ImportProblems.MemoryNotKept, 31L), (Assert.Single(problems.Kept).Kind, problems.Kept[0].Line));
        Assert.Equal(10, problems.Count(ImportProblems.MemoryNotKept));
    }

    [Fact]
    public void The_format_is_told_from_the_content()
    {
        foreach (var file in TraceFile.Below("tarmac", "*.tarmac"))
        {
            Assert.Equal("tarmac", TraceReaders.Detect(File.ReadAllBytes(file.FullName))?.Name);
        }

        Assert.Null(TraceReaders.Detect("1 clk of something else\n5 R\nplain text"u8));
    }

    [Fact]
    public void Mutated_traces_never_throw()
    {
        var texts = TraceFile.Below("tarmac", "*.tarmac").Select(trace => File.ReadAllBytes(trace.FullName)).ToList();
        var random = new Random(7);
        for (var round = 0; round < 600; round++)
        {
            var bytes = Mutation.Of(texts[random.Next(texts.Count)], random);
            var reading = Reading.Of(bytes, "tarmac");
            Assert.Equal(reading.Events.Count, reading.Session.NextSeq - 1);
            Assert.Equal(reading.Events.Select(e => Generators.GeneratedTrace.HeaderOf(e).Line).Order(), reading.Events.Select(e => Generators.GeneratedTrace.HeaderOf(e).Line));
        }
    }

    private static string Link(string store) =>
        "1 clk cpu0 IT (1) 00008000 f9000001 O EL1h_n : STR x1,[x0]\n2 clk cpu0 MW8 40100000:000040100000 0000000040101003\n"
        + "3 clk cpu0 MW8 40101000:000040101000 0000000040102003\n4 clk cpu0 MW8 40102010:000040102010 0000000040103003\n" + store + "\n";

    private static Reading Read(string text) => Reading.Of(Encoding.UTF8.GetBytes(text.Trim('\n') + "\n"), "tarmac");
}
