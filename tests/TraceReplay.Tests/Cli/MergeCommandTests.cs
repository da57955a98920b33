using TraceReplay.Cli;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Cli;

/// <summary>Traces merged by time, from the command line to what is printed.</summary>
public sealed class MergeCommandTests : IDisposable
{
    private static readonly string Kernel = Path.Combine(TraceFile.Folder, "merged", "kernel.ftrace");
    private static readonly string Hypervisor = Path.Combine(TraceFile.Folder, "merged", "hypervisor.ftrace");

    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task The_offset_is_applied_and_told()
    {
        var path = _fixture.File("a.db");
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("analyze", Kernel, Hypervisor, "--merge", "--offset", "hypervisor.ftrace=+500ms", "--cpu-offset", "kernel.ftrace=0", "--db", path));
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("info", path));
        Assert.Contains("  merged       by time, clock offset 0 s, CPU offset 0\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("  merged       by time, clock offset +0.500000000 s, CPU offset 0\n", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_the_evidence_name_their_file()
    {
        var path = _fixture.File("a.db");
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("analyze", Kernel, Hypervisor, "--merge", "--offset", $"{Hypervisor}=+500007us", "--db", path));
        Assert.Contains("the value removed at line 33 of input 1 may still be cached", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("the TLBI at line 6 of input 2 covers the entry", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains($"  | {Kernel}:33      CPU 0   break ", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains($"  | {Hypervisor}:6       CPU 0   tlbi ", _fixture.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hypervisor.ftrace:6", "hypervisor.ftrace:6, time 1.000026000")]
    [InlineData("kernel.ftrace:33", "kernel.ftrace:33, time 1.000022000")]
    [InlineData("line:33", "kernel.ftrace:33, time 1.000022000")]
    public async Task A_moment_is_a_line_of_a_named_file(string at, string told)
    {
        var path = _fixture.File("a.db");
        await _fixture.RunAsync("analyze", Kernel, Hypervisor, "--merge", "--offset", "hypervisor.ftrace=+500ms", "--db", path);
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("walk", path, "--va", "0x405000", "--at", at));
        Assert.Contains(told, _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_exported_for_casemate_name_their_file()
    {
        var path = _fixture.File("a.db");
        await _fixture.RunAsync("analyze", Kernel, Hypervisor, "--merge", "--offset", "hypervisor.ftrace=+500ms", "--db", path);
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("export", path, "--format", "casemate"));
        Assert.Contains("(src \"kernel.ftrace:33\")", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("(src \"hypervisor.ftrace:5\")", _fixture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_none_of_the_traces_is_no_moment()
    {
        var path = _fixture.File("a.db");
        await _fixture.RunAsync("analyze", Kernel, "--db", path);
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync("walk", path, "--va", "0x405000", "--at", "other:6"));
        Assert.Contains("'other:6' names no place in a trace", _fixture.Error, StringComparison.Ordinal);
    }
}
