using TraceReplay.Cli;
using Xunit;

namespace TraceReplay.Tests.Cli;

public sealed class WalkAndHistoryTests : IDisposable
{
    private readonly CommandFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Walk_shows_the_tables_and_what_a_tlb_may_hold()
    {
        await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x5123", "--at", "line:22");
        Assert.Equal(
            """
            0x0000000000005123 at line 22, time 1.000000012, after barrier: dsb ish
            root 0x0000000040000000, ASID 7, CPU 0
              level  0  entry 0x0000000040000000  0x0000000040001003  table 0x40001000  (line 15)
              level  1  entry 0x0000000040001000  0x0000000040002003  table 0x40002000  (line 16)
              level  2  entry 0x0000000040002000  0x0000000040003003  table 0x40003000  (line 17)
              level  3  entry 0x0000000040003028  0x0000000000000000  invalid  (line 19)
              tables: translation fault at level 3
              TLBs:   may also hold 1 overwritten value:
                level 3  entry 0x0000000040003028  0x0060000050000f43  page 0x50000000 RW EL0 attr0 ISH nG
                         4 KiB at 0x0000000000005000, ASID 7; removed at line 19, no TLBI yet; never completed in this trace

            """,
            _fixture.Output,
            ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData("seq:8", "page 0x50000000")]
    [InlineData("1.000000008", "page 0x50000000")]
    [InlineData("1.000000013", "page 0x51000000")]
    [InlineData("2", "page 0x51000000")]
    [InlineData("line:19", "translation fault at level 3")]
    [InlineData("line:16", "the entry at level 2 is not known")]
    public async Task The_moment_chooses_the_values(string at, string text)
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x5000", "--at", at));
        Assert.Contains(text, _fixture.Output.Split("TLBs:")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_without_roots_is_walked_by_its_tables()
    {
        await _fixture.RunAsync("walk", _fixture.Sample("DELETE FROM root_load"), "--va", "0x5000");
        Assert.Contains("root not known\n  level  0", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("tables: page\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_asid_that_was_never_loaded_is_told()
    {
        await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x5000", "--asid", "99");
        Assert.Contains("no root for this address was loaded under ASID 99", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("line:x")]
    [InlineData("noon")]
    [InlineData("1.2.3")]
    [InlineData("line:1")]
    [InlineData("0.5")]
    public async Task A_moment_that_is_none_is_exit_status_2(string at) =>
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x5000", "--at", at));

    [Fact]
    public async Task History_of_a_descriptor_is_one_line_an_event()
    {
        await _fixture.RunAsync("history", _fixture.Sample(), "--pa", "0x40003028");
        Assert.Equal(
            """
            line 18               1.000000008  CPU 0   store     0x0000000000000000 -> 0x0060000050000f43  set_pte  [init-1]
            line 19               1.000000009  CPU 0   store     0x0060000050000f43 -> 0x0000000000000000  cmpxchg  [init-1]
            line 23               1.000000013  CPU 1   store     0x0000000000000000 -> 0x0060000051000f43  set_pte  [kworker/0:1-12]
            line 23               1.000000013  CPU 1   finding   0x0060000050000f43 -> 0x0060000051000f43  brk-tlbi-asid: a page was replaced, and the TLBI was for another ASID
            line 39               1.000000029  CPU 0   final     ? -> 0x0060000051000f43

            """,
            _fixture.Output,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task History_of_an_address_covers_every_level()
    {
        await _fixture.RunAsync("history", _fixture.Sample(), "--va", "0x6000");
        Assert.Contains("L0  0x0000000040000000  initial", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("L3  0x0000000040003030  complete", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_known_is_said_on_the_error_stream()
    {
        await _fixture.RunAsync("history", _fixture.Sample(), "--pa", "0x8");
        Assert.Empty(_fixture.Output);
        Assert.Contains("nothing in this trace", _fixture.Error, StringComparison.Ordinal);
    }
}
