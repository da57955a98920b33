using System.Globalization;
using TraceReplay.Events;
using TraceReplay.Export;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Generators;

/// <summary>A finished trace: events with their headers, as an importer would give them.</summary>
internal sealed class GeneratedTrace
{
    private const long StartNs = 1_000_000_000;
    private const long StepNs = 1000;

    public GeneratedTrace(NameTable names, IEnumerable<TraceItem> items, int cpuCount, TraceClock clock = TraceClock.Time)
        : this(names, items.Select(item => item.Event), cpuCount, clock)
    {
    }

    public GeneratedTrace(NameTable names, IEnumerable<object> events, int cpuCount, TraceClock clock)
    {
        Names = names;
        Clock = clock;
        CpuCount = cpuCount;
        var seq = 0L;
        foreach (var e in events)
        {
            seq++;
            var header = HeaderOf(e);
            var time = clock == TraceClock.Counter ? seq : StartNs + (seq * StepNs);
            Events.Add(WithHeader(e, header with { Seq = seq, Line = header.Line == 0 ? seq : header.Line, Time = time }));
        }
    }

    public NameTable Names { get; }

    public TraceClock Clock { get; }

    public int CpuCount { get; }

    public List<object> Events { get; } = [];

    /// <summary>Hands the events to a sink.</summary>
    public void Send(IEventSink sink) => Send(Events, sink);

    /// <summary>Hands events to a sink.</summary>
    public static void Send(IReadOnlyList<object> events, IEventSink sink)
    {
        foreach (var e in events)
        {
            Send(e, sink);
        }
    }

    public TraceFacts Facts()
    {
        var collector = new TraceFactsCollector(Names);
        Send(collector);
        return collector.Facts(Clock, CpuCount);
    }

    public ReplaySummary Replay(ReplayOptions? options = null)
    {
        var engine = new ReplayEngine(Facts(), Names, options ?? new ReplayOptions(), DiscardedRows.Instance);
        Send(engine);
        return engine.Finish();
    }

    public string ToText()
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        Send(new FtraceWriter(text, Names, Clock, CpuCount));
        return text.ToString();
    }

    /// <summary>A finding as one line, for comparison: the line of the event names the event, for sequence numbers change with what is added.</summary>
    public static string Describe(Finding finding) => string.Create(
        CultureInfo.InvariantCulture,
        $"{finding.Rule.Id} {finding.Severity} {finding.Confidence} line {finding.Where.Line} pa 0x{finding.Pa:x} va 0x{finding.Va ?? 0:x} "
        + $"0x{finding.Old ?? 0:x}->0x{finding.New ?? 0:x} stale {finding.Stale?.Line} tlbi {finding.TlbiLine} barrier {finding.BarrierLine} "
        + $"count {finding.Count}");

    /// <summary>The findings of at least warning severity, each as one line.</summary>
    public static List<string> Serious(ReplaySummary summary) =>
        [.. summary.Findings.Where(finding => finding.Severity >= Severity.Warning).Select(Describe)];

    public static EventHeader HeaderOf(object e) => e switch
    {
        PageTableWrite x => x.Header,
        TlbiInstruction x => x.Header,
        BarrierInstruction x => x.Header,
        SystemRegisterWrite x => x.Header,
        TableKnown x => x.Header,
        DescriptorValueKnown x => x.Header,
        TableGone x => x.Header,
        MachineFact x => x.Header,
        PageAllocation x => x.Header,
        ContextSwitch x => x.Header,
        LockOperation x => x.Header,
        LockHint x => x.Header,
        Marker x => x.Header,
        LostEvents x => x.Header,
        TlbEntry x => x.Header,
        _ => throw new ArgumentException($"{e.GetType()} is no event"),
    };

    public static object WithHeader(object e, EventHeader header) => e switch
    {
        PageTableWrite x => x with { Header = header },
        TlbiInstruction x => x with { Header = header },
        BarrierInstruction x => x with { Header = header },
        SystemRegisterWrite x => x with { Header = header },
        TableKnown x => x with { Header = header },
        DescriptorValueKnown x => x with { Header = header },
        TableGone x => x with { Header = header },
        MachineFact x => x with { Header = header },
        PageAllocation x => x with { Header = header },
        ContextSwitch x => x with { Header = header },
        LockOperation x => x with { Header = header },
        LockHint x => x with { Header = header },
        Marker x => x with { Header = header },
        LostEvents x => x with { Header = header },
        TlbEntry x => x with { Header = header },
        _ => throw new ArgumentException($"{e.GetType()} is no event"),
    };

    public static void Send(object e, IEventSink sink)
    {
        switch (e)
        {
            case PageTableWrite x: sink.On(x); break;
            case TlbiInstruction x: sink.On(x); break;
            case BarrierInstruction x: sink.On(x); break;
            case SystemRegisterWrite x: sink.On(x); break;
            case TableKnown x: sink.On(x); break;
            case DescriptorValueKnown x: sink.On(x); break;
            case TableGone x: sink.On(x); break;
            case MachineFact x: sink.On(x); break;
            case PageAllocation x: sink.On(x); break;
            case ContextSwitch x: sink.On(x); break;
            case LockOperation x: sink.On(x); break;
            case LockHint x: sink.On(x); break;
            case Marker x: sink.On(x); break;
            case LostEvents x: sink.On(x); break;
            case TlbEntry x: sink.On(x); break;
        }
    }
}
