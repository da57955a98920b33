namespace TraceReplay.Ingest;

/// <summary>What an import read.</summary>
public sealed record ImportResult
{
    /// <summary>The sources, in the order given.</summary>
    public required IReadOnlyList<SourceSummary> Sources { get; init; }

    /// <summary>Events stored.</summary>
    public long Events { get; init; }

    /// <summary>Lines read.</summary>
    public long Lines { get; init; }

    /// <summary>Totals of the problem kinds met, in the order of <see cref="ImportProblems.Kinds"/>.</summary>
    public required IReadOnlyList<(ProblemKind Kind, long Count)> Problems { get; init; }

    /// <summary>The worst severity met, or null when there was no problem.</summary>
    public ProblemSeverity? WorstSeverity { get; init; }

    /// <summary>Events that are not in the vocabulary, by name.</summary>
    public required IReadOnlyList<SkippedEvent> SkippedEvents { get; init; }

    /// <summary>A source could be read only in part.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>Time it took.</summary>
    public TimeSpan Elapsed { get; init; }
}
