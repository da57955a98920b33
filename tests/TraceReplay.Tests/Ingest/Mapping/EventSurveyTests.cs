using System.Text;
using TraceReplay.Events;
using TraceReplay.Ingest;
using TraceReplay.Ingest.Mapping;

namespace TraceReplay.Tests.Ingest.Mapping;

public sealed class EventSurveyTests : IDisposable
{
    private const string Trace = """
        a-1 [000] 1: kvm_spte: as id 0 gfn 81 level 1 old_spte 0 new_spte 8000000000000003
        a-1 [000] 2: kvm_spte: as id 0 gfn 8a level 1 old_spte 0 new_spte 8000000000000003
        a-1 [000] 3: p_set: (set_ptes+0x0/0xb8) ptep=0xffff000040103000 pte=0x60000048000f43 nr=16
        a-1 [000] 4: xen_mmu_set_pmd: pmdp ffff000040102018 pmdval 0000000040104003 (raw 0000000040104003)
        a-1 [000] 5: pte_update: desc_pa=0000000040103028, old=0, clr=ff, set=1
        a-1 [000] 6: flush_tlb_page: mm=0xffff000012345678 addr=0x400000
        a-1 [000] 7: barrier: isb
        a-1 [000] 8: pgtable_write: new=0x1
        a-1 [000] 9: tracing_mark_write: SCENARIO one
        a-1 [000] 10: print: tracing_mark_write: SCENARIO two
        a-1 [000] 11: bprint: set_it: stored 5 at 0x10
        a-1 [000] 12: print: tracing_mark_write: store 12 at a0
        a-1 [000] 13: nothing: at all
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_event_is_listed_with_its_fields_and_what_it_means()
    {
        Assert.Equal(
            [
                "kvm_spte 2 0 None id gfn level old_spte new_spte 1",
                "tracing_mark_write: SCENARIO 2 2 Marker  9",
                "barrier 1 1 Vocabulary  7",
                "flush_tlb_page 1 0 None mm addr 6",
                "nothing 1 0 None  13",
                "p_set 1 0 None __probe_ip __probe_func ptep pte nr 3",
                "pgtable_write 1 0 Vocabulary new 8",
                "pte_update 1 0 None desc_pa old clr set 5",
                "set_it 1 1 Marker stored at 11",
                "tracing_mark_write: store 1 1 Marker store at 12",
                "xen_mmu_set_pmd 1 0 None pmdp pmdval raw 4",
            ],
            Survey(null).Events.Select(e => $"{e.Event} {e.Count} {e.Stored} {e.Meaning} {string.Join(' ', e.Fields)} {e.FirstLine}"));
    }

    [Fact]
    public void Mapping_changes_what_is_understood()
    {
        var mapping = Mappings.Of("""{ "events": [ { "event": "kvm_spte", "text": "as id {_} gfn {g:x}", "emit": { "event": "pgtable_free", "base": "g << 12" } } ] }""");
        var e = Assert.Single(Survey(mapping).Events, e => e.Event == "kvm_spte");
        Assert.Equal((EventMeaning.Mapping, 2L, "as id 0 gfn 81 level 1 old_spte 0 new_spte 8000000000000003"), (e.Meaning, e.Stored, e.Samples[0]));
    }

    [Fact]
    public void Draft_reads_every_event_it_guessed()
    {
        var draft = MappingDraft.Write(Survey(null).Events);
        var mapping = EventMapping.Parse(Encoding.UTF8.GetBytes(draft), "draft.json");
        Assert.True(mapping.LearnsLinearMap);
        var reading = Reading.Of(Trace, mapping.WithLinearMap(new LinearMap(0xffff000000000000, 0)));
        Assert.Same(ImportProblems.MissingKey, reading.Problem.Kind);
        var stores = reading.Events.OfType<PageTableWrite>().ToList();
        Assert.Equal(16 + 1 + 1, stores.Count);
        Assert.Equal((0x40103078ul, 0x6000004800ff43ul, (int?)3), (stores[15].Pa, stores[15].New, stores[15].Level));
        Assert.Equal((0x40102018ul, 0x40104003ul, (int?)2), (stores[16].Pa, stores[16].New, stores[16].Level));
        Assert.Equal((0x40103028ul, 1ul, (ulong?)0), (stores[17].Pa, stores[17].New, stores[17].Old));
        Assert.Equal("vaae1is", reading.Name(Assert.Single(reading.Events.OfType<TlbiInstruction>()).Operation));
        Assert.Contains("\"text\": \"as id {id} gfn {gfn:x} level {level} old_spte {old_spte} new_spte {new_spte:x}\"", draft, StringComparison.Ordinal);
        Assert.Contains("\"text\": \"store {store} at {at:x}\"", draft, StringComparison.Ordinal);
        var again = Survey(mapping);
        Assert.All(again.Events, e => Assert.True(e.Meaning != EventMeaning.None || e.Event == "nothing"));
    }

    [Fact]
    public void Draft_of_a_trace_of_the_vocabulary_is_a_mapping_too()
    {
        var path = Path.Combine(RepositoryPaths.Root, "traces", "good", "map_fresh_pages.trace");
        var survey = EventSurvey.Read([path], new ImportOptions(), TestContext.Current.CancellationToken);
        Assert.All(survey.Events, e => Assert.Equal(EventMeaning.Vocabulary, e.Meaning));
        Assert.Single(EventMapping.Parse(Encoding.UTF8.GetBytes(MappingDraft.Write(survey.Events)), "d").Rules);
    }

    [Fact]
    public void Names_are_bounded()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 3000; i++)
        {
            text.Append("a-1 [000] 1: event").Append(i).Append(": x=1\n");
        }

        var survey = EventSurvey.Read([_folder.Write("many", Encoding.UTF8.GetBytes(text.ToString()))], new ImportOptions(), TestContext.Current.CancellationToken);
        Assert.Equal(1001, survey.Events.Count);
        Assert.Equal(("(other)", 2000L), (survey.Events[0].Event, survey.Events[0].Count));
    }

    private EventSurvey Survey(EventMapping? mapping) => EventSurvey.Read(
        [_folder.Write("t", Encoding.UTF8.GetBytes(Trace + "\n"))], new ImportOptions { Mapping = mapping }, TestContext.Current.CancellationToken);
}
