using TraceReplay.Tests.Ingest.Mapping;

namespace TraceReplay.Tests.Ingest.TraceDat;

/// <summary>Events that are taken from the fields of records are those that their text gives.</summary>
public sealed class DirectPayloadTests
{
    // A mapping sees the text of every event, so nothing is taken without.
    private const string AnyMapping = """{ "events": [ { "event": "none", "emit": { "event": "barrier", "kind": "isb" } } ] }""";

    private static readonly string[] Words =
        ["set_pte", "", "cmpxchg_fail", "a b", " x", "x ", "a=b", "pc=0x10", "va=1", "level=2", "\u00e9t\u00e9", "tab\there", "line\nfeed", "ISH", "dsb", "isb"];

    private static readonly string[] Operations =
        ["vale1is", "VMALLE1IS", "", "nonsense", "a-b", "vae1 is", "isb", "dsb ishst", "dsb  sy", " isb", "dmb ld", "dsb none", "isb pc=0x4", "DSB SY", "op=isb", "rvae1is"];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Any_values_give_the_same_as_their_text(int seed, bool isBig)
    {
        var random = new Random(seed);
        var made = new DatFile { IsBig = isBig, Buffers = [] };
        var page = made.Page(2_000_000_000);
        for (var i = 0; i < 60; i++)
        {
            ulong Any() => random.Next(4) switch { 0 => 0, 1 => (ulong)random.NextInt64(), 2 => ulong.MaxValue, _ => 0x40000000ul + ((ulong)random.Next(64) * 4) };
            page.Record(700, random.Next(3) switch
            {
                0 => made.Write(Any(), Any(), Any(), random.Next(-3, 6), Words[random.Next(Words.Length)]),
                1 => made.Tlbi(Operations[random.Next(Operations.Length)], Any()),
                _ => made.Barrier(Operations[random.Next(Operations.Length)]),
            });
        }

        var bytes = new DatFile { IsBig = isBig, Buffers = [new DatBuffer("", (0, [page]))] }.Build();
        var (text, direct) = (Reading.Of(bytes, Mappings.Of(AnyMapping)), Reading.Of(bytes));
        DatSamples.AssertSame(text, direct);
        Assert.Equal(text.Problems.Kept.Select(problem => problem.Excerpt), direct.Problems.Kept.Select(problem => problem.Excerpt));
        Assert.NotEmpty(direct.Events);
    }

    [Theory]
    [InlineData("\"level=%d pa=0x%llx old=0x%llx new=0x%llx how=%s\", REC->level, REC->pa, REC->old, REC->new, REC->how")]
    [InlineData("\"pa=0x%llx new=0x%llx how=%s\", REC->pa, REC->new, REC->how")]
    [InlineData("\"pa=0x%llx new=%llx how=%s\", REC->pa, REC->new, REC->how")]
    [InlineData("\"pa=0x%llx  new=0x%llx how=%s\", REC->pa, REC->new, REC->how")]
    [InlineData("\"pa=0x%llx new=0x%x level=%d\", REC->pa, REC->new, REC->level")]
    [InlineData("\"pa=0x%llx new=0x%llx pa=0x%llx\", REC->pa, REC->new, REC->old")]
    [InlineData("\"pa=0x%llx new=0x%llx va=0x%llx\", REC->pa, REC->new, REC->old")]
    [InlineData("\"pa=0x%llx new=0x%llx level=%s\", REC->pa, REC->new, REC->how")]
    [InlineData("\"pa=0x%llx,new=0x%llx\", REC->pa, REC->new")]
    [InlineData("\"new=0x%llx\", REC->new")]
    [InlineData("\"pa=0x%llx new=0x%llx done\", REC->pa, REC->new")]
    [InlineData("\"x pa=0x%llx new=0x%llx\", REC->pa, REC->new")]
    public void Any_format_gives_the_same_as_its_text(string print)
    {
        var formats = DatFormats.Event(
            "pgtable_write", 29, print, DatFormats.Field("u64 pa", 8, 8), DatFormats.Field("u64 old", 16, 8), DatFormats.Field("u64 new", 24, 8),
            DatFormats.Field("int level", 32, 4, true), DatFormats.Field("char how[12]", 36, 12));
        var made = new DatFile { Buffers = [] };
        var page = made.Page(2_000_000_000)
            .Record(1, made.Write(0x40001008, 0x1234, 0xe8000048b90703, 3, "set_pte")).Record(1, made.Write(0x40001010, 0, 7, -1, "3"));
        var bytes = new DatFile { Formats = formats, Buffers = [new DatBuffer("", (0, [page]))] }.Build();
        DatSamples.AssertSame(Reading.Of(bytes, Mappings.Of(AnyMapping)), Reading.Of(bytes));
    }
}
