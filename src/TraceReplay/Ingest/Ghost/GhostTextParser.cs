using TraceReplay.Events;

namespace TraceReplay.Ingest.Ghost;

/// <summary>Picks the steps of the ghost model out of a console's lines; all others are counted.</summary>
internal sealed class GhostTextParser
{
    private readonly LineReader _lines;
    private readonly ReadSession _session;
    private readonly LineContext _context;
    private readonly GhostSteps _steps;
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
        if (GhostSteps.IsStep(line.Name) && (!line.Source.IsEmpty || line.Id is not null))
        {
            SetTime(line);
            _context.Cpu = line.Cpu ?? 0;
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

    // The time of the kernel's log where the first step has one; else the number of the step, or of its line.
    private void SetTime(scoped in GhostLine line)
    {
        _clock ??= line.Time is null ? TraceClock.Counter : TraceClock.Time;
        var time = _clock == TraceClock.Counter ? (long?)line.Id ?? _lines.Number : line.Time ?? _session.LastTime ?? 0;
        _context.CheckTime(time, _clock.Value);
        _context.Time = time;
    }
}
