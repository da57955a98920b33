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

    // Every byte in every place, of numbers that are read eight digits at once and of such that are not.
    [Theory]
    [InlineData("0x7")]
    [InlineData("0x1234567")]
    [InlineData("0x89abcdef")]
    [InlineData("0xFEDCBA9876543")]
    [InlineData("0xfedcba9876543210")]
    public void A_hex_digit_counts_where_it_stands_and_no_other_byte_is_one(string text)
    {
        for (var at = 2; at < text.Length; at++)
        {
            for (var b = 0; b < 256; b++)
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                bytes[at] = (byte)b;
                var isDigit = char.IsAsciiHexDigit((char)b);
                var result = TraceNumber.Parse(bytes, out var value);
                Assert.Equal((at, b, isDigit), (at, b, result == NumberResult.Ok));
                if (isDigit)
                {
                    Assert.Equal(Convert.ToUInt64(Encoding.Latin1.GetString(bytes)[2..], 16), value);
                }
            }
        }
    }

    private static (NumberResult Result, ulong Value) Parse(string text) => (TraceNumber.Parse(Encoding.UTF8.GetBytes(text), out var value), value);
}
