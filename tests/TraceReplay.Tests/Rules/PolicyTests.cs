using TraceReplay.Rules;

namespace TraceReplay.Tests.Rules;

public sealed class PolicyTests
{
    public static TheoryData<string> ProfileNames => [.. Policy.Profiles.Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(ProfileNames))]
    public void A_profile_survives_being_written_and_read(string name)
    {
        var profile = Policy.Profile(name)!;
        Assert.Equal(profile.ToJson(), Policy.Parse(profile.ToJson()).ToJson());
        Assert.Equal(profile.ToJson(), Policy.Parse(profile.ToJson(isIndented: false)).ToJson());
        Assert.DoesNotContain('\n', profile.ToJson(isIndented: false));
    }

    [Fact]
    public void What_a_file_does_not_set_stays_as_in_its_profile()
    {
        var policy = Policy.Parse(
            """
            {
              // As on our machines.
              "profile": "pkvm",
              "bbm-level": 1,
              "strict-cont": false,
              "severities": { "perm-stale@el1": "off", "tlbi-ineffective": "warning" },
            }
            """);
        Assert.Equal("pkvm", policy.Name);
        Assert.Equal("pkvm", policy.Base);
        Assert.Equal(1, policy.BbmLevel);
        Assert.False(policy.StrictCont);
        Assert.Equal(Strictness.Error, policy.TableSwap);
        Assert.Null(policy.SeverityOf(RuleId.PermissionStale, "el1", Severity.Warning));
        Assert.Equal(Severity.Info, policy.SeverityOf(RuleId.PermissionStale, "el2-host", Severity.Warning));
        Assert.Equal(Severity.Warning, policy.SeverityOf(RuleId.PermissionStale, "stage2", Severity.Warning));
        Assert.Equal(Severity.Warning, policy.SeverityOf(RuleId.TlbiIneffective, null, Severity.Info));
    }

    [Fact]
    public void A_file_without_profile_starts_from_the_one_given()
    {
        var policy = Policy.Parse("""{ "name": "ours", "no-abort": false }""", Policy.Profile("linux-bbml2"));
        Assert.Equal("ours (bbm-level 2)", policy.ToString());
        Assert.Equal("linux-6.1", Policy.Parse("""{ "profile": "linux-6.1" }""", Policy.Profile("strict")).Name);
    }

    [Theory]
    [InlineData("linux-6.12", "linux-6.12")]
    [InlineData("linux-6.1", "linux-6.1 (linux-version 6.1)")]
    [InlineData("linux-bbml2", "linux-bbml2 (bbm-level 2, no-abort true)")]
    [InlineData("pkvm", "pkvm (strict-cont true, table-swap error, perm-stale@el1 info, perm-stale@el2-host info)")]
    [InlineData("strict", "strict (bbm-level 0, strict-cont true, table-swap error, ng-strict true, cache-hints true, sh-raw true)")]
    public void A_policy_says_what_differs_from_the_default(string name, string text) => Assert.Equal(text, Policy.Profile(name)!.ToString());

    [Theory]
    [InlineData("{}", RuleId.ContiguousChange, "error")]
    [InlineData("""{ "cont-change": "warn" }""", RuleId.ContiguousChange, "warning")]
    [InlineData("""{ "cont-change": "ignore" }""", RuleId.ContiguousChange, "off")]
    [InlineData("""{ "bbm-level": 1 }""", RuleId.ContiguousChange, "warning")]
    [InlineData("""{ "profile": "linux-bbml2" }""", RuleId.ContiguousChange, "off")]
    [InlineData("""{ "bbm-level": 1 }""", RuleId.BlockToTable, "warning")]
    [InlineData("""{ "bbm-level": 2 }""", RuleId.TableToBlock, "info")]
    [InlineData("""{ "bbm-level": 3 }""", RuleId.BlockToTable, "off")]
    [InlineData("""{ "bbm-level": 3 }""", RuleId.OutputAddressChange, "error")]
    [InlineData("{}", RuleId.GlobalToNonGlobal, "off")]
    [InlineData("""{ "ng-strict": true }""", RuleId.GlobalToNonGlobal, "error")]
    [InlineData("{}", RuleId.ExecutePermission, "off")]
    [InlineData("""{ "errata": ["2645198"] }""", RuleId.ExecutePermission, "error")]
    [InlineData("{}", RuleId.TlbiRedundant, "off")]
    [InlineData("""{ "lints": true }""", RuleId.TlbiRedundant, "info")]
    [InlineData("""{ "strict-cont": true }""", RuleId.PartialGroup, "error")]
    [InlineData("""{ "severities": { "bbm-oa-change": "off", "bbm-oa-change@el1": "info" } }""", RuleId.OutputAddressChange, "info")]
    public void A_rule_has_a_worst_severity_under_a_policy(string json, string rule, string expected) =>
        Assert.Equal(expected, Policy.Parse(json).WorstOf(RuleCatalogue.Get(rule), "el1")?.ToString().ToLowerInvariant() ?? "off");

    [Fact]
    public void Errata_are_listed() =>
        Assert.Equal("default (errata 2645198)", Policy.Parse("""{ "errata": ["2645198"] }""").ToString());

    [Theory]
    [InlineData("{\n \"bbm-lvel\": 1 }", "line 2: no setting bbm-lvel")]
    [InlineData("{\n\n \"bbm-level\": 4 }", "line 3: bbm-level 4: expected 0, 1, 2 or 3")]
    [InlineData("{ \"bbm-level\": \"two\" }", "line 1: bbm-level: ")]
    [InlineData("{\n \"table-swap\": \"maybe\" }", "line 2: table-swap: ")]
    [InlineData("{\n \"linux-version\": \"5.4\" }", "line 2: linux-version '5.4': expected 6.1 or 6.12")]
    [InlineData("{\n \"errata\": [\n \"2645198\",\n \"1\"] }", "line 4: erratum '1' is not known: expected 2645198")]
    [InlineData("{ \"severities\": {\n \"bbm-oa-chnge\": \"off\" } }", "line 2: severities: no rule 'bbm-oa-chnge'")]
    [InlineData("{ \"severities\": {\n \"bbm-oa-change@el3\": \"off\" } }", "line 2: severities: no regime 'el3': expected el1, el2-host, el2, stage2")]
    [InlineData("{ \"severities\": {\n\n \"bbm-oa-change\": \"fatal\" } }", "line 3: severities: 'fatal' for bbm-oa-change: expected error, warning, info or off")]
    [InlineData("{\n \"profile\": \"linux-6.2\" }", "line 2: no profile 'linux-6.2': expected one of linux-6.1, linux-6.12")]
    [InlineData("{\n \"no-abort\": true,\n \"no-abort\": false }", "line 3: ")]
    [InlineData("{\n \"errata\": null }", "line 2: ")]
    [InlineData("[]", "line 1: expected a JSON object")]
    [InlineData("null", "line 1: expected a JSON object")]
    [InlineData("", "line 1: ")]
    [InlineData("{\n \"no-abort\": tru }", "line 2: ")]
    public void A_wrong_file_is_told_with_its_line(string text, string message)
    {
        var e = Assert.Throws<FormatException>(() => Policy.Parse(text));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("TraceReplay.Rules", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("BytePosition", e.Message, StringComparison.Ordinal);
    }
}
