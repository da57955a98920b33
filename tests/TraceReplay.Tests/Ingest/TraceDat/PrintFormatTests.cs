using System.Text;
using TraceReplay.Ingest.TraceDat;

namespace TraceReplay.Tests.Ingest.TraceDat;

public sealed class PrintFormatTests
{
    // a u64 = 0xfedcba9876543210 at 8, b s32 = -5 at 16, c u8[4] at 20, s char[8] = "text" at 24, p = 0x1000 at 32.
    private static readonly EventField[] Fields =
    [
        new("a", 8, 8, false, false, false, FieldPlace.Fixed), new("b", 16, 4, true, false, false, FieldPlace.Fixed),
        new("s", 24, 8, false, true, true, FieldPlace.Fixed), new("p", 32, 8, false, false, false, FieldPlace.Fixed),
    ];

    private static readonly byte[] Record =
        [.. new byte[8], .. BitConverter.GetBytes(0xfedcba9876543210), .. BitConverter.GetBytes(-5), 1, 2, 3, 4, .. "text\0\0\0\0"u8, .. BitConverter.GetBytes(0x1000L)];

    [Theory]
    [InlineData("\"plain 100%%\\n\"", "plain 100%\n")]
    [InlineData("\"a=0x%llx b=%d\", REC->a, REC->b", "a=0xfedcba9876543210 b=-5")]
    [InlineData("\"%x %u %hhd\", REC->a, REC->b, REC->b", "76543210 4294967291 -5")]
    [InlineData("\"%016lx|%-6d|%+d|%6s|%.2s|\", REC->p, REC->b, REC->p, REC->s, REC->s", "0000000000001000|-5    |+4096|  text|te|")]
    [InlineData("\"%#x %#o %5.3d\", REC->p, 8, 7", "0x1000 010   007")]
    [InlineData("\"%p %p\", (void *)REC->p, (void *)(REC->p - 4096)", "0x1000 (nil)")]
    [InlineData("\"%lu\", ((REC->p >> 4) & 0xff) | (1 << 2) ^ 3", "7")]
    [InlineData("\"%d %d\", REC->b < 0 ? -1 : 1, REC->p == 4096 && !REC->b", "-1 0")]
    [InlineData("\"%d\", (unsigned int)REC->b > 5 ? 1 : 2", "1")]
    [InlineData("\"%s\", REC->b ? \"yes\" : \"no\"", "yes")]
    [InlineData("\"%s %s\", __print_symbolic(REC->p, {0, \"none\"}, {0x1000, \"four\"}), __print_symbolic(REC->b, {0, \"none\"})", "four 0xfffffffffffffffb")]
    [InlineData("\"%s\", __print_flags(REC->p | 5, \"|\", {1, \"one\"}, {4, \"four\"})", "one|four|0x1000")]
    [InlineData("\"%s %d\", kernel_function(REC->a, (1 + 2)), REC->b", "? -5")]
    [InlineData("\"%s %d %d\", REC->nothing, REC->b", "? -5 ?")]
    [InlineData("\"%*d|%.*s\", 4, REC->b, 1, REC->s", "  -5|t")]
    [InlineData("\"a\" \"b=%d\", REC->b", "ab=-5")]
    [InlineData("\"%s\", ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))", "?")]
    [InlineData("\"%s\", (((", "?")]
    [InlineData("\"open %", "open ?")]
    public void Text_is_made_as_trace_cmd_makes_it(string format, string expected)
    {
        var output = new PayloadBuffer();
        PrintFormat.Parse(format, Fields).Write(new RecordView(Record, default, new KernelStrings()), output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.Bytes));
    }

    [Theory]
    [InlineData("1", "+1")]
    [InlineData("(", "(")]
    [InlineData("1", "?1:1")]
    [InlineData("!", "!")]
    public void Endless_expressions_are_given_up(string first, string more)
    {
        var output = new PayloadBuffer();
        var expression = first + string.Concat(Enumerable.Repeat(more, 200_000));
        PrintFormat.Parse($"\"%d %d\", {expression}, REC->b", Fields).Write(new RecordView(Record, default, new KernelStrings()), output);
        Assert.StartsWith("? ", Encoding.UTF8.GetString(output.Bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n=%d %s\n", new byte[] { 5, 0, 0, 0, (byte)'x', (byte)'y', 0 }, "n=5 xy\n")]
    [InlineData("%c%hhu %hu", new byte[] { (byte)'z', 7, 9, 1 }, "z7 265")]
    [InlineData("%c %llx", new byte[] { (byte)'z', 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0 }, "z 1234")]
    [InlineData("%pM|%d", new byte[] { (byte)'a', (byte)':', (byte)'b', 0, 1, 0, 0, 0 }, "a:b|1")]
    [InlineData("%d %s", new byte[] { 1 }, "0 ")]
    public void Packed_arguments_are_printed(string format, byte[] arguments, string expected)
    {
        var output = new PayloadBuffer();
        BinaryPrintk.Write(Encoding.UTF8.GetBytes(format), arguments, new RecordView(default, default, new KernelStrings()), output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.Bytes));
    }
}
