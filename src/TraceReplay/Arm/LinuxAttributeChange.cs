namespace TraceReplay.Arm;

/// <summary>
/// What arm64 Linux itself thinks of a change of a kernel mapping: <c>pgattr_change_is_safe()</c> of <c>arch/arm64/mm/mmu.c</c>. It is
/// stricter than the architecture: execution at EL0, EL0 access, the access flag and the guarded page bit may not change, nor any bit of
/// an entry with the Contiguous bit.
/// </summary>
public static class LinuxAttributeChange
{
    /// <summary>MT_NORMAL and MT_NORMAL_TAGGED of <c>asm/memory.h</c>: Tagged counts as a permission.</summary>
    private const ulong Normal = 0;
    private const ulong NormalTagged = 1;

    private const ulong Mask =
        DescriptorBits.PrivilegedExecuteNever | DescriptorBits.ReadOnly | DescriptorBits.Dbm | DescriptorBits.NotGlobal;

    /// <summary>The kernel versions whose test is known.</summary>
    public static IReadOnlyList<string> Versions { get; } = ["6.1", "6.12"];

    /// <summary>The test of a kernel version.</summary>
    /// <param name="old">Descriptor before.</param>
    /// <param name="new">Descriptor stored, a leaf or invalid.</param>
    /// <param name="version">One of <see cref="Versions"/>.</param>
    public static bool IsSafe(ulong old, ulong @new, string version)
    {
        var is61 = version == Versions[0];

        // Creating or taking down a mapping: 6.1 asks for zero, 6.12 for an entry that is not valid.
        if (is61 ? old == 0 || @new == 0 : (old & @new & DescriptorBits.Valid) == 0)
        {
            return true;
        }

        if (((old | @new) & DescriptorBits.Contiguous) != 0 || (old & ~@new & DescriptorBits.NotGlobal) != 0)
        {
            return false;
        }

        // Every other bit, those of the output address among them, must stay as it is.
        var mask = is61 ? Mask : Mask | DescriptorBits.Software;
        return ((old ^ @new) & ~(IsNormal(old) && IsNormal(@new) ? mask | DescriptorBits.AttributeIndex : mask)) == 0;
    }

    private static bool IsNormal(ulong descriptor) => ((descriptor & DescriptorBits.AttributeIndex) >> 2) is Normal or NormalTagged;
}
