using TraceReplay.Events;

namespace TraceReplay.Rules;

/// <summary>One fault: what is wrong, where, and the lines that prove it.</summary>
public sealed class Finding
{
    /// <summary>Row id, 1-based in order of discovery; 0 for one that the policy does not ask for.</summary>
    public required int Id { get; init; }

    public required Rule Rule { get; init; }

    /// <summary>Severity here; never above the rule's.</summary>
    public Severity Severity { get; set; }

    public Confidence Confidence { get; set; }

    /// <summary>Empty, or <c>linux-tolerated</c>.</summary>
    public string Tag { get; set; } = "";

    /// <summary>The event that completes the fault.</summary>
    public required EventHeader Where { get; init; }

    public ulong? Pc { get; init; }

    /// <summary>Name id of what did the store, 0 when not told.</summary>
    public int How { get; init; }

    /// <summary>Descriptor, or root table.</summary>
    public required ulong Pa { get; init; }

    public int? Level { get; init; }

    /// <summary>Input address, where known.</summary>
    public ulong? Va { get; init; }

    public ushort? Asid { get; init; }

    /// <summary>Row id of the address space, 0 for none.</summary>
    public int SpaceId { get; init; }

    /// <summary>The stale or overwritten value.</summary>
    public ulong? Old { get; init; }

    /// <summary>The value stored.</summary>
    public ulong? New { get; init; }

    public string OldDecoded { get; init; } = "";

    public string NewDecoded { get; init; } = "";

    public string Difference { get; init; } = "";

    /// <summary>The store that made <see cref="Old"/> stale.</summary>
    public EventHeader? Stale { get; init; }

    public long? TlbiSeq { get; set; }

    public long? TlbiLine { get; set; }

    public string TlbiWhy { get; set; } = "";

    public long? BarrierSeq { get; set; }

    public long? BarrierLine { get; set; }

    public string BarrierWhy { get; set; } = "";

    /// <summary>The TLB entry that proves that <see cref="Old"/> was cached; null for none.</summary>
    public long? FillSeq { get; set; }

    /// <summary>Stores folded into this fault.</summary>
    public int Count { get; set; } = 1;

    /// <summary>One sentence.</summary>
    public required string Summary { get; set; }
}
