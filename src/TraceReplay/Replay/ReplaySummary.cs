using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>What a replay came to.</summary>
public sealed record ReplaySummary
{
    /// <summary>Events replayed.</summary>
    public required long Events { get; init; }

    /// <summary>FEAT_BBM level assumed.</summary>
    public required int BbmLevel { get; init; }

    /// <summary>Granule in use at the end.</summary>
    public required int GranuleBytes { get; init; }

    /// <summary>What told it.</summary>
    public required GranuleSource GranuleSource { get; init; }

    /// <summary><c>pgtable_final</c> values compared with the replayed state.</summary>
    public required long FinalCompared { get; init; }

    /// <summary>Of those, how many differ.</summary>
    public required long FinalDiffering { get; init; }

    /// <summary><c>pgtable_final</c> values of descriptors that replay does not know.</summary>
    public required long FinalUnknown { get; init; }

    /// <summary>Stores of which neither a table nor a level is known.</summary>
    public required long UndecidedWrites { get; init; }

    /// <summary>Stores whose old value replay did not expect.</summary>
    public required long Gaps { get; init; }

    /// <summary>Largest number of stale records open at once.</summary>
    public required int PeakPending { get; init; }

    /// <summary>Findings in order of discovery.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }
}
