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
            line 39               1.000000029  CPU 0   final     0x0060000051000f43

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
    public async Task History_of_an_address_says_what_its_tlbis_did()
    {
        var path = _fixture.Sample();
        await _fixture.RunAsync("history", path, "--va", "0x5000");
        await _fixture.RunAsync("history", path, "--va", "0x6000");
        Assert.Contains(
            "line 21               1.000000011  CPU 0                           tlbi      "
            + "vale1is ASID 9, last level: finding on the value removed at line 19: ASID 9, not 7\n",
            _fixture.Output,
            StringComparison.Ordinal);
        Assert.Contains("vale1is ASID 7, last level: covers the value removed at line 25, completed at line 28\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    // By another process, too late, before anything was removed, on one CPU, and over a range that holds the address.
    [InlineData(4, 0x0009_0000_0000_0006, 33, "vale1is ASID 9, last level: no tree that translates this address was loaded under this ASID\n")]
    [InlineData(4, 0x0007_0000_0000_0006, 33, "vale1is ASID 7, last level: no overwritten value of this address was waiting for it\n")]
    [InlineData(100, 0x0000_0000_0000_0006, 33, "vaae1, this CPU only: no overwritten value of this address was waiting for it\n")]
    [InlineData(101, 0x0007_4780_0000_0000, 33, "rvae1is ASID 7, 0x0000000000000000..0x000000000001ffff: no overwritten value")]
    [InlineData(4, 0x0007_0000_0000_0006, 16, "not what completed any of the overwritten values that were waiting, 1 of them, the last break before it at line 25\n")]
    public async Task A_tlbi_that_completed_nothing_is_listed_with_the_reason(int operation, long operand, long seq, string text)
    {
        // The event of that number is another one; a second one under it does no harm to this query.
        var path = _fixture.Sample(
            $"INSERT INTO name VALUES (100, 'vaae1'), (101, 'rvae1is'); INSERT INTO tlbi VALUES ({seq}, {seq + 10}, 1000000040, 0, 1, {operation}, {operand}, NULL)");
        await _fixture.RunAsync("history", path, "--va", "0x6000");
        Assert.Contains(text, _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_of_a_table_that_several_roots_share_is_one_line()
    {
        var path = _fixture.Sample(
            """
            INSERT INTO address_space VALUES (3, 0x42000000, 'EL1&0', 0, 0, 512, 4096, 1, 1, 3);
            INSERT INTO table_use VALUES (7, 3, 0x40003000, 3, 512, 0, 0x40002000, 1, NULL)
            """);
        await _fixture.RunAsync("history", path, "--va", "0x5000");
        Assert.Single(_fixture.Output.Split('\n'), line => line.StartsWith("line 18 ", StringComparison.Ordinal));
        await _fixture.RunAsync("query", path, "va_history", "--va", "0x5000");
        Assert.Contains("8,18,0,1.000000008,init-1,0x0000000040000000,2,3,0x0000000040003028,store,", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seq:33")]
    [InlineData("line:61")]
    [InlineData("1.000000033")]
    public async Task A_moment_behind_the_end_is_told(string at)
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x5000", "--at", at));
        Assert.Equal($"tracereplay: {at} is behind the end of the trace: shown as at the last event before it\n", _fixture.Error);
        Assert.StartsWith("0x0000000000005000 at line 42,", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seq:32")]
    [InlineData("line:60")]
    [InlineData("1.000000032")]
    public async Task The_end_is_no_moment_behind_it(string at)
    {
        await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x5000", "--at", at);
        Assert.Empty(_fixture.Error);
    }

    [Fact]
    public async Task An_address_that_no_range_can_hold_faults()
    {
        await _fixture.RunAsync("walk", _fixture.Sample(), "--va", "0x1234567800000000");
        Assert.EndsWith(
            "\ntranslation fault: outside both ranges; no range of TTBR0 or TTBR1 has more than 52 bits\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_outside_both_ranges_faults()
    {
        // 48 bits in both halves, 4K granules.
        var path = _fixture.Sample("INSERT INTO name VALUES (100, 'tcr_el1'); UPDATE sysreg_write SET register_id = 100, value = 0x80100010 WHERE seq = 30");
        await _fixture.RunAsync("walk", path, "--va", "0x0001000000000000");
        Assert.EndsWith(
            "\ntranslation fault: outside both ranges; TTBR0 translates 0x0000000000000000..0x0000ffffffffffff, "
            + "TTBR1 0xffff000000000000..0xffffffffffffffff\n",
            _fixture.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_members_of_a_contiguous_group_are_folded()
    {
        await _fixture.RunAsync(
            "walk",
            _fixture.Sample(
                """
                INSERT INTO stale_record VALUES
                  (4, 21, 0x40003080, 3, 1, 0x10000, 4096, 65536, 7, 0x0070000053000f43, 0, 'T3', NULL, NULL, 31, NULL, NULL, NULL),
                  (5, 22, 0x40003088, 3, 1, 0x11000, 4096, 65536, 7, 0x0070000053001f43, 0, 'T3', NULL, NULL, 32, NULL, NULL, NULL),
                  (6, 31, 0x40003090, 3, 1, 0x12000, 4096, 65536, 7, 0x0070000053002f43, 0, 'T3', NULL, NULL, 41, NULL, NULL, NULL)
                """),
            "--va", "0x11234");
        Assert.EndsWith(
            """
              TLBs:   may also hold 3 overwritten values:
                level 3  entry 0x0000000040003088  0x0070000053001f43  page 0x53001000 RW EL0 attr0 ISH nG C
                         4 KiB at 0x0000000000011000, ASID 7; removed at line 32, no TLBI yet; never completed in this trace
                level 3  2 values of other members of the contiguous group of 64 KiB at 0x0000000000010000, ASID 7
                         removed at lines 31..41, no TLBI yet; never completed in this trace

            """,
            _fixture.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_known_is_said_on_the_error_stream()
    {
        await _fixture.RunAsync("history", _fixture.Sample(), "--pa", "0x8");
        Assert.Empty(_fixture.Output);
        Assert.Contains("nothing in this trace", _fixture.Error, StringComparison.Ordinal);
    }
}
