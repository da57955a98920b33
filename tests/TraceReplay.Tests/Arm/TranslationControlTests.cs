using TraceReplay.Arm;

namespace TraceReplay.Tests.Arm;

public sealed class TranslationControlTests
{
    // T0SZ = 16, T1SZ = 25: 48 bits below, 39 above; TBI0 set where it is asked for.
    [Theory]
    [InlineData(0x0000000000000000, false, true)]
    [InlineData(0x0000ffffffffffff, false, true)]
    [InlineData(0x0001000000000000, false, false)]
    [InlineData(0x5a00000000001000, false, false)]
    [InlineData(0x5a00000000001000, true, true)]
    [InlineData(0x5a01000000001000, true, false)]
    [InlineData(0xffffff8000000000, false, true)]
    [InlineData(0xffffff7fffffffff, false, false)]
    [InlineData(0xffffffffffffffff, true, true)]
    [InlineData(0x5affff8000000000, true, false)]
    public void An_address_is_in_a_range_or_in_none(ulong address, bool ignoresLowTopByte, bool expected)
    {
        var control = new TranslationControl(16 | (25UL << 16) | (ignoresLowTopByte ? 1UL << 37 : 0));
        Assert.Equal(expected, control.Translates(address));
    }
}
