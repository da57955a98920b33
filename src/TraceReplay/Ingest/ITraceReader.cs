using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>One input format.</summary>
public interface ITraceReader
{
    /// <summary>Short name, as in <c>--format</c> and <c>trace.format</c>.</summary>
    string Name { get; }

    /// <summary>True when the first bytes of a source (up to <see cref="TraceReaders.HeadBytes"/>) are of this format.</summary>
    bool Recognises(ReadOnlySpan<byte> head);

    /// <summary>Reads a source to its end. Content does not make it throw: what cannot be used becomes a problem.</summary>
    /// <exception cref="IOException">A binary source of which nothing can be used; text never is.</exception>
    TextSummary Read(Stream text, ReadSession session);
}

/// <summary>What a reader tells about a source beyond its events.</summary>
public sealed record TextSummary
{
    /// <summary>Lines of the decompressed text; of a trace.dat, those that trace-cmd makes of it.</summary>
    public long LineCount { get; init; }

    /// <summary>Bytes of the decompressed source.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Form of the timestamps.</summary>
    public TraceClock Clock { get; init; }

    /// <summary>CPUs named by a header (<c>#P:n</c>, <c>cpus=n</c>), 0 without one.</summary>
    public int HeaderCpuCount { get; init; }

    /// <summary>Entries the ring buffer held, where a header tells.</summary>
    public long? EntriesInBuffer { get; init; }

    /// <summary>Entries written to the ring buffer, where a header tells; the difference was overwritten.</summary>
    public long? EntriesWritten { get; init; }

    /// <summary>The source could be read only in part.</summary>
    public bool IsDamaged { get; init; }
}
