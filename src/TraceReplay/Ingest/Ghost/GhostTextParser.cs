using TraceReplay.Events;

namespace TraceReplay.Ingest.Ghost;

/// <summary>Picks the steps of the ghost model out of a console's lines; all others are counted.</summary>
internal sealed class GhostTextParser
{
    private readonly LineReader _lines;
    private readonly ReadSession _session;
    private readonly LineContext _context;
    private readonly GhostSteps _steps;
    private readonly SortedSet<int> _cpus = [];
    private TraceClock? _clock;

    public GhostTextParser(Stream text, ReadSession session)
    {
        _lines = new LineReader(text);
        _session = session;
        _context = new LineContext(_lines, session);
        _steps = new GhostSteps(_context, session);
    }

    public TextSummary Run() => LineLoop.Run(_lines, _session, _context, Read, () =>
    {
        _steps.Flush();
        return _clock ?? TraceClock.Counter;
    });

    private void Read(ReadOnlySpan<byte> text)
    {
        if (GhostLine.TryParse(text, out var line))
        {
            Read(line);
        }
    }

    private void Read(scoped in GhostLine line)
    {
        var isStep = GhostSteps.IsStep(line.Name);
        if (line.HasEnvelope)
        {
            SetTime(line);
            if (line.Cpu is { } cpu)
            {
                _cpus.Add(cpu);
            }

            if (isStep && line is { HasPlace: true, HasSecond: false })
            {
                _context.Cpu = line.Cpu ?? 0;
                _steps.Read(line);
            }
            else
            {
                ReportDamage(line.HasSecond ? null : line.Cpu, "expected '***ID: n; CPU: n; STEP ... at FILE:LINE in FUNC***' with a step of the ghost model");
            }
        }
        else if (!line.Source.IsEmpty && _cpus.Count > 0 && (isStep || line.IsMarked))
        {
            SetTime(line);
            ReportDamage(null, "expected 'ID: n; CPU: n;' before the step, as on the lines above");
        }
        else if (isStep && !line.Source.IsEmpty)
        {
            SetTime(line);
            _context.Cpu = 0;
            _steps.Read(line);
        }
        else if (line.Text.StartsWith("! "u8))
        {
            // What the model said of it, such as '! BBM invalid unclean->valid'.
            _steps.Flush();
            _context.Sink.On(new Marker(_context.NextHeader(), _context.Intern(line.Text)));
        }
        else if (!_steps.ReadState(line.Text))
        {
            _session.Skipped.Add("(console)"u8, _lines.Number);
        }
    }

    // What the step did is not known: its CPU lost an event, or any that was seen where the line does not tell which.
    private void ReportDamage(int? cpu, string expected)
    {
        _steps.Flush();
        _context.Report(ImportProblems.MalformedLine, $"{expected}: taken for an event that {(cpu is { } one ? $"CPU {one}" : "each CPU seen")} lost");
        foreach (var each in cpu is { } known ? [known] : _cpus.Count == 0 ? [0] : _cpus.ToArray())
        {
            _context.SendLost(each, 1);
        }
    }

    // The time of the kernel's log where the first step has one; else the number of the step, or of its line.
    private void SetTime(scoped in GhostLine line)
    {
        _clock ??= line.Time is null ? TraceClock.Counter : TraceClock.Time;
        var time = _clock == TraceClock.Counter ? (long?)line.Id ?? _lines.Number : line.Time ?? _session.LastTime ?? 0;
        _context.CheckTime(time, _clock.Value);
        _context.Time = time;
    }
}
