using System.Globalization;

namespace TraceReplay.Events;

/// <summary>What kind of clock stamped a trace.</summary>
public enum TraceClock
{
    /// <summary>Seconds with a fraction; stored as nanoseconds.</summary>
    Time = 0,

    /// <summary>A bare integer (<c>trace_clock=counter</c>, an instruction count); stored as it is.</summary>
    Counter = 1,
}

/// <summary>Facts about a whole trace that replay needs before its first event.</summary>
public sealed record TraceFacts
{
    /// <summary>Kind of clock.</summary>
    public TraceClock Clock { get; init; }

    /// <summary>Number of CPUs the trace names (<c>#P:n</c>, or the highest CPU seen plus one).</summary>
    public int CpuCount { get; init; }

    /// <summary>
    /// Bits 15:12 and 9:8 that occur in valid level-3 descriptors, OR-ed together. With <see cref="PageDescriptorCount"/> they tell of a
    /// trace that has no TCR write the granule (4K pages sooner or later set bit 12 or 13, 16K pages bit 14 or 15, 64K pages neither), and
    /// DS: with it bits 9:8 are address bits that no machine has, without it the shareability, which is never 0 for all pages.
    /// </summary>
    public int PageAddressBits { get; init; }

    /// <summary>Number of valid level-3 descriptors seen.</summary>
    public long PageDescriptorCount { get; init; }

    /// <summary>Lowest level that a store or table names: the start level of a trace that has no TCR write. Null when none does.</summary>
    public int? LowestLevel { get; init; }

    /// <summary>True when the trace tells tables and their content (<c>pgtable_table</c>): what is not told does not exist.</summary>
    public bool HasTables { get; init; }

    /// <summary>True when TTBR writes are in the trace.</summary>
    public bool HasRoots { get; init; }

    /// <summary>
    /// HCR_EL2 of CPUs that do not tell theirs: the first value written in a trace from reset, else one with E2H and TGE if there is any, which
    /// tells of a VHE host that was up before the trace, else the first. Null where none is written.
    /// </summary>
    public ulong? HypervisorConfiguration { get; init; }

    /// <summary>True when DSBs are in the trace.</summary>
    public bool HasBarriers { get; init; }

    /// <summary>True when TLBIs are in the trace.</summary>
    public bool HasTlbis { get; init; }

    /// <summary>Stands for the VMID of a root that has had several.</summary>
    public const string SeveralVmids = "several";

    /// <summary>
    /// The VMID under which VTTBR_EL2 names each root, such as <c>0x438a6000:1 0x51000000:several</c>: that of a stage 2 whose root is told
    /// before its VTTBR_EL2 is written. Of a root that has had several, by another guest or after a rollover, it is not known which of them
    /// counts. Empty where none is written.
    /// </summary>
    public string Stage2Vmids { get; init; } = "";

    /// <summary>VMID of a stage-2 root by <see cref="Stage2Vmids"/>; null where none names it, or several do.</summary>
    /// <param name="root">Physical address.</param>
    public ushort? Stage2VmidOf(ulong root)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"0x{root:x}:");
        var told = Stage2Vmids.Split(' ').Where(pair => pair.StartsWith(key, StringComparison.Ordinal)).Distinct().ToList();
        return told.Count == 1 && ushort.TryParse(told[0].AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var vmid) ? vmid : null;
    }

    /// <summary>Facts of two consecutive pieces of one capture; the clock is that of the first.</summary>
    public static TraceFacts Combine(TraceFacts first, TraceFacts second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return new()
        {
            Clock = first.Clock,
            CpuCount = Math.Max(first.CpuCount, second.CpuCount),
            PageAddressBits = first.PageAddressBits | second.PageAddressBits,
            PageDescriptorCount = first.PageDescriptorCount + second.PageDescriptorCount,
            LowestLevel = first.LowestLevel is { } x && second.LowestLevel is { } y ? Math.Min(x, y) : first.LowestLevel ?? second.LowestLevel,
            HasTables = first.HasTables || second.HasTables,
            HasRoots = first.HasRoots || second.HasRoots,
            HypervisorConfiguration = first.HypervisorConfiguration ?? second.HypervisorConfiguration,
            HasBarriers = first.HasBarriers || second.HasBarriers,
            HasTlbis = first.HasTlbis || second.HasTlbis,
            Stage2Vmids = string.Join(' ', new[] { first.Stage2Vmids, second.Stage2Vmids }.Where(pairs => pairs.Length > 0)),
        };
    }
}
