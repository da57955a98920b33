using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>
/// Facts about the trace as replay asks for them, and a note of which it asked for. A replay that ran beside the reading of its trace
/// knew the facts of the first events only: it stands where every fact that it asked for is the same for the whole trace.
/// </summary>
/// <param name="facts">What is known when the replay begins.</param>
internal sealed class FactsInUse(TraceFacts facts)
{
    // Fewer mapped pages than this tell nothing about the granule.
    private const int PagesToInferGranule = 16;

    private readonly HashSet<ulong> _stage2Roots = [];
    private uint _asked;

    private enum Fact
    {
        Clock,
        CpuCount,
        InferredPageShift,
        DsByPages,
        PagesHaveBits9To8,
        LowestLevel,
        HasLevels,
        HasTables,
        HasRoots,
        HypervisorConfiguration,
        HasBarriers,
        HasTlbis,
        End,
    }

    /// <summary>Kind of clock.</summary>
    public TraceClock Clock => (TraceClock)Ask(Fact.Clock)!.Value;

    /// <summary>CPUs that the trace names.</summary>
    public int CpuCount => (int)Ask(Fact.CpuCount)!.Value;

    /// <summary>Those of them that are known of when the replay begins; whoever takes them for all asks <see cref="AllOf"/>.</summary>
    public CpuSet CpusKnown => CpuSet.FirstCpus(Math.Max(1, facts.CpuCount));

    /// <summary>The granule that output addresses of pages show; null where they are too few.</summary>
    public Granule? InferredGranule => Ask(Fact.InferredPageShift) is { } shift ? Granule.FromBytes(1L << (int)shift) : null;

    /// <summary>True where pages whose SH is never set show that bits 9:8 are address bits, or a level tells DS.</summary>
    public bool ShowDs => Ask(Fact.DsByPages) != 0;

    /// <summary>True where a page has bits 9:8: they are its shareability.</summary>
    public bool ShowShareability => Ask(Fact.PagesHaveBits9To8) != 0;

    /// <summary>Lowest level that a store or table names.</summary>
    public int? LowestLevel => (int?)Ask(Fact.LowestLevel);

    /// <summary>True when stores or tables name levels.</summary>
    public bool HasLevels => Ask(Fact.HasLevels) != 0;

    /// <summary>True when tables and their content are told.</summary>
    public bool HasTables => Ask(Fact.HasTables) != 0;

    /// <summary>True when TTBR writes are in the trace.</summary>
    public bool HasRoots => Ask(Fact.HasRoots) != 0;

    /// <summary>HCR_EL2 of CPUs that do not tell theirs.</summary>
    public ulong? HypervisorConfiguration => (ulong?)Ask(Fact.HypervisorConfiguration);

    /// <summary>True when DSBs are in the trace.</summary>
    public bool HasBarriers => Ask(Fact.HasBarriers) != 0;

    /// <summary>True when TLBIs are in the trace.</summary>
    public bool HasTlbis => Ask(Fact.HasTlbis) != 0;

    /// <summary>VMID of a stage-2 root; null where no write to VTTBR_EL2 names it, or several differ.</summary>
    /// <param name="root">Physical address.</param>
    public ushort? Stage2VmidOf(ulong root)
    {
        _stage2Roots.Add(root);
        return facts.Stage2VmidOf(root);
    }

    /// <summary>CPUs known of, taken for all that the trace names.</summary>
    public CpuSet AllOf(CpuSet known)
    {
        Ask(Fact.CpuCount);
        return known;
    }

    /// <summary>True when every answer given so far is right for a trace of these facts.</summary>
    public bool HoldFor(TraceFacts all)
    {
        for (var fact = default(Fact); fact < Fact.End; fact++)
        {
            if ((_asked & (1u << (int)fact)) != 0 && Read(facts, fact) != Read(all, fact))
            {
                return false;
            }
        }

        return _stage2Roots.All(root => facts.Stage2VmidOf(root) == all.Stage2VmidOf(root));
    }

    private long? Ask(Fact fact)
    {
        _asked |= 1u << (int)fact;
        return Read(facts, fact);
    }

    private static long? Read(TraceFacts facts, Fact fact) => fact switch
    {
        Fact.Clock => (long)facts.Clock,
        Fact.CpuCount => facts.CpuCount,
        Fact.InferredPageShift => InferPageShift(facts),
        Fact.DsByPages => facts.LowestLevel == -1 || (facts.PageDescriptorCount >= PagesToInferGranule && (facts.PageAddressBits & 0x300) == 0) ? 1 : 0,
        Fact.PagesHaveBits9To8 => (facts.PageAddressBits & 0x300) != 0 ? 1 : 0,
        Fact.LowestLevel => facts.LowestLevel,
        Fact.HasLevels => facts.LowestLevel is null ? 0 : 1,
        Fact.HasTables => facts.HasTables ? 1 : 0,
        Fact.HasRoots => facts.HasRoots ? 1 : 0,
        Fact.HypervisorConfiguration => (long?)facts.HypervisorConfiguration,
        Fact.HasBarriers => facts.HasBarriers ? 1 : 0,
        Fact.HasTlbis => facts.HasTlbis ? 1 : 0,
        _ => throw new ArgumentOutOfRangeException(nameof(fact)),
    };

    private static long? InferPageShift(TraceFacts facts)
    {
        // One page at an address of 4K alignment is enough; that none is takes many.
        if ((facts.PageAddressBits & 0x3000) != 0)
        {
            return 12;
        }

        return facts.PageDescriptorCount < PagesToInferGranule ? null
            : (facts.PageAddressBits & 0xc000) != 0 ? 14
            : 16;
    }
}
