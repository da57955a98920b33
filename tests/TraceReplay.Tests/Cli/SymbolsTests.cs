using TraceReplay.Cli;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Cli;

/// <summary><c>--symbols</c>: program counters with names, from the import to the reports.</summary>
public sealed class SymbolsTests : IDisposable
{
    private const string Trace = """
        a-1 [000] ..... 1.000001: sysreg_write: reg=ttbr1_el1 val=0x40000000 pc=0xffffb2fe10023480
        a-1 [000] ..... 1.000002: pgtable_write: pa=0x40001000 level=3 old=0x0 new=0x0068000041000703 pc=0xffffb2fe10067004
        a-1 [000] ..... 1.000003: pgtable_write: pa=0x40001000 level=3 old=0x0068000041000703 new=0x0068000042000703 pc=0xffffb2fe10067004
        a-1 [000] ..... 1.000004: tlbi: op=vmalle1is pc=0xffffb2fe10045010
        a-1 [000] ..... 1.000005: barrier: dsb ish pc=0xffffb2fe10045014

        """;

    private const string SystemMap = """
        ffff800080010000 T _stext
        ffff800080023480 T cpu_do_switch_mm
        ffff800080045000 T flush_tlb_all
        ffff800080067000 T set_pte
        ffff800080068000 D _etext

        """;

    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("System.map", "shifted by 0x32fd90000000, likely: 3 lie in functions that by their names run such instructions")]
    [InlineData("System.map --kaslr 0x32fd90000000", "shifted by 0x32fd90000000 as given")]
    public async Task A_finding_tells_the_function(string symbols, string how)
    {
        await Analyze(symbols);
        Assert.Contains("names 4 of 4 program counters, " + how, _fixture.Error, StringComparison.Ordinal);
        Assert.Contains("  = site    set_pte+0x4\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains(" pc=0xffffb2fe10067004 (set_pte+0x4)\n", _fixture.Output, StringComparison.Ordinal);
        await _fixture.RunAsync("query", _fixture.File("a.db"), "tlbi_sites");
        Assert.Contains("flush_tlb_all+0x10,vmalle1is,1,", _fixture.Output, StringComparison.Ordinal);
        await _fixture.RunAsync("query", _fixture.File("a.db"), "findings_by_site");
        Assert.Contains(",set_pte+0x4,", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("System.map --kaslr 0x0", "System.map names no program counter of the trace at that KASLR offset")]
    [InlineData("other.map", "other.map names no program counter of the trace: the trace has none, or the KASLR offset could not be told; --kaslr gives it")]
    public async Task Symbols_that_name_nothing_are_told(string symbols, string told)
    {
        await Analyze(symbols);
        Assert.Contains(told, _fixture.Error, StringComparison.Ordinal);
        Assert.Contains("  = site    0xffffb2fe10067004\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("absent.map", "absent.map: no such file")]
    [InlineData("a.ftrace", "no symbols; expected /proc/kallsyms, a System.map or a vmlinux")]
    public async Task A_file_that_cannot_be_used_stops_the_import(string symbols, string told)
    {
        Assert.Equal(ExitCode.BadInput, await Analyze(symbols));
        Assert.Contains(told, _fixture.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_fixture.File("a.db")));
    }

    [Fact]
    public async Task A_boot_is_named_where_it_runs_at_physical_addresses_too()
    {
        var capture = CaptureFile.Find("boot-6.12-4k-a72-2cpu-rodata-off.ftrace.gz");
        var symbols = CaptureFile.Find("kallsyms-6.12.117-custom.gz");
        await _fixture.RunAsync("import", capture, "--db", _fixture.File("a.db"), "--symbols", symbols);
        await _fixture.RunAsync("query", _fixture.File("a.db"), "symbols", "--format", "csv");
        var rows = _fixture.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, rows.Length);
        Assert.Contains(",kernel,0x0,listed,certain,", rows[1], StringComparison.Ordinal);
        Assert.Contains(",physical,0x7fffc0200000,", rows[2], StringComparison.Ordinal);
        Assert.Contains(",deduced,likely,", rows[2], StringComparison.Ordinal);
    }

    private async Task<ExitCode> Analyze(string symbols)
    {
        var words = symbols.Split(' ');
        await File.WriteAllTextAsync(_fixture.File("a.ftrace"), Trace, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_fixture.File("System.map"), SystemMap, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_fixture.File("other.map"), "ffff800080010000 T main\nffff800080010400 D data\n", TestContext.Current.CancellationToken);
        return await _fixture.RunAsync(
            ["analyze", _fixture.File("a.ftrace"), "--db", _fixture.File("a.db"), "--symbols", _fixture.File(words[0]), .. words[1..]]);
    }
}
