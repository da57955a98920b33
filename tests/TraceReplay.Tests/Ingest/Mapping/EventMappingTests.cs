using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;

namespace TraceReplay.Tests.Ingest.Mapping;

public sealed class EventMappingTests
{
    private const string Store = "\"event\": \"pgtable_write\", \"pa\": \"p\", \"new\": \"v\"";

    [Fact]
    public void Store_has_all_its_fields()
    {
        var mapping = Mappings.OfEvent(
            "\"event\": \"pgtable_write\", \"pa\": \"p\", \"new\": \"v\", \"old\": \"o\", \"level\": \"l\", \"va\": \"a\", \"size\": 16, \"how\": \"by_{who}\", \"pc\": \"ip\"");
        var reading = mapping.Read("e: p=0x1000 v=0x3 o=0x1 l=-1 a=0xffff000000001000 who=\"a b\" ip=0x40");
        var e = Assert.IsType<PageTableWrite>(reading.Event);
        Assert.Equal(new PageTableWrite(e.Header, 0x1000, 3, 1, -1, 0xffff000000001000, 16, reading.Names.Intern("by_a_b"), 0x40), e);
        Assert.Equal(new EventHeader(1, 1, 1_000_000_000, 0, reading.Names.InternTask("init", 1)), e.Header);
        Assert.Empty(reading.Problems.Kept);
    }

    [Theory]
    [InlineData("{ \"event\": \"tlbi\", \"op\": \"{o}is\", \"arg\": \"x\" }", "TlbiInstruction vae1is 5")]
    [InlineData("{ \"event\": \"barrier\", \"kind\": \"dsb {d}\" }", "BarrierInstruction dsb ish")]
    [InlineData("{ \"event\": \"sysreg_write\", \"reg\": \"ttbr0_el1\", \"val\": \"x\" }", "SystemRegisterWrite ttbr0_el1 5")]
    [InlineData("{ \"event\": \"print\", \"text\": \"{o} of {d}\" }", "Marker vae1 of ish")]
    [InlineData("{ \"event\": \"sched_switch\", \"next_pid\": \"x\", \"prev_pid\": 3 }", "ContextSwitch 3 5")]
    [InlineData("{ \"event\": \"mm_page_free\", \"pfn\": \"x\", \"order\": 2 }", "PageAllocation 5 2")]
    [InlineData("{ \"event\": \"pgtable_meta\", \"granule\": \"4k\" }", "MachineFact granule 4k")]
    [InlineData("{ \"event\": \"pgtable_table\", \"base\": \"x << 12\", \"level\": 0, \"root\": 1, \"granule\": \"16k\" }", "TableKnown 20480 0 1 16384")]
    [InlineData("{ \"event\": \"pgtable_free\", \"base\": \"x << 12\", \"why\": \"{o}\" }", "TableGone True 20480 vae1")]
    [InlineData("{ \"event\": \"pgtable_orphan\", \"base\": \"x << 12\" }", "TableGone False 20480 ")]
    [InlineData("{ \"event\": \"pgtable_entry\", \"pa\": \"x << 12\", \"val\": 1 }", "DescriptorValueKnown Initial 20480 1")]
    [InlineData("{ \"event\": \"pgtable_hw_update\", \"pa\": \"x << 12\", \"new\": 1 }", "DescriptorValueKnown Hardware 20480 1")]
    [InlineData("{ \"event\": \"pgtable_final\", \"pa\": \"x << 12\", \"val\": 1 }", "DescriptorValueKnown Final 20480 1")]
    [InlineData("{ \"event\": \"mm_page_alloc\", \"pfn\": \"x\", \"order\": 0 }", "PageAllocation 5 0")]
    public void Every_event_of_the_vocabulary_can_be_made(string emit, string expected)
    {
        var reading = Mappings.Of($$"""{ "events": [ { "event": "e", "emit": {{emit}} } ] }""").Read("e: o=vae1 x=5 d=ish");
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(expected, reading.Event switch
        {
            TlbiInstruction e => $"TlbiInstruction {reading.Name(e.Operation)} {e.Operand}",
            BarrierInstruction e => $"BarrierInstruction {reading.Name(e.Kind)}",
            SystemRegisterWrite e => $"SystemRegisterWrite {reading.Name(e.Register)} {e.Value}",
            Marker e => $"Marker {reading.Name(e.Text)}",
            ContextSwitch e => $"ContextSwitch {e.PreviousPid} {e.NextPid}",
            PageAllocation e => $"PageAllocation {e.FrameNumber} {e.Order}",
            MachineFact e => $"MachineFact {reading.Name(e.Key)} {reading.Name(e.Value)}",
            TableKnown e => $"TableKnown {e.Base} {e.Level} {e.Root} {e.GranuleBytes}",
            TableGone e => $"TableGone {e.IsFree} {e.Base} {reading.Name(e.Why)}",
            DescriptorValueKnown e => $"DescriptorValueKnown {e.Source} {e.Pa} {e.Value}",
            var other => other.ToString(),
        });
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    [InlineData(5, -1)]
    public void Levels_of_x86_count_from_the_leaf(int x86, int arm)
    {
        var mapping = Mappings.OfEvent(Store + ", \"level\": \"level\"", "\"levels\": \"x86\",");
        Assert.Equal(arm, Assert.IsType<PageTableWrite>(mapping.Read($"e: p=0 v=0 level={x86}").Event).Level);
    }

    [Fact]
    public void One_event_becomes_sixteen_stores()
    {
        var mapping = Mappings.OfEvent("\"event\": \"pgtable_write\", \"repeat\": \"nr\", \"pa\": \"p + 8 * i\", \"new\": \"v + (i << 12)\"");
        var stores = mapping.Read("e: p=0x1000 v=0x3 nr=16").Events.Cast<PageTableWrite>().ToList();
        Assert.Equal(Enumerable.Range(0, 16).Select(i => (0x1000ul + (8 * (ulong)i), 3ul + ((ulong)i << 12))), stores.Select(e => (e.Pa, e.New)));
        Assert.Equal(Enumerable.Range(1, 16).Select(i => (long)i), stores.Select(e => e.Header.Seq));
        Assert.All(stores, e => Assert.Equal(1, e.Header.Line));
    }

    [Fact]
    public void One_event_becomes_a_dsb_a_tlbi_and_a_dsb()
    {
        var mapping = Mappings.Of("""
            { "events": [ { "event": "flush", "emit": [
                { "event": "barrier", "kind": "dsb ishst" },
                { "event": "tlbi", "when": "n <= 2", "repeat": "n", "op": "vae1is", "arg": "va + i" },
                { "event": "tlbi", "when": "n > 2", "op": "vmalle1is" },
                { "event": "barrier", "kind": "dsb ish" } ] } ] }
            """);
        Assert.Equal(["BarrierInstruction", "TlbiInstruction", "TlbiInstruction", "BarrierInstruction"], Kinds(mapping.Read("flush: n=2 va=7")));
        Assert.Equal(["BarrierInstruction", "TlbiInstruction", "BarrierInstruction"], Kinds(mapping.Read("flush: n=3 va=7")));
        Assert.Equal(["BarrierInstruction", "BarrierInstruction"], Kinds(mapping.Read("flush: n=0 va=7")));
    }

    [Theory]
    [InlineData("as id 0 gfn 1f level 1 old 0 new ffff800000000003")]
    [InlineData("as id 0 gfn 0x1f   level 1 old 0x0 new 0xffff800000000003 and more")]
    [InlineData("as  id 0 gfn 0000001F level 1 old (null) new FFFF800000000003")]
    public void Text_is_matched_by_a_template(string text)
    {
        var mapping = Mappings.OfEvent(
            "\"event\": \"pgtable_write\", \"pa\": \"gfn << 12\", \"old\": \"o\", \"new\": \"n\"",
            "\"text\": \"as id {_} gfn {gfn:x} level {l} old {o:x} new {n:x}\",");
        var e = Assert.IsType<PageTableWrite>(mapping.Read($"e: {text}").Event);
        Assert.Equal((0x1f000ul, 0ul, 0xffff800000000003ul), (e.Pa, e.Old, e.New));
    }

    [Theory]
    [InlineData("set_pte: my store ffff = 3")]
    [InlineData("bprint: set_pte: my store ffff = 3")]
    [InlineData("print: my store ffff = 3")]
    [InlineData("print: tracing_mark_write: my store ffff = 3")]
    [InlineData("tracing_mark_write: my store ffff = 3")]
    [InlineData("set_pte [kvm]: my store ffff = 3")]
    [InlineData("bpf_trace_printk: my store ffff = 3")]
    public void Print_is_known_by_its_text_whoever_printed_it(string line)
    {
        var mapping = Mappings.Of("""{ "events": [ { "event": "trace_printk", "text": "my store {p:x} = {v}", "emit": { "event": "pgtable_write", "pa": "p + 1", "new": "v" } } ] }""");
        Assert.Equal(0x10000ul, Assert.IsType<PageTableWrite>(mapping.Read(line).Event).Pa);
    }

    [Theory]
    [InlineData("e: p=8 v=3")]
    [InlineData("bprint: e: p=8 v=3")]
    [InlineData("func: e: p=8 v=3")]
    [InlineData("bprint: func: e: p=8 v=3")]
    public void Event_named_in_a_print_is_that_event(string line) =>
        Assert.IsType<PageTableWrite>(Mappings.OfEvent(Store).Read(line).Event);

    [Fact]
    public void Other_prints_are_markers_and_the_vocabulary_is_as_it_was()
    {
        var mapping = Mappings.Of("""{ "events": [ { "text": "my store {p}", "emit": [] } ] }""");
        Assert.IsType<Marker>(mapping.Read("tracing_mark_write: my stored thing").Event);
        Assert.IsType<BarrierInstruction>(mapping.Read("barrier: isb").Event);
        Assert.IsType<PageTableWrite>(mapping.Read("bprint: f: pgtable_write: pa=8 new=0").Event);
        Assert.Equal("other", Assert.Single(mapping.Read("other: x=1").Session.Skipped.All).Event);
        Assert.Equal("f", Assert.Single(mapping.Read("f: my store 5").Session.Skipped.All).Event);
    }

    [Fact]
    public void Event_may_print_a_second_line()
    {
        // As kvm_set_spte_hva of some kernels did.
        const string text = "a-1 [000] 1.5: kvm_set_spte_hva: mmu notifier set pte hva: ffff8000, pte: 0x8003\n     notifier seq #2, count 1\n"
            + "a-1 [000] 1.6: other: x\n\tand more\na-1 [000] 1.7: barrier: isb\n  cut off\n";
        var mapping = Mappings.Of("""
            { "events": [ { "event": "kvm_set_spte_hva", "text": "mmu notifier set pte hva: {hva:x}, pte: {pte}",
              "emit": { "event": "pgtable_write", "pa": "hva", "new": "pte" } } ] }
            """);
        var reading = Reading.Of(text, mapping);
        Assert.Equal(0x8003ul, Assert.IsType<PageTableWrite>(reading.Events[0]).New);
        Assert.Equal([("(more lines)", 2L), ("other", 1L)], reading.Session.Skipped.All.Select(skipped => (skipped.Event, skipped.Count)));
        Assert.Equal((6L, "malformed-line"), (reading.Problem.Line, reading.Problem.Kind.Name));
    }

    [Fact]
    public void Event_of_the_vocabulary_can_be_mapped()
    {
        var mapping = Mappings.Of("""{ "events": [ { "event": "pgtrace:pgtable_write", "hex": ["at"], "emit": { "event": "pgtable_write", "pa": "at", "new": "new" } } ] }""");
        Assert.Equal(0x100ul, Assert.IsType<PageTableWrite>(mapping.Read("pgtable_write: at=100 new=0x3").Event).Pa);
    }

    [Fact]
    public void First_rule_that_fits_takes_the_event()
    {
        var mapping = Mappings.Of("""
            { "events": [
                { "event": "e", "when": "kind == 'a'", "emit": { "event": "print", "text": "first" } },
                { "event": ["x", "e"], "when": "kind == 'b'", "emit": { "event": "print", "text": "second" } } ] }
            """);
        Assert.Equal("first", Text(mapping.Read("e: kind=a")));
        Assert.Equal("second", Text(mapping.Read("e: kind=b")));
        Assert.Equal("second", Text(mapping.Read("x: kind=b")));
        Assert.Equal(new SkippedEvent("e", 1, 1), Assert.Single(mapping.Read("e: kind=c").Session.Skipped.All));

        static string Text(Reading reading) => reading.Name(Assert.IsType<Marker>(reading.Event).Text);
    }

    [Theory]
    [InlineData("(set_ptes+0x0/0xb8) nr=0x3", "set_ptes set_ptes+0x0/0xb8 -")]
    [InlineData("(set_ptes+0x0/0xb8 [kvm]) nr=0x3", "set_ptes set_ptes+0x0/0xb8 [kvm] -")]
    [InlineData("(pmd_set_huge+0x6c/0x90 <- pmd_set_huge) nr=3", "pmd_set_huge - pmd_set_huge+0x6c/0x90")]
    [InlineData("(ffff800080012345) nr=3", "ffff800080012345 ffff800080012345 -")]
    [InlineData("(0x400536) nr=3", "0x400536 0x400536 -")]
    [InlineData("(0x55d3c6ad <- 0x55d3c6a0) nr=3", "0x55d3c6a0 - 0x55d3c6ad")]
    public void Probe_has_its_function_and_addresses(string payload, string expected)
    {
        var isReturn = payload.Contains("<-", StringComparison.Ordinal);
        var mapping = Mappings.OfEvent(
            $"\"event\": \"print\", \"when\": \"nr == 3\", \"text\": \"{{__probe_func}} {(isReturn ? "- {__probe_ret_ip}" : "{__probe_ip} -")}\"");
        var reading = mapping.Read($"e: {payload}");
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal(expected, reading.Name(Assert.IsType<Marker>(reading.Event).Text));
    }

    [Fact]
    public void Address_of_a_probe_is_a_number()
    {
        var mapping = Mappings.OfEvent("\"event\": \"barrier\", \"kind\": \"isb\", \"pc\": \"__probe_ip\"");
        Assert.Equal(0xffff800080012345, Assert.IsType<BarrierInstruction>(mapping.Read("e: (ffff800080012345)").Event).Pc);
        Assert.Equal(0x400536ul, Assert.IsType<BarrierInstruction>(mapping.Read("e: (0x400536) a=1").Event).Pc);
    }

    [Theory]
    [InlineData("e: p=  0x8 v=3")]
    [InlineData("e: p=0x8, v=3;")]
    [InlineData("e: junk p=0x8 () = v=3 p=9")]
    [InlineData("e: p=0x8 empty= v=3")]
    public void Words_are_read_however_they_are_printed(string line)
    {
        var e = Assert.IsType<PageTableWrite>(Mappings.OfEvent(Store).Read(line).Event);
        Assert.Equal((8ul, 3ul), (e.Pa, e.New));
    }

    [Fact]
    public void Virtual_address_becomes_physical()
    {
        var mapping = Mappings.OfEvent(
            "\"event\": \"pgtable_write\", \"pa\": \"pa(p)\", \"new\": 0", top: "\"linear_map\": { \"virtual\": \"0xffff000000000000 + 0x1000\", \"physical\": \"0x40001000\" },");
        Assert.Equal(0x40002008ul, Assert.IsType<PageTableWrite>(mapping.Read("e: p=0xffff000000002008").Event).Pa);
        var reading = mapping.Read("e: p=0x89b05fb8");
        Assert.Empty(reading.Events);
        Assert.Equal(
            "e, m.json:1: pa: pa(0x89b05fb8) is not in the linear map, which has physical address 0x40001000 at 0xffff000000001000; expected an address there (not one that the kernel hashed); the event was not stored",
            reading.Problem.Detail);
    }

    [Theory]
    [InlineData("e: v=3", "pa: no field 'p'; the event has v")]
    [InlineData("e: nothing", "pa: no field 'p'; the event has no key=value")]
    [InlineData("e: p=x v=3", "pa: p=x: expected a number of 64 bits, 0x hex or decimal")]
    [InlineData("e: p=ffff v=3", "pa: p=ffff: expected a number of 64 bits, 0x hex or decimal; for hex without 0x name the field in \"hex\"")]
    [InlineData("e: p=8 v=0x10000000000000000", "new: v=0x10000000000000000: expected a number of 64 bits, 0x hex or decimal")]
    public void Event_that_is_not_as_the_mapping_says_is_a_problem(string line, string expected)
    {
        var reading = Mappings.Of("{ \"events\": [\n{ \"event\": \"e\",\n\"emit\": {\n\"event\": \"pgtable_write\",\n\"pa\": \"p\",\n\"new\": \"v\" } } ] }").Read(line);
        Assert.Empty(reading.Events);
        Assert.Same(ImportProblems.MappingFailed, reading.Problem.Kind);
        Assert.Equal($"e, m.json:{(expected.StartsWith("pa", StringComparison.Ordinal) ? 5 : 6)}: {expected}; the event was not stored", reading.Problem.Detail);
        Assert.Equal(1, reading.Problem.Line);
    }

    [Theory]
    [InlineData("\"repeat\": \"n\", ", "repeat: 8193 times; expected at most 8192")]
    [InlineData("\"when\": \"n / 0\", ", "when: a division by zero")]
    public void Output_that_cannot_be_made_leaves_nothing_of_the_event(string member, string expected)
    {
        var mapping = Mappings.Of($$"""
            { "events": [ { "event": "e", "emit": [ { "event": "barrier", "kind": "isb" }, { {{member}} "event": "barrier", "kind": "isb" } ] } ] }
            """);
        var reading = mapping.Read("e: n=8193");
        Assert.Empty(reading.Events);
        Assert.Equal($"e, m.json:1: {expected}; the event was not stored", reading.Problem.Detail);
    }

    [Theory]
    [InlineData("gfn 5 l 1", "expected 'gfn=' at 'gfn 5 l 1'")]
    [InlineData("gfn=zz l 1", "expected a number for {g} at 'zz l 1'")]
    [InlineData("gfn=5 m 1", "expected ' l ' at ' m 1'")]
    [InlineData("gfn=5", "expected ' l ' at ''")]
    public void Text_that_does_not_match_is_a_problem_that_says_where(string text, string expected)
    {
        var reading = Mappings.OfEvent("\"event\": \"barrier\", \"kind\": \"isb\"", "\"text\": \"gfn={g} l {l}\",").Read($"e: {text}");
        Assert.Empty(reading.Events);
        Assert.StartsWith("e, m.json:1: text: ", reading.Problem.Detail, StringComparison.Ordinal);
        Assert.EndsWith(", as of 'gfn={g} l {l}'; the event was not stored", reading.Problem.Detail, StringComparison.Ordinal);
        Assert.Contains(expected, reading.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_trace_and_its_text_give_the_same_events()
    {
        const string json = """
            { "events": [
                { "event": "ttbr_write", "emit": { "event": "sysreg_write", "reg": "{reg}", "val": "val ^ 1" } },
                { "text": "fork_exec", "emit": { "event": "print", "text": "mapped" } },
                { "event": "pgtable_write", "when": "how != 'set_pte'", "emit": [] } ] }
            """;
        var text = Read("workload-start.trace-cmd-report.gz");
        var binary = Read("workload-start-v6.trace.dat.gz");
        Assert.Equal("trace-dat", binary.Source.Format);
        Assert.Equal(text.Events, binary.Events);
        Assert.Contains(text.Events, e => e is Marker marker && text.Name(marker.Text) == "mapped");
        Assert.Equal(text.Session.Skipped.All, binary.Session.Skipped.All);

        static Reading Read(string capture) =>
            Reading.Of(File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "traces", "captures", capture)), Mappings.Of(json));
    }

    private static IEnumerable<string> Kinds(Reading reading) => reading.Events.Select(e => e.GetType().Name);
}
