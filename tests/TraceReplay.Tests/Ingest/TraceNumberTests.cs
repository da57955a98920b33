using System.Text;
using TraceReplay.Ingest;

namespace TraceReplay.Tests.Ingest;

public sealed class TraceNumberTests
{
    [Theory]
    [InlineData("0", 0ul)]
    [InlineData("0x0", 0ul)]
    [InlineData("0XAbC", 0xabcul)]
    [InlineData("0xffffffffffffffff", ulong.MaxValue)]
    [InlineData("0x00000000000000000001", 1ul)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("9999999999999999999", 9999999999999999999ul)]
    [InlineData("000000000000000000000007", 7ul)]
    public void Number_is_read(string text, ulong expected)
    {
        Assert.Equal((NumberResult.Ok, expected), Parse(text));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("0x", false)]
    [InlineData("ff", false)]
    [InlineData("0x1g", false)]
    [InlineData("0xé", false)]
    [InlineData("1 ", false)]
    [InlineData("+1", false)]
    [InlineData("0x1000000000000000g", false)]
    [InlineData("1844674407370955161x", false)]
    [InlineData("0x10000000000000000", true)]
    [InlineData("18446744073709551616", true)]
    [InlineData("99999999999999999999999999", true)]
    public void What_is_no_number_is_told_from_what_is_too_large(string text, bool isTooLarge)
    {
        Assert.Equal(isTooLarge ? NumberResult.OutOfRange : NumberResult.Malformed, Parse(text).Result);
    }

    private static (NumberResult Result, ulong Value) Parse(string text) => (TraceNumber.Parse(Encoding.UTF8.GetBytes(text), out var value), value);
}
