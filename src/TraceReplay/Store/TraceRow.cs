using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>A row of table <c>trace</c>: one source and its facts. Property names are the columns'.</summary>
public sealed record TraceRow
{
    /// <summary>1-based number of the source in the import.</summary>
    public long Id { get; init; }

    /// <summary>As given; <c>-</c> for standard input.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the reader.</summary>
    public required string Format { get; init; }

    /// <summary><c>none</c> or <c>gzip</c>.</summary>
    public required string Compression { get; init; }

    /// <summary>Of the bytes as they were in the source, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Of the decompressed text.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Lines of the decompressed text.</summary>
    public long LineCount { get; init; }

    /// <summary>Sequence number of the first event.</summary>
    public long FirstSeq { get; init; }

    /// <summary>Sequence number of the last event.</summary>
    public long LastSeq { get; init; }

    /// <summary>Events of the vocabulary.</summary>
    public long EventCount { get; init; }

    /// <summary><c>time</c> or <c>counter</c>.</summary>
    public required string Clock { get; init; }

    /// <summary>Added to its times where it was merged with others by time: nanoseconds or ticks; null where it is a piece of one capture.</summary>
    public long? ClockOffset { get; init; }

    /// <summary>Added to its CPU numbers where it was merged with others.</summary>
    public long? CpuOffset { get; init; }

    /// <inheritdoc cref="TraceFacts.CpuCount"/>
    public long CpuCount { get; init; }

    /// <summary>Entries the ring buffer held, where a header told.</summary>
    public long? EntriesInBuffer { get; init; }

    /// <summary>Entries written to the ring buffer, where a header told.</summary>
    public long? EntriesWritten { get; init; }

    /// <inheritdoc cref="TraceFacts.PageAddressBits"/>
    public long PageAddressBits { get; init; }

    /// <inheritdoc cref="TraceFacts.PageDescriptorCount"/>
    public long PageDescriptorCount { get; init; }

    /// <inheritdoc cref="TraceFacts.LowestLevel"/>
    public long? LowestLevel { get; init; }

    /// <inheritdoc cref="TraceFacts.HasTables"/>
    public bool HasTables { get; init; }

    /// <inheritdoc cref="TraceFacts.HasRoots"/>
    public bool HasRoots { get; init; }

    /// <inheritdoc cref="TraceFacts.HypervisorConfiguration"/>
    public long? FirstHcr { get; init; }

    /// <inheritdoc cref="TraceFacts.HasBarriers"/>
    public bool HasBarriers { get; init; }

    /// <inheritdoc cref="TraceFacts.HasTlbis"/>
    public bool HasTlbis { get; init; }

    /// <inheritdoc cref="TraceFacts.Stage2Vmids"/>
    public string Stage2Vmids { get; init; } = "";

    /// <summary>The source could be read only in part.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>The facts among the columns.</summary>
    public TraceFacts Facts => new()
    {
        Clock = Clock == "counter" ? TraceClock.Counter : TraceClock.Time,
        CpuCount = (int)CpuCount,
        PageAddressBits = (int)PageAddressBits,
        PageDescriptorCount = PageDescriptorCount,
        LowestLevel = (int?)LowestLevel,
        HasTables = HasTables,
        HasRoots = HasRoots,
        HypervisorConfiguration = (ulong?)FirstHcr,
        HasBarriers = HasBarriers,
        HasTlbis = HasTlbis,
        Stage2Vmids = Stage2Vmids,
    };
}
