using TraceReplay.Checks;
using TraceReplay.Cli;
using TraceReplay.Tests.Cli;

namespace TraceReplay.Tests.Checks;

/// <summary>A dump of KVM's stage 2 beside the replayed tables of a guest.</summary>
public sealed class Stage2CheckTests : IDisposable
{
    // Two guests of 39 bits, 4K pages. The first has two blocks and two pages, the second one block.
    private const string Trace = """
        a-1 [000] ..... 1.000001: sysreg_write: reg=vtcr_el2 val=0x20059
        a-1 [000] ..... 1.000002: sysreg_write: reg=vttbr_el2 val=0x3000041000000
        a-1 [000] ..... 1.000003: pgtable_table: base=0x41000000 level=1 entries=512 root=2 granule=4k
        a-1 [000] ..... 1.000003: pgtable_entry: pa=0x41000010 val=0x41001003 level=1
        a-1 [000] ..... 1.000003: pgtable_table: base=0x41001000 level=2 parent=0x41000010
        a-1 [000] ..... 1.000003: pgtable_entry: pa=0x41001048 val=0x500007fd level=2
        a-1 [000] ..... 1.000003: pgtable_entry: pa=0x41001050 val=0x502007fd level=2
        a-1 [000] ..... 1.000003: pgtable_entry: pa=0x41001058 val=0x41002003 level=2
        a-1 [000] ..... 1.000003: pgtable_table: base=0x41002000 level=3 parent=0x41001058
        a-1 [000] ..... 1.000003: pgtable_entry: pa=0x41002000 val=0x40000055000777 level=3
        a-1 [000] ..... 1.000004: pgtable_write: pa=0x41002008 old=0x0 new=0x200000550017ff level=3
        a-1 [000] ..... 1.000004: pgtable_write: pa=0x41002010 old=0x0 new=0x400 level=3
        a-1 [000] ..... 1.000005: sysreg_write: reg=vttbr_el2 val=0x4000042000000
        a-1 [000] ..... 1.000006: pgtable_table: base=0x42000000 level=1 entries=512 root=2 granule=4k
        a-1 [000] ..... 1.000006: pgtable_write: pa=0x42000008 old=0x0 new=0x600007fd level=1
        a-1 [000] ..... 1.000007: barrier: isb

        """;

    private const string Invalid = """
        0x0000000000000000-0x0000000080000000           2G 1
        0x0000000080000000-0x0000000081200000          18M 2
        """;

    private const string Executable = $"""
        ---[ Guest IPA ]---
        {Invalid}
        0x0000000081200000-0x0000000081600000           4M 2   R W X AF BLK
        0x0000000081600000-0x0000000081601000           4K 3   R     AF
        0x0000000081601000-0x0000000081602000           4K 3   R W X AF
        0x0000000081602000-0x0000000081603000           4K 3 F
        0x0000000081603000-0x0000000081800000        2036K 3

        """;

    private const string ByPrivilege = $"""
        ---[ Guest IPA ]---
        {Invalid}
        0x0000000081200000-0x0000000081600000           4M 2   R W px ux  AF BLK
        0x0000000081600000-0x0000000081601000           4K 3   R   PXNUXN AF
        0x0000000081601000-0x0000000081602000           4K 3   R W PXNux  AF

        """;

    private const string ExecuteNever = """
        ---[ Guest IPA ]---
        0x0000000000000000-0x0000000080000000           2G PGD
        0x0000000080000000-0x0000000081200000          18M PMD
        0x0000000081200000-0x0000000081600000           4M PMD      R W AF         BLK
        0x0000000081600000-0x0000000081601000           4K PTE   XN R   AF
        0x0000000081601000-0x0000000081602000           4K PTE      R W AF

        """;

    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(Executable)]
    [InlineData(ByPrivilege)]
    [InlineData(ExecuteNever)]
    public async Task A_dump_of_the_same_tables_agrees_in_the_words_of_each_kernel(string dump)
    {
        Assert.Equal(ExitCode.Clean, await Check(dump, "--vmid", "3"));
        Assert.Equal("start,end,dump,replayed,line\n", _fixture.Output);
        Assert.Contains("root 0x0000000041000000, 4,104 KiB mapped of ", _fixture.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("R W X AF BLK", "R   X AF BLK", "0x0000000081200000,0x0000000081600000,level 2 R X AF,level 2 R W X AF,4")]
    [InlineData("4K 3   R     AF", "4K 3   R   X AF", "0x0000000081600000,0x0000000081601000,level 3 R X AF,level 3 R AF,5")]
    [InlineData("4K 3   R     AF", "4K 3", "0x0000000081600000,0x0000000081601000,not mapped,level 3 R AF,5")]
    [InlineData("4K 3   R     AF", "4K 3            ", "0x0000000081600000,0x0000000081601000,not mapped,level 3 R AF,5")]
    [InlineData("4M 2   R W X AF BLK", "4M 1   R W X AF BLK", "0x0000000081200000,0x0000000081600000,level 1 R W X AF,level 2 R W X AF,4")]
    [InlineData("4K 3 F", "4K 3   R W X AF", "0x0000000081602000,0x0000000081603000,level 3 R W X AF,not mapped,7")]
    public async Task What_the_dump_says_otherwise_is_a_row(string text, string changed, string row)
    {
        Assert.Equal(ExitCode.ErrorsFound, await Check(Executable.Replace(text, changed, StringComparison.Ordinal), "--root", "0x41000000"));
        Assert.Equal($"start,end,dump,replayed,line\n{row}\n", _fixture.Output);
    }

    [Fact]
    public async Task The_state_is_that_of_the_moment()
    {
        Assert.Equal(ExitCode.ErrorsFound, await Check(ByPrivilege, "--at", "line:10"));
        Assert.Equal(2, _fixture.Output.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("0x0000000081601000,0x0000000081602000,level 3 R W ux AF,not mapped,6", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", (int)ExitCode.Usage, "more than one stage-2 tree fits; by then there are 0x0000000041000000 (VMID 3), 0x0000000042000000 (VMID 4)")]
    [InlineData("--vmid 5", (int)ExitCode.Usage, "no stage-2 tree fits")]
    [InlineData("--vmid 3 --root 0x42000000", (int)ExitCode.Usage, "no stage-2 tree fits")]
    [InlineData("--at line:1", (int)ExitCode.BadInput, "the trace tells no stage-2 tree by then")]
    public async Task The_guest_must_be_told(string options, int expected, string message)
    {
        Assert.Equal((ExitCode)expected, await Check(Executable, options.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains(message, _fixture.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0xffffff8000000000-0xffffff8000200000  2M PMD  RW NX SHD AF  BLK UXN  MEM/NORMAL\n", (int)ExitCode.Usage, "is of the kernel's own tables")]
    [InlineData("0x0000000081600000-0x0000000081601000  4K 3   RW+puX   AF\n", (int)ExitCode.BadInput, "line 1: 'RW+puX' is no attribute that can be compared")]
    [InlineData("0x0000000020000000-0x0000000020200000  2M PMD  RW NX SHD AF NG BLK UXN MEM/NORMAL\n", (int)ExitCode.BadInput, "line 1: 'RW' is no attribute that can be compared")]
    public async Task Another_dump_is_refused(string dump, int expected, string message)
    {
        Assert.Equal((ExitCode)expected, await Check(dump, "--vmid", "3"));
        Assert.Contains(message, _fixture.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_text_is_read_or_refused_with_its_line(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var text = (round % 2 == 0 ? Executable : ExecuteNever).ToCharArray();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                text[random.Next(text.Length)] = (char)random.Next(9, 127);
            }

            try
            {
                Assert.NotEmpty(TableDump.Parse(new string(text)).Ranges);
            }
            catch (FormatException e)
            {
                Assert.Matches("^line [0-9]+: ", e.Message);
            }
        }
    }

    private async Task<ExitCode> Check(string dump, params string[] more)
    {
        var (trace, dumpPath, database) = (_fixture.File("a.ftrace"), _fixture.File("dump"), _fixture.File("a.db"));
        await File.WriteAllTextAsync(trace, Trace, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(dumpPath, dump, TestContext.Current.CancellationToken);
        await _fixture.RunAsync("analyze", trace, "--db", database);
        var before = _fixture.Output.Length;
        var status = await _fixture.RunAsync(["check", database, "--ptdump", dumpPath, .. more]);
        _fixture.DropOutput(before);
        return status;
    }
}
