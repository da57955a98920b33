using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>One file of a Tarmac trace: where its reading stands.</summary>
internal sealed class TarmacSource
{
    private static readonly TarmacCpu None = new(0, 0);

    private TarmacCpu? _cpu;

    /// <param name="lines">Its lines.</param>
    /// <param name="session">Where its events go.</param>
    /// <param name="output">Sends them.</param>
    /// <param name="before">The file that it goes on with; null for one that begins by itself.</param>
    /// <param name="file">How it is merged with others; null where it is not.</param>
    public TarmacSource(ILinePosition lines, ReadSession session, TarmacOutput output, TarmacSource? before, TarmacFile? file)
    {
        (Lines, Session, File) = (lines, session, file);
        (Time, Clock) = before is null ? (session.LastTime ?? 0, session.Clock ?? TraceClock.Counter) : (before.Time, before.Clock);
        _cpu = before?._cpu;
        Context = new LineContext(output, session);
    }

    public ILinePosition Lines { get; }

    public ReadSession Session { get; }

    public LineContext Context { get; }

    /// <summary>How it is merged with others; null where it is not.</summary>
    public TarmacFile? File { get; }

    /// <summary>Time of its last line that had one.</summary>
    public long Time { get; set; }

    /// <summary>Form of that time.</summary>
    public TraceClock Clock { get; set; }

    /// <summary>True once a line told its CPU.</summary>
    public bool HasCpu => _cpu is not null;

    /// <summary>The CPU of its last line.</summary>
    public TarmacCpu Cpu
    {
        get => _cpu ?? None;
        set => _cpu = value;
    }
}
