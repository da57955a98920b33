using TraceReplay.Events;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest.Mapping;

public sealed class ExpressionTests
{
    [Theory]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("10 - 3 - 2", 5)]
    [InlineData("0x10UL | 1", 0x11)]
    [InlineData("1 << 3 + 1", 16)]
    [InlineData("0xff & ~0xf", 0xf0)]
    [InlineData("5 ^ 3", 6)]
    [InlineData("17 / 5 % 2", 1)]
    [InlineData("-1 >> 60", 15)]
    [InlineData("0xffffffffffffffff + 2", 1)]
    [InlineData("1 << 64", 0)]
    [InlineData("0xff >> 64", 0)]
    [InlineData("a > b ? 10 : a < b ? 20 : 30", 20)]
    [InlineData("a == 5 && b == 7 || 0", 1)]
    [InlineData("!a | !!a", 1)]
    [InlineData("a != 5 ? 1 / 0 : 9", 9)]
    [InlineData("a == 5 || 1 / 0", 1)]
    [InlineData("a <= 5", 1)]
    [InlineData("a >= 6", 0)]
    [InlineData("n == -1", 1)]
    [InlineData("BIT(55)", 1L << 55)]
    [InlineData("GENMASK(47, 12)", 0xfffffffff000)]
    [InlineData("GENMASK(63, 0) & 0xff", 0xff)]
    [InlineData("name == 'xchg' ? 1 : 2", 1)]
    [InlineData("name != \"xchg\"", 0)]
    [InlineData("K + twice", 20)]
    [InlineData("(old & ~clr) | set", 0xf5)]
    public void Expression_gives(string expression, long expected)
    {
        var json = expression.Replace("\"", "\\\"", StringComparison.Ordinal);
        var mapping = Mappings.OfEvent(
            $"\"event\": \"sysreg_write\", \"reg\": \"ttbr0_el1\", \"val\": \"{json}\"", "\"let\": { \"twice\": \"a * 2\" },", "\"constants\": { \"TEN\": 5, \"K\": \"TEN * 2\" },");
        var reading = mapping.Read("e: a=5 b=7, n=-1 name=\"xchg\" old=0xff clr=0x0f set=5");
        Assert.Empty(reading.Problems.Kept);
        Assert.Equal((ulong)expected, Assert.IsType<SystemRegisterWrite>(reading.Event).Value);
    }

    [Theory]
    [InlineData("", "expected a number, a field or '(' at the end of ''")]
    [InlineData("1 +", "expected a number, a field or '(' at the end of '1 +'")]
    [InlineData("1 2", "expected an operator or the end at '2'")]
    [InlineData("(1", "expected ')' at the end of '(1'")]
    [InlineData("a ? 1", "expected ':' and what holds otherwise at the end of 'a ? 1'")]
    [InlineData("0x", "'0x' is no number; expected 0x hex or decimal, of 64 bits")]
    [InlineData("12ab", "'12ab' is no number; expected 0x hex or decimal, of 64 bits")]
    [InlineData("0x10000000000000000", "'0x10000000000000000' is no number; expected 0x hex or decimal, of 64 bits")]
    [InlineData("a & 1 == 0", "a comparison beside '&', '|' or '^': it binds more tightly; expected brackets around what is meant")]
    [InlineData("a < 0", "a comparison with 0 that is always the same: numbers have no sign; expected '== -1' or a bit test")]
    [InlineData("f(1)", "'f' of 1 is no function; expected pa(address), BIT(n) or GENMASK(high, low)")]
    [InlineData("BIT(1, 2)", "'BIT' of 2 is no function; expected pa(address), BIT(n) or GENMASK(high, low)")]
    [InlineData("pa(1)", "pa() needs the linear map; expected \"linear_map\" at the top of the file: \"learn\", or \"virtual\" and \"physical\"")]
    [InlineData("1 == 'x'", "a text is compared with an expression; expected the name of a field before == or !=")]
    [InlineData("a == 'x", "expected the quote that ends the text at ''x'")]
    [InlineData("a = 1", "expected an operator or the end at '= 1'")]
    public void Expression_is_refused(string expression, string expected) =>
        Assert.Equal(
            $"m.json:2: e: tlbi: arg: {expected}",
            Mappings.Refusal($"{{ \"events\": [ {{ \"event\": \"e\", \"emit\": {{ \"event\": \"tlbi\", \"op\": \"alle1\",\n\"arg\": \"{expression}\" }} }} ] }}"));

    [Theory]
    [InlineData("(")]
    [InlineData("-")]
    [InlineData("1 ? 1 : ")]
    public void Nesting_is_bounded(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 500));
        Assert.Contains(
            "nested more than 64 deep",
            Mappings.Refusal($$"""{ "events": [ { "event": "e", "when": "{{text}}", "emit": [] } ] }"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Longest_chain_is_computed()
    {
        var sum = string.Join("+", Enumerable.Repeat("1", 1999));
        var mapping = Mappings.OfEvent($"\"event\": \"sysreg_write\", \"reg\": \"ttbr0_el1\", \"val\": \"{sum}\"");
        Assert.Equal(1999ul, Assert.IsType<SystemRegisterWrite>(mapping.Read("e: ").Event).Value);
        Assert.Contains(
            "expected a text of at most 4000 characters, found 4001",
            Assert.Throws<ImportException>(() => Mappings.OfEvent($"\"event\": \"sysreg_write\", \"reg\": \"r\", \"val\": \"{sum}+10+\"")).Message,
            StringComparison.Ordinal);
    }
}
