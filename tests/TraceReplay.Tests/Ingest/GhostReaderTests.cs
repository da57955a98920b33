using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class GhostReaderTests
{
    // What the model takes for granted is told first.
    private const int Facts = 5;

    [Theory]
    [InlineData("W 0x........eaa8edc8 0x.............400 at a/pgtable.c:968 in set", 0, 1)]
    [InlineData("[  162.100000] W 0x........eaa8edc8 0x.............400 at a/pgtable.c:968 in set", 0, 162_100_000_000)]
    [InlineData("***ID: 7; CPU: 2; W 0x........eaa8edc8 0x.............400 at a/pgtable.c:968 in set***", 2, 7)]
    [InlineData("\u001b[46;30;1mID: 7; CPU: 2; W 0xeaa8edc8 400 at a/pgtable.c:968 in set\u001b[0m", 2, 7)]
    public void Store_is_read_with_and_without_what_stands_around_it(string line, int cpu, long time)
    {
        var reading = Read(line);
        var write = Assert.IsType<PageTableWrite>(Assert.Single(reading.Events.Skip(Facts)));
        Assert.Equal((0xeaa8edc8ul, 0x400ul, cpu, time), (write.Pa, write.New, write.Header.Cpu, write.Header.Time));
        Assert.Equal("a/pgtable.c:968", reading.Name(write.How));
    }

    [Fact]
    public void Zero_is_all_dots_but_the_last_and_a_release_is_told()
    {
        var reading = Read("Wrel 0x........eabf9000 0x...............0 at a.c:1 in f");
        var write = Assert.IsType<PageTableWrite>(Assert.Single(reading.Events.Skip(Facts)));
        Assert.Equal((0ul, "release:a.c:1"), (write.New, reading.Name(write.How)));
    }

    [Theory]
    [InlineData("DSB_ishst at a.c:1 in f", "dsb ishst")]
    [InlineData("DSB_nsh at a.c:1 in f", "dsb nsh")]
    [InlineData("ISB at a.c:1 in f", "isb")]
    public void Barriers_are_read(string line, string kind)
    {
        var reading = Read(line);
        Assert.Equal(kind, reading.Name(Assert.IsType<BarrierInstruction>(Assert.Single(reading.Events.Skip(Facts))).Kind));
    }

    [Theory]
    [InlineData("TLBI_vmalls12e1is at a.c:1 in f", "vmalls12e1is", 0)]
    [InlineData("TLBI_ipas2e1is pfn=0x.............200 level=0x...............2 at a.c:1 in f", "ipas2e1is", 0x2000_0000_0200)]
    public void Tlbis_are_read(string line, string operation, ulong operand)
    {
        var reading = Read(line);
        var tlbi = Assert.IsType<TlbiInstruction>(Assert.Single(reading.Events.Skip(Facts)));
        Assert.Equal((operation, operand), (reading.Name(tlbi.Operation), tlbi.Operand));
    }

    [Theory]
    [InlineData("MSR SYSREG_VTTBR 0x...1000050000000 at a.c:1 in f", "vttbr_el2", 0x1_0000_5000_0000)]
    [InlineData("MSR SYSREG_TTBR_EL2 0x........50000000 at a.c:1 in f", "ttbr0_el2", 0x5000_0000)]
    public void Registers_are_read(string line, string register, ulong value)
    {
        var reading = Read(line);
        var write = Assert.IsType<SystemRegisterWrite>(Assert.Single(reading.Events.Skip(Facts)));
        Assert.Equal((register, value), (reading.Name(write.Register), write.Value));
    }

    [Fact]
    public void Cleared_pages_and_released_tables_are_told()
    {
        var events = Read("ZALLOC 0x50000000 size: 0x2000 at a.c:1 in f\nHINT GHOST_HINT_RELEASE_TABLE 0x50000000 at a.c:1 in f\nHINT GHOST_HINT_SET_ROOT_LOCK 0x1 0x2 at a.c:1 in f").Events.Skip(Facts).ToList();
        Assert.Equal([typeof(PageTableWrite), typeof(PageTableWrite), typeof(PageAllocation), typeof(TableGone)], events.Select(e => e.GetType()));
        Assert.Equal((0x5000_1000ul, 4096), (((PageTableWrite)events[1]).Pa, ((PageTableWrite)events[1]).SizeBytes));
    }

    [Fact]
    public void State_tells_what_a_store_replaced_and_at_which_level()
    {
        var events = Read(
            "W 0x1008 0x400 at a.c:1 in f\nmem:\n-    *[0x....1008]=0x.......1372007fd (pte_st:V      root:0x1000, range:0x200000-0x400000)\n"
            + "+    *[0x....1008]=0x.............400 (pte_st:IU n 0 root:0x1000, range:0x200000-0x400000)\n"
            + "     *[0x....1010]=0x.......1374007fd (pte_st:V      root:0x1000, range:0x400000-0x600000)\n"
            + "     *[0x....1010]=0x.......1374007fd (pte_st:V      root:0x1000, range:0x400000-0x600000)").Events.Skip(Facts).ToList();
        var write = Assert.IsType<PageTableWrite>(events[0]);
        Assert.Equal((0x1_3720_07fdul, 2, 1), (write.Old, write.Level, write.Header.Line));
        var known = Assert.IsType<DescriptorValueKnown>(events[1]);
        Assert.Equal((0x1010ul, 0x1_3740_07fdul, DescriptorSource.Initial), (known.Pa, known.Value, known.Source));
        Assert.Equal(2, events.Count);
    }

    [Fact]
    public void What_else_a_console_prints_is_counted_and_the_verdict_is_kept()
    {
        var reading = Read("[    0.000000] Booting Linux\nW 0x1008 0x400 at a.c:1 in f\n! BBM valid->valid\n****** TRAP (from  host) ****\n__pkvm_host_share_hyp");
        Assert.Equal("(console) 3", string.Join(", ", reading.Session.Skipped.All.Select(skipped => $"{skipped.Event} {skipped.Count}")));
        Assert.Equal("! BBM valid->valid", reading.Name(Assert.IsType<Marker>(reading.Events[^1]).Text));
        Assert.Empty(reading.Problems.Kept);
    }

    [Theory]
    [InlineData("W 0xzz 0x400 at a.c:1 in f", "address=0xzz")]
    [InlineData("W 0x1000 at a.c:1 in f", "value=")]
    [InlineData("MSR SYSREG_VTTBR 0x12345678123456781 at a.c:1 in f", "value=0x12345678123456781")]
    public void Damaged_numbers_are_problems(string line, string detail)
    {
        var problem = Read(line).Problem;
        Assert.Equal((ImportProblems.MalformedValue, 1L), (problem.Kind, problem.Line));
        Assert.StartsWith(detail, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("***ID: 19; CPU: 1; DSB_i", "malformed-line", 1)]
    [InlineData("***ID: 19; CPU: 1; DSB_ish", "malformed-line", 1)]
    [InlineData("***ID: 19; CPU: 1; Wrel 0x........50002008 0x........500", "malformed-line", 1)]
    [InlineData("***ID: 19; CPU: 1; DSBish at a.c:1 in f***", "malformed-line", 1)]
    [InlineData("ID: 19; CPU: 1; DSBish at a.c:1 in f", "malformed-line", 1)]
    [InlineData("init: ***ID: 19; CPU: 1; DSBish at a.c:1 in f***", "malformed-line", 1)]
    [InlineData("***ID: 20; CPU: 1; TLBIzz_vmalle1is at a.c:1 in f***", "malformed-line", 1)]
    [InlineData("***ID: 20; CPU: 1;", "malformed-line", 1)]
    [InlineData("***ID: 20; CP", "malformed-line", 1, 3)]
    [InlineData("***ID: 20; CPU: 1; DSB_i***ID: 21; CPU: 3; ISB at a.c:1 in f***", "malformed-line", 1, 3)]
    [InlineData("***DSB_ish at a.c:1 in f***", "malformed-line", 1, 3)]
    [InlineData("***DSBish at a.c:1 in f***", "malformed-line", 1, 3)]
    [InlineData("***ID: 18; CPU: 1; TLBI_ipas2e1is pfm=0x.............200 level=0x...............2 at a.c:1 in f***", "missing-key", 1)]
    [InlineData("***ID: 18; CPU: 1; TLBI_vae2is at a.c:1 in f***", "missing-key", 1)]
    [InlineData("***ID: 18; CPU: 1; TLBI_ipas2e1is pfn=0xg level=0x2 at a.c:1 in f***", "malformed-value", 1)]
    [InlineData("***ID: 18; CPU: 1; W 0x........50002008 at a.c:1 in f***", "malformed-value", 1)]
    public void A_damaged_step_is_a_problem_and_an_event_that_its_cpu_lost(string line, string problem, params int[] cpus)
    {
        var reading = Read("***ID: 1; CPU: 1; ISB at a.c:1 in f***\n***ID: 2; CPU: 3; ISB at a.c:1 in f***\n" + line);
        Assert.Equal((problem, 3L), (reading.Problem.Kind.Name, reading.Problem.Line));
        Assert.Equal(cpus, reading.Events.OfType<LostEvents>().Select(lost => lost.Header.Cpu));
        Assert.Equal(Facts + 2 + cpus.Length, reading.Events.Count);
    }

    [Theory]
    [InlineData("init: ***ID: 19; CPU: 1; DSB_ish at a.c:1 in f***")]
    [InlineData("[  162.100234] init: done ***ID: 19; CPU: 1; DSB_ish at a.c:1 in f***")]
    [InlineData("***ID: 19; CPU: 1; DSB_ish at a.c:1 in f***init")]
    public void What_another_writer_printed_around_a_whole_step_is_left_out(string line)
    {
        var reading = Read(line);
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(1, Assert.IsType<BarrierInstruction>(Assert.Single(reading.Events.Skip(Facts))).Header.Cpu);
    }

    [Theory]
    [InlineData("ID: of the board")]
    [InlineData("*** WARNING at boot ***")]
    [InlineData("WARNING: CPU: 0 PID: 1 at mm/mmu.c:12 in f")]
    public void Prose_of_a_console_is_no_damaged_step(string line)
    {
        var reading = Read("***ID: 1; CPU: 1; ISB at a.c:1 in f***\n" + line);
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal("(console)", Assert.Single(reading.Session.Skipped.All).Event);
    }

    [Fact]
    public void Mutated_lines_never_throw()
    {
        var text = Encoding.UTF8.GetBytes(File.ReadAllText(Path.Combine(Traces.TraceFile.Folder, "ghost", "bug_in_colour.log")));
        var random = new Random(6);
        for (var round = 0; round < 500; round++)
        {
            var bytes = Mutation.Of(text, random);
            var reading = Reading.Of(bytes, "pkvm-ghost");
            Assert.Equal(reading.Events.Count, reading.Session.NextSeq - 1);
        }
    }

    private static Reading Read(string text) => Reading.Of(Encoding.UTF8.GetBytes(text + "\n"), "pkvm-ghost");
}
