using TraceReplay.Arm;

namespace TraceReplay.Tests.Arm;

public sealed class LinuxAttributeChangeTests
{
    // A kernel page: AttrIndx 0, SH inner, AF, UXN, PXN.
    private const ulong Page = 0x0060000040210703;

    private const ulong ReadOnly = 1UL << 7;
    private const ulong NotGlobal = 1UL << 11;
    private const ulong Dbm = 1UL << 51;
    private const ulong Contiguous = 1UL << 52;
    private const ulong PrivilegedExecuteNever = 1UL << 53;

    /// <summary>Old, new, safe for 6.1, safe for 6.12: a row for each step of the function, and for each bit of its mask.</summary>
    public static TheoryData<string, ulong, ulong, bool, bool> Rows { get; } = new()
    {
        { "made", 0, Page, true, true },
        { "taken down", Page, 0, true, true },
        { "taken down by clearing the valid bit", Page, Page & ~1UL, false, true },
        { "made from a value that is not valid", Page & ~1UL, Page, false, true },
        { "not valid, but not zero either", Page & ~1UL, (Page & ~1UL) | Contiguous, false, true },
        { "identical", Page, Page, true, true },
        { "another page frame", Page, Page + 0x1000, false, false },
        { "another page frame above 48 bits", Page, Page | (1UL << 49), false, false },
        { "identical and contiguous", Page | Contiguous, Page | Contiguous, false, false },
        { "contiguous set", Page, Page | Contiguous, false, false },
        { "contiguous cleared", Page | Contiguous, Page, false, false },
        { "read-only, contiguous", Page | Contiguous, Page | Contiguous | ReadOnly, false, false },
        { "non-global to global", Page | NotGlobal, Page, false, false },
        { "global to non-global", Page, Page | NotGlobal, true, true },
        { "non-global stays", Page | NotGlobal, Page | NotGlobal | ReadOnly, true, true },
        { "Normal to Normal Tagged", Page, Page | (1UL << 2), true, true },
        { "Normal Tagged to Normal", Page | (1UL << 2), Page, true, true },
        { "Normal to Normal Non-cacheable", Page, Page | (2UL << 2), false, false },
        { "Normal Tagged to Device", Page | (1UL << 2), Page | (4UL << 2), false, false },
        { "Device to Normal", Page | (3UL << 2), Page, false, false },
        { "Device, other permissions", Page | (3UL << 2), Page | (3UL << 2) | ReadOnly, true, true },
        { "made executable", Page, Page & ~PrivilegedExecuteNever, true, true },
        { "made non-executable", Page & ~PrivilegedExecuteNever, Page, true, true },
        { "made read-only", Page, Page | ReadOnly, true, true },
        { "made writable", Page | ReadOnly, Page, true, true },
        { "PTE_WRITE", Page, Page | Dbm, true, true },
        { "software bit 55", Page, Page | (1UL << 55), false, true },
        { "software bit 58", Page, Page | (1UL << 58), false, true },
        { "software bit 63", Page, Page | (1UL << 63), false, true },
        { "bit 59", Page, Page | (1UL << 59), false, false },
        { "UXN", Page, Page & ~(1UL << 54), false, false },
        { "AP[1]", Page, Page | (1UL << 6), false, false },
        { "access flag cleared", Page, Page & ~(1UL << 10), false, false },
        { "guarded page", Page, Page | (1UL << 50), false, false },
        { "shareability", Page, Page & ~(3UL << 8), false, false },
        { "table to block", 0x40210003, 0x0060000040200701, false, false },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Change_is_judged_as_by_the_kernel(string change, ulong old, ulong @new, bool isSafeFor61, bool isSafeFor612)
    {
        Assert.NotEmpty(change);
        Assert.Equal(isSafeFor61, LinuxAttributeChange.IsSafe(old, @new, "6.1"));
        Assert.Equal(isSafeFor612, LinuxAttributeChange.IsSafe(old, @new, "6.12"));
    }
}
