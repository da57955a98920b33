using TraceReplay.Cli;

namespace TraceReplay.Tests.Cli;

public sealed class EventsCommandTests : IDisposable
{
    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    private static string Trace(string name) => Path.Combine(RepositoryPaths.Root, "traces", "mapped", name);

    [Fact]
    public async Task Events_are_csv_in_a_pipe()
    {
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("events", Trace("masks.trace"), "--events", Trace("masks.events.json")));
        Assert.Equal(
            """
            event,count,stored,understood,fields,first_line,example
            sysreg_write,10,10,vocabulary,reg val,8,reg=tcr_el1 val=0x15b5103510
            pgtable_table,4,4,vocabulary,base level entries root granule parent,20,base=0x40100000 level=0 entries=512 root=0 granule=4k
            barrier,3,3,vocabulary,,13,isb
            pgtable_entry,3,3,vocabulary,pa level val,21,pa=0x40100000 level=0 val=0x40101003
            pte_update,3,3,--events,ptep old clr set,28,"ptep=ffff000040103028, old=0, clr=0, set=60000048000f43"
            tlb_flush,1,3,--events,pages addr asid,34,pages:1 addr:405000 asid:7

            """,
            _fixture.Output);
        Assert.Equal("", _fixture.Error);
    }

    [Fact]
    public async Task Events_are_a_table_on_a_terminal()
    {
        _fixture.Streams = _fixture.Streams with { OutIsTerminal = true, Width = 200 };
        await _fixture.RunAsync("events", Trace("masks.trace"));
        Assert.Contains("│ pte_update    │ 3     │ 0      │ no         │", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draft_is_written_once_and_read_by_analyze()
    {
        var draft = _fixture.File("d.json");
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("events", Trace("trace_printk.trace"), "--draft", draft));
        Assert.Equal($"mapping to start from: {draft}\n", _fixture.Error);
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync("events", Trace("trace_printk.trace"), "--draft", draft));
        Assert.Contains("--force to replace it", _fixture.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("events", Trace("trace_printk.trace"), "--draft", draft, "--force"));
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("events", Trace("trace_printk.trace"), "--events", draft));
    }

    [Fact]
    public async Task Mapping_is_used_by_import_and_analyze()
    {
        string[] mapping = ["--events", Trace("kprobe.events.json")];
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync(["analyze", Trace("kprobe.trace"), "--db", _fixture.File("a.db"), .. mapping]));
        Assert.Contains("error[bbm-cont-change]", _fixture.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync(["import", Trace("kprobe.trace"), "--db", _fixture.File("i.db"), .. mapping]));
        Assert.Contains("125 events in 43 lines", _fixture.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_without_names_of_events_is_refused()
    {
        var trace = _fixture.Bytes("t", "# tracer: nop\n"u8.ToArray());
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("events", trace));
        Assert.Equal($"tracereplay: {trace}: no event that has a name; expected ftrace's text, that of trace-cmd or perf, or a trace.dat\n", _fixture.Error);
    }

    [Fact]
    public async Task Mapping_that_is_none_is_bad_input()
    {
        var file = _fixture.Bytes("m.json", "{ }"u8.ToArray());
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("import", Trace("kprobe.trace"), "--db", _fixture.File("i.db"), "--events", file));
        Assert.Equal($"tracereplay: {file}:1: the file: expected \"events\", a list of what the events become\n", _fixture.Error);
        Assert.False(File.Exists(_fixture.File("i.db")));
    }
}
