using TraceReplay.Cli;
using TraceReplay.Report;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Cli;

/// <summary>Policies, waivers and baselines from the command line to the reports, on a trace with one error.</summary>
public sealed class JudgementTests : IDisposable
{
    private static readonly string Faulty = Path.Combine(RepositoryPaths.Root, "traces", "rules", "bbm-block-to-table", "raises.trace");

    private static readonly string ReusedAsid = Path.Combine(RepositoryPaths.Root, "traces", "rules", "asid-reuse-no-flush", "raises.trace");

    private static readonly string Clean = Path.Combine(RepositoryPaths.Root, "traces", "good", "map_fresh_pages.trace");

    private readonly CommandFixture _fixture = new() { Pipeline = Pipeline.OfLibrary };

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task The_policy_is_in_the_database_and_in_every_report()
    {
        var (db, reports) = (_fixture.File("a.db"), _fixture.File("out"));
        var file = Write("p.json", """{ "profile": "linux-6.1", "strict-cont": true }""");
        await _fixture.RunAsync("analyze", Faulty, "--db", db, "--out", reports, "--policy", file, "--bbm-level", "1");
        const string Line = "policy: linux-6.1 (bbm-level 1, strict-cont true, linux-version 6.1)\n";
        Assert.Contains(Line, _fixture.Output, StringComparison.Ordinal);
        var written = Policy.Parse(File.ReadAllText(Path.Combine(reports, StandardReports.PolicyFile)));
        Assert.Equal((1, true, "6.1"), (written.BbmLevel, written.StrictCont, written.LinuxVersion));
        Assert.Equal(1, await Count(Line, "info", db));
        Assert.Equal(1, await Count("policy: default\n", "replay", db));
        Assert.Equal(1, await Count("policy: pkvm (", "replay", db, "--profile", "pkvm"));
    }

    [Fact]
    public async Task A_file_goes_over_a_profile_and_an_option_over_both()
    {
        var file = Write("p.json", """{ "bbm-level": 1 }""");
        var db = _fixture.File("a.db");
        Assert.Equal(1, await Count("level assumed: 2\n", "analyze", Faulty, "--db", db, "--profile", "linux-bbml2"));
        Assert.Equal(1, await Count("level assumed: 1\n", "replay", db, "--profile", "linux-bbml2", "--policy", file));
        Assert.Equal(1, await Count("level assumed: 3\n", "replay", db, "--profile", "linux-bbml2", "--policy", file, "--bbm-level", "3"));
    }

    [Fact]
    public async Task Lints_are_judged_by_an_option_as_by_the_policy_and_counted_by_site()
    {
        var lints = Path.Combine(RepositoryPaths.Root, "traces", "rules", "redundant-break", "raises.trace");
        var (byOption, byPolicy, without) = (_fixture.File("option"), _fixture.File("policy"), _fixture.File("without"));
        await _fixture.RunAsync("analyze", lints, "--out", byOption, "--lints");
        Assert.Contains("policy: default (lints True)\n", _fixture.Output, StringComparison.OrdinalIgnoreCase);
        await _fixture.RunAsync("analyze", lints, "--out", byPolicy, "--policy", Write("p.json", """{ "lints": true }"""));
        await _fixture.RunAsync("analyze", lints, "--out", without);
        foreach (var report in new[] { "findings.csv", "findings_by_site.csv", StandardReports.PolicyFile })
        {
            Assert.Equal(File.ReadAllText(Path.Combine(byPolicy, report)), File.ReadAllText(Path.Combine(byOption, report)));
        }

        Assert.Contains("redundant-break", File.ReadAllText(Path.Combine(byOption, "findings_by_site.csv")), StringComparison.Ordinal);
        Assert.True(Policy.Parse(File.ReadAllText(Path.Combine(byOption, StandardReports.PolicyFile))).Lints);
        Assert.DoesNotContain("redundant-break", File.ReadAllText(Path.Combine(without, "findings_by_site.csv")), StringComparison.Ordinal);
        Assert.Equal(1, await Count("\nredundant-break,info,info,", "rules", "--lints"));
        Assert.Equal(1, await Count("\nredundant-break,info,off,", "rules"));
    }

    [Fact]
    public async Task Rules_are_listed_with_their_severity_under_a_policy()
    {
        Assert.Equal(1, await Count("\nperm-stale,warning,\"warning, info in el1, info in el2-host\",", "rules", "--profile", "pkvm"));
        var file = Write("p.json", """{ "severities": { "perm-stale": "error", "pending-at-end": "off" } }""");
        Assert.Equal(1, await Count("\nperm-stale,warning,error,", "rules", "--policy", file));
        Assert.Equal(1, await Count("\npending-at-end,info,off,", "rules", "--policy", file));
        Assert.Equal(1, await Count("\n  severity   warning\n  effective  warning, by the policy default\n", "rules", "perm-stale"));
    }

    [Theory]
    [InlineData("replay x --profile linux-6.2", "no profile 'linux-6.2'", "Try: linux-6.1")]
    [InlineData("rules --profile fast", "no profile 'fast'", "Try: linux-6.1 or linux-6.12 or linux-bbml2 or pkvm or strict")]
    [InlineData("replay x --policy {p} --profile strict", "starts from the profile 'pkvm', --profile asks for 'strict'", "Try: one of the two")]
    public async Task A_profile_that_does_not_exist_is_a_usage_error(string line, string message, string hint)
    {
        var file = Write("p.json", """{ "profile": "pkvm" }""");
        Assert.Equal(ExitCode.Usage, await _fixture.RunAsync(line.Replace("{p}", file, StringComparison.Ordinal).Split(' ')));
        Assert.Contains(message, _fixture.Error, StringComparison.Ordinal);
        Assert.Contains(hint, _fixture.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--policy", "{\n \"bbm-lvel\": 1 }", "wrong.json: line 2: no setting bbm-lvel")]
    [InlineData("--waivers", "[\n { \"rule\": \"bbm-*\" } ]", "wrong.json: line 2: the waiver has no reason")]
    [InlineData("--baseline", "no database", "wrong.json: not a database")]
    [InlineData("--policy", null, "wrong.json: no such file")]
    [InlineData("--waivers", null, "wrong.json: no such file")]
    [InlineData("--baseline", null, "wrong.json: no such file")]
    public async Task A_file_that_cannot_be_used_is_bad_input_and_nothing_is_imported(string option, string? text, string message)
    {
        var file = text is null ? _fixture.File("wrong.json") : Write("wrong.json", text);
        Assert.Equal(ExitCode.BadInput, await _fixture.RunAsync("analyze", Faulty, "--db", _fixture.File("a.db"), option, file));
        Assert.Contains(message, _fixture.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_fixture.File("a.db")));
    }

    [Fact]
    public async Task A_waived_error_is_no_reason_to_fail()
    {
        var file = Write(
            "w.json",
            """
            [
              { "rule": "bbm-block-to-table", "reason": "agreed" },
              { "rule": "asid-*", "reason": "long gone" },
              { "rule": "bbm-*", "reason": "for a while", "expires": "2020-02-29" }
            ]
            """);
        var (db, reports) = (_fixture.File("a.db"), _fixture.File("out"));
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("analyze", Faulty, "--db", db, "--out", reports, "--waivers", file));
        Assert.Contains("\nwaivers: 1 used, 1 expired, 1 unused: see waivers\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains("findings: 0 errors, 0 warnings, 0 notes (1 waived)\n", _fixture.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("bbm-block-to-table", _fixture.Output, StringComparison.Ordinal);
        Assert.Contains($"{file}: line 3: the waiver of asid-* matched nothing\n", _fixture.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}: line 4: the waiver of bbm-* expired on 2020-02-29 and does not apply; it fits 1 finding\n", _fixture.Error, StringComparison.Ordinal);
        var row = File.ReadAllLines(Path.Combine(reports, "findings.csv"))[1];
        Assert.StartsWith("bbm-block-to-table,error,", row, StringComparison.Ordinal);
        Assert.EndsWith(",agreed,0", row, StringComparison.Ordinal);

        // Without the file it counts again.
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("replay", db));
    }

    [Fact]
    public async Task Only_what_the_baseline_does_not_have_is_reported()
    {
        var (old, db) = (_fixture.File("old.db"), _fixture.File("new.db"));
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("analyze", Clean, "--db", db));
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("analyze", Faulty, "--db", old));

        // The same fault again, into the very database.
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("analyze", Faulty, "--db", old, "--force", "--baseline", old));
        Assert.Contains("findings: 0 errors, 0 warnings, 0 notes (1 known from the baseline)\n", _fixture.Output, StringComparison.Ordinal);
        Assert.Equal(1, await Count($"baseline: {db}: 0 findings are gone\n", "replay", old, "--baseline", db));
        Assert.Equal(1, await Count($"baseline: {old}: 1 finding is gone: see baseline_gone\n", "replay", db, "--baseline", old));
        Assert.Equal(1, await Count("\nbbm-block-to-table,error,,set_pte maker,2,", "query", db, "baseline_gone"));
    }

    [Fact]
    public async Task A_trace_that_tells_no_TLBI_is_judged_in_part_and_says_so()
    {
        const string Notice = "no TLBI in the trace: whether a break was completed is not judged";
        await _fixture.RunAsync("analyze", Faulty, "--db", _fixture.File("a.db"));
        Assert.DoesNotContain(Notice, _fixture.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.ErrorsFound, await _fixture.RunAsync("analyze", WithoutTlbis(Faulty)));
        Assert.Contains(Notice, _fixture.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Clean, await _fixture.RunAsync("analyze", WithoutTlbis(ReusedAsid)));
        Assert.Contains("findings: 0 errors, 0 warnings, 0 notes (1 more of unknown confidence)\n", _fixture.Output, StringComparison.Ordinal);
    }

    private string WithoutTlbis(string trace) => Write(
        "no-tlbi.trace",
        string.Concat(File.ReadLines(trace).Where(line => !line.Contains(" tlbi:", StringComparison.Ordinal)).Select(line => line + "\n")));

    // How often a text is in what this run prints.
    private async Task<int> Count(string text, params string[] arguments)
    {
        var before = _fixture.Output.Length;
        await _fixture.RunAsync(arguments);
        return _fixture.Output[before..].Split(text).Length - 1;
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_fixture.File(name), text);
        return _fixture.File(name);
    }
}
