using TraceReplay.Checks;
using TraceReplay.Cli;
using TraceReplay.Tests.Cli;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Checks;

public sealed class TableCheckTests : IDisposable
{
    // 39 bits of input address, 4K pages; one block, one page, one page of a device.
    private const string Trace = """
        a-1 [000] ..... 1.000001: sysreg_write: reg=mair_el1 val=0x0000000400440fff
        a-1 [000] ..... 1.000001: sysreg_write: reg=tcr_el1 val=0x80190019
        a-1 [000] ..... 1.000002: pgtable_table: base=0x40000000 level=1 entries=512 root=1 granule=4k
        a-1 [000] ..... 1.000002: pgtable_entry: pa=0x40000000 val=0x40001003 level=1
        a-1 [000] ..... 1.000002: pgtable_table: base=0x40001000 level=2 parent=0x40000000
        a-1 [000] ..... 1.000002: pgtable_entry: pa=0x40001000 val=0x0068000040200701 level=2
        a-1 [000] ..... 1.000002: pgtable_entry: pa=0x40001008 val=0x40002003 level=2
        a-1 [000] ..... 1.000002: pgtable_table: base=0x40002000 level=3 parent=0x40001008
        a-1 [000] ..... 1.000003: sysreg_write: reg=ttbr1_el1 val=0x40000000
        a-1 [000] ..... 1.000004: pgtable_write: pa=0x40002000 old=0x0 new=0x00c0000040400783 level=3
        a-1 [000] ..... 1.000005: pgtable_write: pa=0x40002008 old=0x0 new=0x0068000009000713 level=3
        a-1 [000] ..... 1.000006: barrier: dsb ishst
        a-1 [000] ..... 1.000007: barrier: isb

        """;

    private const string Dump = """
        ---[ Linear Mapping start ]---
        0xffffff8000000000-0xffffff8000200000           2M PMD       RW NX SHD AF        BLK UXN    MEM/NORMAL-TAGGED
        0xffffff8000200000-0xffffff8000201000           4K PTE       ro x  SHD AF            UXN    MEM/NORMAL
        0xffffff8000201000-0xffffff8000202000           4K PTE       RW NX SHD AF            UXN    DEVICE/nGnRE
        ---[ Linear Mapping end ]---
        0xffffff8000202000-0xffffff8000400000        2040K PTE
        0xffffff8000400000-0xffffff8040000000        1020M PMD
        0xffffff8040000000-0x0000000000000000         511G PGD

        """;

    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_dump_of_the_same_tables_agrees()
    {
        Assert.Equal(ExitCode.Clean, await Check(Dump));
        Assert.Equal("start,end,dump,replayed,line\n", _fixture.Output);
        Assert.Contains("root 0x0000000040000000, 2,056 KiB mapped of 512 GiB compared: the dump agrees", _fixture.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RW NX SHD AF        BLK", "ro NX SHD AF        BLK",
        "0xffffff8000000000,0xffffff8000200000,PMD ro NX SHD AF UXN MEM/NORMAL,PMD RW NX SHD AF UXN MEM/NORMAL,2")]
    [InlineData("DEVICE/nGnRE", "MEM/NORMAL-NC",
        "0xffffff8000201000,0xffffff8000202000,PTE RW NX SHD AF UXN MEM/NORMAL-NC,PTE RW NX SHD AF UXN DEVICE/nGnRE,4")]
    [InlineData("4K PTE       ro x  SHD AF            UXN    MEM/NORMAL", "4K PTE",
        "0xffffff8000200000,0xffffff8000201000,not mapped,PTE ro x SHD AF UXN MEM/NORMAL,3")]
    [InlineData("4K PTE       ro x  SHD", "4K PMD       ro x  SHD",
        "0xffffff8000200000,0xffffff8000201000,PMD ro x SHD AF UXN MEM/NORMAL,PTE ro x SHD AF UXN MEM/NORMAL,3")]
    [InlineData("0xffffff8000202000        ", "0xffffff8000203000        ",
        "0xffffff8000202000,0xffffff8000203000,PTE RW NX SHD AF UXN DEVICE/nGnRE,not mapped,4")]
    public async Task What_the_dump_says_otherwise_is_a_row(string text, string changed, string row)
    {
        var dump = Dump.Replace(text, changed, StringComparison.Ordinal).Replace("0xffffff8000202000-", changed.StartsWith("0xffffff8000203000", StringComparison.Ordinal) ? "0xffffff8000203000-" : "0xffffff8000202000-", StringComparison.Ordinal);
        Assert.Equal(ExitCode.ErrorsFound, await Check(dump));
        Assert.Equal($"start,end,dump,replayed,line\n{row}\n", _fixture.Output);
        Assert.Contains("1 range in which the dump disagrees", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_level_of_the_root_is_printed_as_PGD_at_any_level()
    {
        // With three levels of tables PUD is folded away: a block of level 1 is one of the PGD.
        var trace = Trace.Replace("pgtable_table: base=0x40001000", "pgtable_entry: pa=0x40000008 val=0x0068000080000701 level=1\na-1 [000] ..... 1.000002: pgtable_table: base=0x40001000", StringComparison.Ordinal);
        var dump = Dump.Replace("0xffffff8040000000-0x0000000000000000         511G PGD\n", "0xffffff8040000000-0xffffff8080000000           1G PGD       RW NX SHD AF        BLK UXN    MEM/NORMAL\n", StringComparison.Ordinal);
        Assert.Equal(ExitCode.Clean, await Check(trace, dump, []));
    }

    [Fact]
    public async Task The_state_is_that_of_the_moment()
    {
        Assert.Equal(ExitCode.ErrorsFound, await Check(Dump, "--at", "line:9"));
        Assert.Equal(3, _fixture.Output.TrimEnd('\n').Split('\n').Length);
    }

    [Theory]
    [InlineData("hello\n", "line 1: expected '0xSTART-0xEND SIZE LEVEL [ATTRIBUTES]'")]
    [InlineData("0x2000-0x1000  4K PTE\n", "line 1: expected")]
    [InlineData("", "no range; expected the text of kernel_page_tables")]
    public async Task Another_file_is_refused_with_what_was_expected(string text, string expected)
    {
        Assert.Equal(ExitCode.BadInput, await Check(text));
        Assert.Contains(expected, _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dump_that_a_kernel_printed_agrees_with_its_trace()
    {
        var database = _fixture.File("capture.db");
        await _fixture.RunAsync("analyze", CaptureFile.Find("boot-6.12-4k-a72-2cpu-rodata-off.ftrace.gz"), "--db", database);
        var dump = CaptureFile.Find("kernel_page_tables-6.12-a72-rodata-off.gz");
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("check", database, "--ptdump", dump));
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("check", database, "--ptdump", dump, "--at", "line:100000"));
    }

    private Task<ExitCode> Check(string dump, params string[] more) => Check(Trace, dump, more);

    private async Task<ExitCode> Check(string traceText, string dump, string[] more)
    {
        var (trace, dumpPath, database) = (_fixture.File("a.ftrace"), _fixture.File("dump"), _fixture.File("a.db"));
        await File.WriteAllTextAsync(trace, traceText, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(dumpPath, dump, TestContext.Current.CancellationToken);
        await _fixture.RunAsync("import", trace, "--db", database);
        await _fixture.RunAsync("replay", database);
        var before = _fixture.Output.Length;
        Assert.Contains("findings:", _fixture.Output, StringComparison.Ordinal);
        var status = await _fixture.RunAsync(["check", database, "--ptdump", dumpPath, .. more]);
        _fixture.DropOutput(before);
        return status;
    }
}
