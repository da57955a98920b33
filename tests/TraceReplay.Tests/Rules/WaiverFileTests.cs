using TraceReplay.Rules;

namespace TraceReplay.Tests.Rules;

public sealed class WaiverFileTests
{
    [Fact]
    public void A_waiver_has_patterns_a_reason_and_a_last_day()
    {
        var waivers = WaiverFile.Parse(
            """
            // Of the release.
            [
              {
                "rule": "bbm-*",
                "pc": "0xffff800080000000..0xffff80008fffffff",
                "symbol": "efi_*",
                "task": "swapper/?",
                "va": "0x1000",
                "pa": "4096..8191",
                "reason": "boot services are gone by then",
                "expires": "2027-06-30",
              },
              { "rule": "tlbi-ineffective", "reason": "known" }
            ]
            """);
        Assert.Equal(
            [
                new Waiver
                {
                    Line = 3,
                    Rule = "bbm-*",
                    Pc = new AddressRange(0xffff800080000000, 0xffff80008fffffff),
                    Symbol = "efi_*",
                    Task = "swapper/?",
                    Va = new AddressRange(0x1000, 0x1000),
                    Pa = new AddressRange(4096, 8191),
                    Reason = "boot services are gone by then",
                    Expires = new DateOnly(2027, 6, 30),
                },
                new Waiver { Line = 13, Rule = "tlbi-ineffective", Reason = "known" },
            ],
            waivers);
    }

    [Fact]
    public void A_file_may_waive_nothing() => Assert.Empty(WaiverFile.Parse("[]"));

    [Theory]
    [InlineData("{}", "line 1: expected an array of waivers")]
    [InlineData("[\n 1 ]", "line 2: expected a waiver")]
    [InlineData("[\n {\n \"reason\": \"r\" } ]", "line 2: the waiver has no rule")]
    [InlineData("[\n\n { \"rule\": \"bbm-*\" } ]", "line 3: the waiver has no reason")]
    [InlineData("[ { \"rule\": \"bbm-*\",\n \"reason\": \" \" } ]", "line 2: the waiver's reason is empty")]
    [InlineData("[ {\n \"rule\": \"bbm-ao-*\", \"reason\": \"r\" } ]", "line 2: no rule 'bbm-ao-*'")]
    [InlineData("[ {\n\n \"site\": \"x\" } ]", "line 3: a waiver has no 'site': expected rule, pc, symbol,")]
    [InlineData("[ {\n \"rule\": \"*\",\n \"rule\": \"*\" } ]", "line 3: rule is given twice")]
    [InlineData("[ { \"rule\": \"*\", \"reason\": \"r\",\n \"va\": 4096 } ]", "line 2: expected a text for va, in quotes")]
    [InlineData("[ { \"rule\": \"*\", \"reason\": \"r\",\n \"va\": \"0x10-0x20\" } ]", "line 2: va '0x10-0x20': expected an address or first..last")]
    [InlineData("[ { \"rule\": \"*\", \"reason\": \"r\",\n \"pa\": \"2..1\" } ]", "line 2: pa '2..1': ends before it begins")]
    [InlineData("[ { \"rule\": \"*\", \"reason\": \"r\",\n \"pc\": \"1..2..3\" } ]", "line 2: pc '1..2..3': expected")]
    [InlineData("[ { \"rule\": \"*\", \"reason\": \"r\",\n \"expires\": \"30.6.2027\" } ]", "line 2: expires '30.6.2027': expected a date such as 2027-06-30")]
    [InlineData("[\n { \"rule\": \"*\" ", "line 2: ")]
    [InlineData("[]\n x", "line 2: ")]
    [InlineData("", "line 1: ")]
    public void A_wrong_file_is_told_with_its_line(string text, string message)
    {
        var e = Assert.Throws<FormatException>(() => WaiverFile.Parse(text));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("BytePosition", e.Message, StringComparison.Ordinal);
    }
}
