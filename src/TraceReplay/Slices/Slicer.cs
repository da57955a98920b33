using System.Globalization;
using System.Text;
using TraceReplay.Events;
using TraceReplay.Export;
using TraceReplay.Ingest;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Slices;

/// <summary>A part of a trace that raises one finding.</summary>
/// <param name="Text">As ftrace prints it; a comment before each event tells its line in the trace.</param>
/// <param name="Events">Number of events.</param>
/// <param name="AlsoRaised">Rules of other findings that it cannot be had without, in order; empty where it raises nothing else.</param>
public sealed record Slice(string Text, int Events, IReadOnlyList<string> AlsoRaised);

/// <summary>Finds the shortest part of a trace that still raises a finding: every event left out was shown, by replaying, not to be needed.</summary>
public sealed class Slicer
{
    // Replayed several hundred times, more would take minutes.
    private const int MostCandidates = 400_000;

    // A fault may be noticed at a later barrier or load, or when a restriction has stood for long.
    private const long EventsBehind = 4096;

    private readonly EventReader _reader;
    private readonly SliceTarget _target;
    private readonly TraceFacts _facts;
    private readonly SliceProbe _probe;
    private readonly CancellationToken _cancellation;

    private Slicer(TraceDatabase database, SliceTarget target, CancellationToken cancellation)
    {
        _reader = new EventReader(database);
        _target = target;
        _facts = _reader.ReadFacts();
        _probe = new SliceProbe(target, _reader.Names, _facts.Clock, _facts.CpuCount);
        _cancellation = cancellation;
    }

    /// <summary>Slices a trace.</summary>
    /// <param name="database">A replayed database.</param>
    /// <param name="finding">Number of the finding.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The slice; null when no part that was tried raises the finding again.</returns>
    /// <exception cref="ArgumentException">There is no such finding.</exception>
    public static Slice? Find(TraceDatabase database, long finding, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var target = SliceTarget.Read(database, finding)
            ?? throw new ArgumentException($"no finding {finding}", nameof(finding));
        return new Slicer(database, target, cancellation).Find(finding);
    }

    private Slice? Find(long id)
    {
        List<SliceEvent>? best = null;
        var bestOthers = int.MaxValue;
        foreach (var reach in Enum.GetValues<SliceReach>())
        {
            foreach (var end in new[] { _target.Seq, _target.Seq + EventsBehind, long.MaxValue - 1 })
            {
                var candidates = Candidates(reach, end);
                if (candidates.Count > MostCandidates || !_probe.Run(candidates).Raises)
                {
                    continue;
                }

                var reduced = Reduce(candidates);
                var others = _probe.Run(reduced).Others.Count;
                if (others < bestOthers)
                {
                    (best, bestOthers) = (reduced, others);
                }

                break;
            }

            if (bestOthers == 0)
            {
                break;
            }
        }

        return best is null ? null : Checked(best, id);
    }

    private List<SliceEvent> Candidates(SliceReach reach, long end)
    {
        var mask = ~(_target.PageBytes - 1);
        var collector = new SliceCandidates(
            reach, address => _target.Pages.Contains(address & mask), _target.FromSeq, _target.PageBytes, _target.Rule == RuleId.LockNotHeld);
        _reader.Read(collector, end, _cancellation);
        var events = collector.Events;
        if (_target.BbmLevel != 0)
        {
            var fact = new MachineFact(
                default, _reader.Names.Intern("bbm_level"), _reader.Names.Intern(_target.BbmLevel.ToString(CultureInfo.InvariantCulture)));
            var first = events.Count > 0 ? events[0].Header : default;
            events.Insert(0, new SliceEvent(
                first with { Seq = 0, Line = 0 }, (sink, header) => sink.On(fact with { Header = header }), "not of the trace: the FEAT_BBM level it was replayed with"));
        }

        return events;
    }

    private List<SliceEvent> Reduce(List<SliceEvent> candidates)
    {
        var shortest = Minimise(candidates, mostOthers: int.MaxValue);
        var others = _probe.Run(shortest).Others.Count;
        if (others == 0)
        {
            return shortest;
        }

        // What is left open at the end is told as well; completed, it is not.
        var closed = Closed(shortest);
        if (_probe.Run(closed) is { Raises: true } result && result.Others.Count < others)
        {
            (shortest, others) = (Minimise(closed, result.Others.Count), result.Others.Count);
        }

        if (others == 0)
        {
            return shortest;
        }

        // Left out one by one, events may have taken along what kept other rules quiet: here none may be left out that does.
        var quiet = Closed(candidates);
        var quietResult = _probe.Run(quiet);
        if (!quietResult.Raises)
        {
            return shortest;
        }

        quiet = Minimise(quiet, quietResult.Others.Count);
        return _probe.Run(quiet).Others.Count < others ? quiet : shortest;
    }

    private List<SliceEvent> Closed(List<SliceEvent> events)
    {
        var last = events[^1].Header;
        var header = last with { Cpu = _target.Cpu, Line = 0, Seq = long.MaxValue };
        var (all, names) = (new List<SliceEvent>(events), _reader.Names);
        Barrier("dsb ish");
        foreach (var operation in new[] { "vmalle1is", "alle1is", "alle2is" })
        {
            var tlbi = new TlbiInstruction(default, names.Intern(operation), 0, null);
            Add((sink, place) => sink.On(tlbi with { Header = place }));
        }

        Barrier("dsb ish");
        Barrier("isb");
        return all;

        void Barrier(string kind)
        {
            var barrier = new BarrierInstruction(default, names.Intern(kind), null);
            Add((sink, place) => sink.On(barrier with { Header = place }));
        }

        void Add(Action<IEventSink, EventHeader> send) =>
            all.Add(new SliceEvent(header, send, "not of the trace: completes what would be left open"));
    }

    // Leaves out ever smaller pieces for as long as the finding stands, at the end single events until none can go.
    private List<SliceEvent> Minimise(List<SliceEvent> events, int mostOthers)
    {
        var size = Math.Max(events.Count / 2, 1);
        while (true)
        {
            var isShorter = false;

            // From the back: an event rests on what came before it.
            for (var end = events.Count; end > 0; end -= size)
            {
                _cancellation.ThrowIfCancellationRequested();
                var start = Math.Max(end - size, 0);
                List<SliceEvent> rest = [.. events.Take(start), .. events.Skip(end)];
                if (rest.Count > 0 && _probe.Run(rest) is { Raises: true } result && result.Others.Count <= mostOthers)
                {
                    (events, isShorter) = (rest, true);
                    mostOthers = mostOthers == int.MaxValue ? mostOthers : result.Others.Count;
                }
            }

            if (size == 1 && !isShorter)
            {
                return events;
            }

            size = Math.Max(size / 2, 1);
        }
    }

    // Read back from its text like any trace: what is handed out is what was checked.
    private Slice? Checked(List<SliceEvent> events, long id)
    {
        var text = Write(events, id);
        var names = new NameTable();
        var session = new ReadSession(new TraceFactsCollector(names), names, new ImportProblems());
        var source = TraceSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "slice", session, "ftrace");
        var facts = ((TraceFactsCollector)session.Sink).Facts(source.Text.Clock, source.Text.HeaderCpuCount);
        names = new NameTable();
        var engine = new ReplayEngine(facts, names, _probe.Options, DiscardedRows.Instance);
        session = new ReadSession(engine, names, new ImportProblems());
        TraceSource.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "slice", session, "ftrace");
        engine.Finish();
        var place = events.FindIndex(e => e.Header.Seq == _target.Seq) + 1;
        var result = _probe.Judge(engine.Findings, finding => finding.Where.Seq == place);
        return result.Raises ? new Slice(text, events.Count, [.. result.Others.Select(other => other.Rule.Id)]) : null;
    }

    private string Write(List<SliceEvent> events, long id)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"# finding {id}, {_target.Rule}: {_target.Summary}");
        var policy = (_target.Policy with { Name = Policy.Default.Name }).ToJson(isIndented: false);
        if (policy != Policy.Default.ToJson(isIndented: false))
        {
            text.WriteLine($"# replayed with the policy {policy}");
        }

        var writer = new FtraceWriter(text, _reader.Names, _facts.Clock, _facts.CpuCount);
        foreach (var e in events)
        {
            text.WriteLine((e.Header.Line, e.Note) switch
            {
                (0, _) => $"# {e.Note}",
                (_, "") => $"# {e.Header.PlaceText}",
                var (_, note) => $"# {e.Header.PlaceText}: {note}",
            });
            e.Send(writer, e.Header);
        }

        return text.ToString();
    }
}
