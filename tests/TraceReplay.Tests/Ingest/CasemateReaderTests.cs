using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Ingest;

/// <summary>Each form that casemate's logs have taken gives the same events.</summary>
public sealed class CasemateReaderTests
{
    // What casemate takes for granted is told first.
    private const int Facts = 6;

    [Theory]
    [InlineData("(mem-write (id 5) (tid 1) (mem-order plain) (address 0x41000008) (value 0x41001003) (src \"a.c:7\"))")]
    [InlineData("(mem-write (id 5) (thread 1) (mem-order plain) (address 41000008) (value 41001003) (src \"a.c:7\"))")]
    [InlineData("(mem-write (id 5) (tid 1) (address 41000008) (value 41001003) (src \"a.c:7\"))")]
    [InlineData("(mem-write 5 1 \"a.c:7\" plain 41000008 41001003)")]
    [InlineData("(mem-write\n  (id 5)\n  (tid 1)\n  (mem-order plain)\n  (address 0x41000008)\n  (value 0x41001003)\n  (src \"a.c:7\"))")]
    public void Store_is_read_in_every_form(string record)
    {
        var write = Assert.IsType<PageTableWrite>(Single(record, out var names));
        Assert.Equal((0x41000008ul, 0x41001003ul, 1, 5L), (write.Pa, write.New, write.Header.Cpu, write.Header.Time));
        Assert.Equal("a.c:7", names.Name(write.How));
        Assert.Null(write.Level);
    }

    [Fact]
    public void Release_and_a_numbered_place_are_told()
    {
        var write = Assert.IsType<PageTableWrite>(Single("(mem-write (id 5) (tid 0) (mem-order release) (address 8) (value 1) (src 42))", out var names));
        Assert.Equal("release:42", names.Name(write.How));
    }

    [Theory]
    [InlineData("(pgt-set (id 7) (tid 2) (where 0x41000008) (what 41001003) (src \"a.c:7\"))", "where", "what")]
    [InlineData("(pgt-set 7 2 \"a.c:7\" 0x41000008 41001003)", "arg1", "arg2")]
    [InlineData("(pgt-set (thread 2) (id 7) 0x41000008 (what 41001003))", "arg1", "what")]
    public void Record_of_another_name_is_what_a_mapping_says(string record, string where, string what)
    {
        var mapping = Mapping.Mappings.Of($$"""
            { "events": [ { "event": "pgt-set", "hex": ["{{what}}"], "emit": { "event": "pgtable_write", "pa": "{{where}}", "new": "{{what}}", "how": "ours" } } ] }
            """);
        var reading = Reading.Of(Encoding.UTF8.GetBytes("(barrier (id 1) (tid 0) isb)\n" + record + "\n(other (id 8) (tid 0))\n(pgt-set)\n"), mapping);
        var write = reading.Events.OfType<PageTableWrite>().Single();
        Assert.Equal((0x41000008ul, 0x41001003ul, 2, 7L), (write.Pa, write.New, write.Header.Cpu, write.Header.Time));
        Assert.Equal(["other", "pgt-set"], reading.Session.Skipped.All.Select(skipped => skipped.Event));
        Assert.Empty(reading.Problems.Kept);
        Assert.Empty(Reading.Of(Encoding.UTF8.GetBytes("(barrier (id 1) (tid 0) isb)\n" + record)).Events.OfType<PageTableWrite>());
    }

    [Theory]
    [InlineData("(tlbi (id 1) (tid 0) vae2is (value 0x500000000123) (src \"f:a.c:7\"))", "vae2is", 0x5000_0000_0123ul)]
    [InlineData("(tlbi (id 1) (tid 0) vae2is (value 123))", "vae2is", 0x123ul)]
    [InlineData("(tlbi (id 1) (tid 0) ipas2e1is (addr 0x123) (level 0x3))", "ipas2e1is", 0x3000_0000_0123ul)]
    [InlineData("(tlbi (id 1) (tid 0) vmalls12e1is (src \"a.c:7\"))", "vmalls12e1is", 0ul)]
    [InlineData("(tlbi 1 0 \"a.c:7\" IPAS2E1IS 123)", "ipas2e1is", 0x123ul)]
    public void Tlbi_is_read_in_every_form(string record, string operation, ulong operand)
    {
        var tlbi = Assert.IsType<TlbiInstruction>(Single(record, out var names));
        Assert.Equal((operation, operand), (names.Name(tlbi.Operation), tlbi.Operand));
    }

    [Theory]
    [InlineData("(barrier (id 9) (tid 0) dsb (kind ishst))", "dsb ishst")]
    [InlineData("(barrier (id 9) (tid 0) dsb (kind sy) (src \"a.c:7\"))", "dsb sy")]
    [InlineData("(barrier (id 9) (tid 0) isb)", "isb")]
    [InlineData("(barrier 9 0 \"a.c:7\" DSB ISH)", "dsb ish")]
    [InlineData("(barrier 9 0 \"a.c:7\" ISB)", "isb")]
    public void Barrier_is_read_in_every_form(string record, string kind) =>
        Assert.Equal(kind, Names(record, e => Assert.IsType<BarrierInstruction>(e).Kind));

    [Theory]
    [InlineData("(sysreg-write (id 6) (tid 0) (sysreg vttbr_el2) (value 0x1000041000000))", "vttbr_el2", 0x1_0000_4100_0000ul)]
    [InlineData("(msr (id 6) (tid 0) (sysreg ttbr0_el2) (value 41000000))", "ttbr0_el2", 0x4100_0000ul)]
    [InlineData("(msr 3 1 \"a.c:7\" TTBR_EL2 93)", "ttbr0_el2", 0x93ul)]
    [InlineData("(sysreg-write (id 0) (tid 0) (sysreg vtcr_el2) (value 10))", "vtcr_el2", 0x90ul)]
    [InlineData("(sysreg-write (id 0) (tid 0) (sysreg vtcr_el2) (value 80023558))", "vtcr_el2", 0x8002_3558ul)]
    public void Register_is_read_in_every_form(string record, string register, ulong value)
    {
        var write = Assert.IsType<SystemRegisterWrite>(Single(record, out var names));
        Assert.Equal((register, value), (names.Name(write.Register), write.Value));
    }

    [Fact]
    public void Page_filled_with_zero_is_one_store_and_with_another_byte_one_for_each_descriptor()
    {
        var zero = Assert.IsType<PageTableWrite>(Single("(mem-set (id 1) (tid 0) (address 41000000) (size 1000) (value 0))", out _));
        Assert.Equal((0ul, 4096), (zero.New, zero.SizeBytes));
        var events = Read("(mem-set (id 1) (tid 0) (address 41000000) (size 1000) (value ab))\n").Events.Skip(Facts).Cast<PageTableWrite>().ToList();
        Assert.Equal(512, events.Count);
        Assert.All(events, write => Assert.Equal((0xabab_abab_abab_ababul, 8), (write.New, write.SizeBytes)));
        Assert.Equal(0x4100_0ff8ul, events[^1].Pa);
    }

    [Fact]
    public void Page_given_back_is_no_table_any_more()
    {
        foreach (var record in (string[])["(mem-free (id 1) (tid 0) (address 41000000) (size 2000))\n", "(hint (id 1) (tid 0) (kind release_table) (location 41000000) (value 0))\n"])
        {
            var events = Read(record).Events.Skip(Facts).ToList();
            var pages = record.StartsWith("(mem-free", StringComparison.Ordinal) ? 2 : 1;
            Assert.Equal(pages, events.OfType<PageAllocation>().Count(page => page.IsFree));
            Assert.Equal(pages, events.OfType<TableGone>().Count(table => table.IsFree));
            Assert.Equal(0x41000ul, events.OfType<PageAllocation>().First().FrameNumber);
        }
    }

    [Fact]
    public void Verdict_of_casemate_is_a_marker_and_its_state_is_skipped()
    {
        var reading = Read("(barrier (id 9) (tid 0) isb)\nmem:\n    -*[ 0x41000000]= 3\n! BBM valid->valid\n; a comment\n");
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal("! BBM valid->valid", reading.Names.Name(Assert.IsType<Marker>(reading.Events[^1]).Text));
        Assert.Equal("(state print)", Assert.Single(reading.Session.Skipped.All).Event);
    }

    [Theory]
    [InlineData("(mem-write (id 5) (tid 0) (address 0xzz) (value 1))", "malformed-value")]
    [InlineData("(mem-write (id 5) (tid 0) (address 8))", "malformed-value")]
    [InlineData("(mem-write (tid 0) (id) (address 8) (value 1))", "malformed-line")]
    [InlineData("(barrier (id 9) (tid 0) dsb (kind what))", "unknown-barrier")]
    [InlineData("(mem-init (id 1) (tid 0) (address 0) (size ffffffffffffffff))", "malformed-value")]
    [InlineData("(mem-write (id 5) (tid 0) (address 8) (value 1)", "malformed-line")]
    public void What_cannot_be_read_is_a_problem(string record, string kind)
    {
        var reading = Read($"{record}\n(barrier (id 10) (tid 0) isb)\n");
        Assert.Equal(kind, Assert.Single(reading.Problems.Kept).Kind.Name);
        Assert.IsType<BarrierInstruction>(reading.Events[^1]);
    }

    [Fact]
    public void Damaged_log_never_makes_it_throw_and_is_read_on()
    {
        var random = new Random(7);
        var logs = TraceFile.Below("casemate", "*.log").Select(log => File.ReadAllBytes(log.FullName)).ToList();
        for (var round = 0; round < 400; round++)
        {
            var bytes = logs[random.Next(logs.Count)].ToArray();
            for (var fault = random.Next(1, 6); fault > 0; fault--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)"()\" \n0xz"[random.Next(8)];
            }

            var whole = Encoding.UTF8.GetBytes("\n(barrier (id 999999) (tid 0) isb)\n");
            var reading = Reading.Of([.. bytes, .. whole], "casemate");
            Assert.Equal(999999, Assert.IsType<BarrierInstruction>(reading.Events[^1]).Header.Time);
        }
    }

    private static string Names(string record, Func<object, int> id)
    {
        var e = Single(record, out var names);
        return names.Name(id(e));
    }

    private static object Single(string record, out NameTable names)
    {
        var reading = Read(record + "\n");
        Assert.Empty(reading.Problems.Kept);
        names = reading.Names;
        return Assert.Single(reading.Events.Skip(Facts));
    }

    private static Reading Read(string text) => Reading.Of(Encoding.UTF8.GetBytes(text), "casemate");
}
