using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using TraceReplay.Cli;
using TraceReplay.Report;
using TraceReplay.Store;
using TraceReplay.Tests.Traces;

namespace TraceReplay.Tests.Cli;

/// <summary>
/// The native program says and writes what the library does. It is the one that <c>TRACE_REPLAY_NATIVE</c> names; without it nothing is
/// compared.
/// </summary>
public sealed class NativeProgramTests : IDisposable
{
    private const string Variable = "TRACE_REPLAY_NATIVE";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string? Program = Environment.GetEnvironmentVariable(Variable);
    private static readonly string Violations = Traces("captures/violations-6.12-4k-n1-2cpu.kernel.ftrace.gz");

    private readonly TemporaryFolder _native = new();
    private readonly TemporaryFolder _library = new();

    public static TheoryData<string> Formats =>
    [
        "captures/workload-start-v6.trace.dat.gz", "captures/workload-start-v7-zstd.trace.dat", "captures/workload-start.trace-cmd-report.gz",
        "captures/workload-lost-events.trace_pipe.gz", "captures/workload-counter-clock.ftrace.gz", "casemate/bad_no_bbm.log",
        "ghost/bug_in_colour.log", "tarmac/fast_models_bug.tarmac", "tarmac/cycle_model_bug.tarmac", "tarmac/gem5_fix.tarmac",
    ];

    public static TheoryData<string> Folders => ["good", "rules", "zoo"];

    public static TheoryData<string> Lines =>
    [
        "", "--help", "analyze --help", "query --help", "rules", "rules brk-tlbi-local", "rules no-such-rule", "rules --profile pkvm", "analyze no-such-file",
        "analyze", "import no-such-file --db a.db", "query no-such.db findings", "no-such-command", "walk", "analyze --profile no-such-profile x",
    ];

    public void Dispose()
    {
        _native.Dispose();
        _library.Dispose();
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_command_line_is_answered_alike(string line) => await Compare(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_format_is_read_alike(string name)
    {
        await Compare("analyze", Traces(name), "--db", "{}/a.db", "--out", "{}/out");
        await Compare("info", "{}/a.db");
        foreach (var format in new[] { "ftrace", "casemate", "csv" })
        {
            await Compare("export", "{}/a.db", "--format", format, "--out", $"{{}}/a.{format}");
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task A_trace_is_judged_alike(string folder)
    {
        foreach (var trace in TraceFile.Below(folder))
        {
            await Compare("analyze", trace.FullName, "--out", $"{{}}/{trace.Name.Replace('/', '-')}", "--lints");
        }
    }

    [Fact]
    public async Task A_database_is_read_and_replayed_alike()
    {
        await Compare("import", Violations, "--db", "{}/v.db");
        await Compare("replay", "{}/v.db", "--profile", "strict", "--lints");
        await Compare("query", "{}/v.db");
        foreach (var query in StandardReports.Queries)
        {
            await Compare("query", "{}/v.db", query.Name);
        }

        await Compare("query", "{}/v.db", "findings_by_site", "--format", "json");
        await Compare("query", "{}/v.db", "findings", "--format", "table");
        await Compare("query", "{}/v.db", "events_around", "--line", "192");
        await Compare("walk", "{}/v.db", "--va", "0xffff800080790000", "--at", "line:190");
        await Compare("history", "{}/v.db", "--va", "0xffff800080790000");
        await Compare("history", "{}/v.db", "--pa", "0x4083dc80");
        await Compare("slice", "{}/v.db", "--finding", "2");
        await Compare("slice", "{}/v.db", "--finding", "99999");
    }

    [Fact]
    public async Task Policies_waivers_and_baselines_are_read_alike()
    {
        using var given = new TemporaryFolder();
        var policy = given.Write("policy.json", """{ "profile": "linux-bbml2", "cont-change": "warn", "severities": { "tlbi-ineffective": "off" } }"""u8);
        var wrong = given.Write("wrong.json", """{ "cont-change": "perhaps" }"""u8);
        var waivers = given.Write("waivers.json", """[ { "rule": "bbm-*", "reason": "known", "expires": "2999-01-01" }, { "rule": "cont-*", "reason": "old", "expires": "2001-01-01" } ]"""u8);
        await Compare("analyze", Violations, "--db", "{}/a.db", "--out", "{}/a", "--policy", policy, "--waivers", waivers);
        await Compare("analyze", Violations, "--policy", wrong);
        await Compare("analyze", Violations, "--waivers", policy);
        File.Copy(_library["a.db"], given["earlier.db"]);
        await Compare("analyze", Violations, "--db", "{}/b.db", "--out", "{}/b", "--baseline", given["earlier.db"]);
        await Compare("query", "{}/b.db", "baseline_gone");
    }

    [Fact]
    public async Task Other_inputs_are_read_alike()
    {
        using var given = new TemporaryFolder();
        var symbols = given.Write("kallsyms", "ffff800080010000 T _text\nffff800080020000 T set_pte\nffff800080030000 T _etext\n"u8);
        var dump = given.Write("dump", "0x0000000000000000-0x0000000000001000 4K PTE ro NX SHD AF NG UXN MEM/NORMAL\n"u8);
        var memory = given.Write("ram.bin", new byte[8192]);
        var mapped = Traces("mapped/trace_printk.trace");
        await Compare("events", mapped, "--draft", "{}/draft.json");
        await Compare("analyze", mapped, "--events", Traces("mapped/trace_printk.events.json"), "--db", "{}/m.db", "--symbols", symbols);
        await Compare("analyze", Traces("merged/kernel.ftrace"), Traces("merged/hypervisor.ftrace"), "--merge", "--offset", "hypervisor.ftrace=+500ms", "--db", "{}/g.db");
        await Compare("analyze", Traces("captures/boot-6.12-64k-n1-2cpu.ftrace.gz"), "--db", "{}/k.db", "--out", "{}/k");
        await Compare("check", "{}/k.db", "--ptdump", dump);
        await Compare("analyze", Violations, "--initial-memory", $"{memory}@0x40000000", "--out", "{}/i");
    }

    private static string Traces(string name) => Path.Combine(TraceFile.Folder, name);

    /// <summary>Runs a command line both ways, <c>{}</c> being a folder of its own, and compares output, exit status and every file in it.</summary>
    private async Task Compare(params string[] line)
    {
        Assert.SkipWhen(Program is null, $"needs {Variable}, the path of a native program");
        var native = await RunNative(line);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var streams = new CommandStreams(output, error, OutIsTerminal: false, ErrorIsTerminal: false, Width: 80);
        var status = await Commands.RunAsync(In(_library, line), Commands.Create(streams, Pipeline.OfLibrary), streams);
        var library = (Status: status, Output: Said(output.ToString(), _library), Error: Said(error.ToString(), _library));

        Assert.Equal(library, native);
        Assert.Equal(Contents(_library), Contents(_native));
    }

    private async Task<(int Status, string Output, string Error)> RunNative(string[] line)
    {
        using var program = Process.Start(new ProcessStartInfo(Program!, In(_native, line)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = program.StandardOutput.ReadToEndAsync();
        var error = program.StandardError.ReadToEndAsync();
        await Task.WhenAll(output, error).WaitAsync(Patience);
        Assert.True(program.WaitForExit(Patience));
        return (program.ExitCode, Said(await output, _native), Said(await error, _native));
    }

    private static string[] In(TemporaryFolder folder, string[] line) =>
        [.. line.Select(word => word.Replace("{}", folder.Root, StringComparison.Ordinal))];

    private static string Said(string text, TemporaryFolder folder) => text
        .Replace(folder.Root, "{}", StringComparison.Ordinal)
        .Replace($"  {RootCommand.ExecutableName} ", "  tracereplay ", StringComparison.Ordinal);

    private static string Contents(TemporaryFolder folder)
    {
        var contents = new StringBuilder();
        foreach (var path in Directory.EnumerateFiles(folder.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var digest = Path.GetExtension(path) == ".db" ? DigestOfRows(path) : SHA256.HashData(File.ReadAllBytes(path));
            contents.Append(Path.GetRelativePath(folder.Root, path)).Append(' ').Append(Convert.ToHexStringLower(digest)).Append('\n');
        }

        return contents.ToString();
    }

    // Which page of the file a row is in depends on what another thread does at the time.
    private static byte[] DigestOfRows(string path)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var table in database.Connection.Query<string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"))
        {
            using var rows = database.Connection.ExecuteReader($"SELECT * FROM \"{table}\" ORDER BY 1, 2");
            var values = new object[rows.FieldCount];
            while (rows.Read())
            {
                rows.GetValues(values);
                hash.AppendData(Encoding.UTF8.GetBytes($"{table}|{string.Join('|', values)}\n"));
            }
        }

        return hash.GetHashAndReset();
    }
}
