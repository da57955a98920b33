using System.Globalization;
using TraceReplay.Cli;

namespace TraceReplay.Tests.Cli;

/// <summary><c>tracereplay export</c> on real captures and on the sample database.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("traces/captures/violations-6.12-4k-n1-2cpu.kernel.ftrace.gz")]
    [InlineData("traces/captures/workload-lost-events.trace_pipe.gz")]
    [InlineData("traces/captures/workload-overwritten-buffer.ftrace.gz")]
    [InlineData("traces/captures/workload-counter-clock.ftrace.gz")]
    [InlineData("traces/captures/workload-start-v7-zstd.trace.dat")]
    public async Task What_was_imported_is_exported_and_imported_as_it_was(string capture)
    {
        var (first, second) = (_fixture.File("first.db"), _fixture.File("second.db"));
        await _fixture.RunAsync("import", Path.Combine(RepositoryPaths.Root, capture), "--db", first);
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("export", first, "--out", _fixture.File("again.ftrace")));
        await _fixture.RunAsync("import", _fixture.File("again.ftrace"), "--db", second);
        Assert.Equal(await CsvWithoutLines(first), await CsvWithoutLines(second));
        Assert.Equal(await Problems(first), await Problems(second));
    }

    [Fact]
    public async Task Csv_has_one_row_an_event()
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("export", _fixture.Sample(), "--format", "csv"));
        var lines = _fixture.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(33, lines.Length);
        Assert.Equal("seq,line,time,cpu,comm,pid,event,name,address,level,value,old,pc,more", lines[0]);
        Assert.Equal("1,11,1000000001,0,init,1,pgtable_table,,0x0000000040000000,0,,,,entries=512 root=0 granule=4096", lines[1]);
        Assert.Equal("17,27,1000000017,0,init,1,tlbi,vale1is,,,0x0007000000000006,,0xffff800080000070,", lines[17]);
        Assert.Equal("26,36,1000000026,0,init,1,marker,\"say \"\"hi\"\", twice\",,,,,,", lines[26]);
    }

    [Fact]
    public async Task Casemate_gets_what_it_can_express_and_the_rest_is_counted()
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("export", _fixture.Sample(), "--format", "casemate"));
        var lines = _fixture.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(
            [
                "(mem-init (id 0) (tid 0) (address 0x40000000) (size 0x1000) (src \"sample.trace:11\"))",
                "(mem-init (id 1) (tid 0) (address 0x40001000) (size 0x1000) (src \"sample.trace:14\"))",
                "(mem-write (id 2) (tid 0) (mem-order plain) (address 0x40000000) (value 0x40001003) (src \"sample.trace:15\"))",
                "(mem-write (id 3) (tid 0) (mem-order plain) (address 0x40001000) (value 0x40002003) (src \"sample.trace:16\"))",
            ],
            lines[..4]);
        Assert.Contains("(barrier (id 7) (tid 0) dsb (kind ishst) (src \"sample.trace:20\"))", lines);
        Assert.Contains("(tid 0) (kind release) (location 0x40004000) (value 0x0) (src \"sample.trace:37\"))", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("(tid 0) (address 0x40003028) (value 0x60000051000f43) (src \"sample.trace:39\"))", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("left out, as casemate cannot express it: 2 x tlbi with an ASID", _fixture.Error, StringComparison.Ordinal);
        Assert.Contains("1 x write of ttbr0_el1", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_database_is_not_written_over()
    {
        var database = _fixture.Sample();
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync("export", database, "--out", database));
        Assert.Contains("the database itself", _fixture.Error, StringComparison.Ordinal);
    }

    private async Task<string> CsvWithoutLines(string database)
    {
        var file = _fixture.File("events.csv");
        await _fixture.RunAsync("export", database, "--format", "csv", "--out", file);
        return string.Join('\n', System.IO.File.ReadLines(file).Select(row =>
        {
            var fields = row.Split(',', 3);
            return string.Create(CultureInfo.InvariantCulture, $"{fields[0]},{fields[2]}");
        }));
    }

    // What a notice says of the whole trace; problems of single lines were met once, and are not events.
    private async Task<string> Problems(string database)
    {
        var file = _fixture.File("problems.csv");
        await _fixture.RunAsync("query", database, "problem_totals", "--out", file);
        return string.Join('\n', System.IO.File.ReadLines(file).Where(row => row.Contains("lost", StringComparison.Ordinal) || row.Contains("overwritten", StringComparison.Ordinal)));
    }
}
