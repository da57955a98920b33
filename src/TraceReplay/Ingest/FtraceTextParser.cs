using System.Globalization;
using System.Text;
using System.Text.Unicode;
using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>The loop shared by the text formats: a line, its tokens, its event.</summary>
internal sealed class FtraceTextParser
{
    // A power of two, so that the test is a mask.
    private const int LinesPerTick = 1 << 15;

    private readonly LineReader _lines;
    private readonly ReadSession _session;
    private readonly TaskStyle _style;
    private readonly FtraceLinePrefix _prefix;
    private readonly LineContext _context;

    private TraceClock? _clock;
    private long? _entriesInBuffer;
    private long? _entriesWritten;

    // Most lines are of the task of the line before.
    private byte[] _lastComm = [];
    private int _lastPid = -1;
    private int _lastTask;

    private int _highestCpu;

    public FtraceTextParser(Stream text, ReadSession session, TaskStyle style)
    {
        _lines = new LineReader(text);
        _session = session;
        _style = style;
        _prefix = new FtraceLinePrefix(style);
        _context = new LineContext(_lines, session);
    }

    public TextSummary Run()
    {
        while (_lines.Next())
        {
            if ((_lines.Number & (LinesPerTick - 1)) == 0)
            {
                _session.Tick();
            }

            var line = _lines.Line;
            if (_lines.IsTooLong)
            {
                _context.Report(ImportProblems.LineTooLong, $"expected at most {LineReader.MaxLineBytes} bytes");
            }
            else if (line.IsEmpty)
            {
            }
            else if (line[0] == (byte)'#')
            {
                ReadHeader(line);
            }
            else
            {
                ReadLine(line);
            }
        }

        if (_lines.Damage is { } damage)
        {
            _session.Problems.Add(damage.Kind, _lines.Number, damage.Message, default);
        }

        return new TextSummary
        {
            LineCount = _lines.Number,
            SizeBytes = _lines.BytesRead,
            Clock = _clock ?? TraceClock.Time,
            HeaderCpuCount = _session.HeaderCpuCount,
            EntriesInBuffer = _entriesInBuffer,
            EntriesWritten = _entriesWritten,
            IsDamaged = _lines.Damage is not null,
        };
    }

    private void ReadHeader(ReadOnlySpan<byte> line)
    {
        if (FtraceNotices.IsBufferStart(line, out var cpu))
        {
            _context.Report(ImportProblems.LostEvents, $"CPU {cpu}: what it did before this line was overwritten");
            _context.SendLost(cpu, null);
            return;
        }

        if (!FtraceNotices.IsBufferHeader(line, out var inBuffer, out var written, out var cpuCount))
        {
            return;
        }

        (_entriesInBuffer, _entriesWritten) = (inBuffer, written);
        _session.HeaderCpuCount = Math.Max(_session.HeaderCpuCount, cpuCount);
        if (inBuffer < written)
        {
            _context.Report(ImportProblems.BufferOverwritten, $"{written} entries were written, {inBuffer} are in the buffer");
        }
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (!Ascii.IsValid(line) && !Utf8.IsValid(line))
        {
            _context.Report(ImportProblems.NotUtf8, $"expected UTF-8");
        }

        var result = _prefix.Tokenize(line, out var tokens);
        if (result == NumberResult.Ok)
        {
            ReadEvent(in tokens);
        }
        else if (result == NumberResult.OutOfRange)
        {
            _context.Report(ImportProblems.NumberOutOfRange, $"expected a CPU of 0..{FtraceLineTokenizer.HighestCpu} and a time of 63 bits");
        }
        else
        {
            ReadNotice(line);
        }
    }

    private void ReadEvent(in FtraceLine tokens)
    {
        CheckTime(in tokens);
        _highestCpu = Math.Max(_highestCpu, tokens.Cpu);
        if (tokens.Event.IsEmpty)
        {
            ReadWithoutEvent(in tokens);
            return;
        }

        _context.Time = tokens.Time;
        _context.Cpu = tokens.Cpu;
        _context.Task = TaskOf(in tokens);
        FtraceEvents.Parse(tokens.Event, tokens.Payload, _context);
    }

    // What perf tells beside the events, lines of the function tracer, or a line that was cut off.
    private void ReadWithoutEvent(in FtraceLine tokens)
    {
        if (FtraceNotices.IsPerfLost(tokens.Payload, out var lost))
        {
            ReadLost(tokens.Cpu, lost);
        }
        else if (tokens.Payload.StartsWith("PERF_RECORD_"u8))
        {
            var end = tokens.Payload.IndexOf((byte)' ');
            _session.Skipped.Add(end < 0 ? tokens.Payload : tokens.Payload[..end], _lines.Number);
        }
        else if (tokens.Payload.IndexOf(" <-"u8) >= 0)
        {
            _session.Skipped.Add("(function)"u8, _lines.Number);
        }
        else
        {
            _context.Report(ImportProblems.MalformedLine, $"expected 'event:' after the time");
        }
    }

    private int TaskOf(in FtraceLine tokens)
    {
        if (tokens.Pid == _lastPid && tokens.Comm.SequenceEqual(_lastComm))
        {
            return _lastTask;
        }

        _lastTask = _session.Names.InternTask(tokens.Comm, tokens.Pid);
        _lastComm = tokens.Comm.ToArray();
        _lastPid = tokens.Pid;
        return _lastTask;
    }

    private void CheckTime(in FtraceLine tokens)
    {
        var clock = tokens.IsCounter ? TraceClock.Counter : TraceClock.Time;
        _clock ??= clock;
        _context.CheckTime(tokens.Time, clock);
    }

    private void ReadNotice(ReadOnlySpan<byte> line)
    {
        if (FtraceNotices.IsLostEvents(line, out var cpu, out var count))
        {
            ReadLost(cpu, count);
        }
        else if (FtraceNotices.IsCpuCount(line, out var cpuCount))
        {
            _session.HeaderCpuCount = Math.Max(_session.HeaderCpuCount, cpuCount);
        }
        else if (FtraceNotices.IsStackFrame(line))
        {
            _session.Skipped.Add("(stack trace)"u8, _lines.Number);
        }
        else if (_context.MayGoOn && line[0] is (byte)' ' or (byte)'\t' && line.IndexOf("] "u8) < 0)
        {
            _session.Skipped.Add("(more lines)"u8, _lines.Number);
        }
        else if (!FtraceNotices.IsPreamble(line) && line.ContainsAnyExcept((byte)' ', (byte)'\t'))
        {
            var expected = _style == TaskStyle.Dash ? "task-pid [cpu] flags time: event:" : "task pid [cpu] time: system:event:";
            _context.Report(ImportProblems.MalformedLine, $"expected '{expected}'");
        }
    }

    // A notice without a CPU is of any: each one that can be known so far gets an event, of an unknown number.
    private void ReadLost(int? cpu, long? count)
    {
        if (cpu is { } known)
        {
            _context.ReportLost(known, count);
            return;
        }

        _context.Report(ImportProblems.LostEvents, $"the trace lost {count?.ToString(CultureInfo.InvariantCulture) ?? "an unknown number of"} events");
        for (var each = 0; each <= Math.Max(_highestCpu, _session.HeaderCpuCount - 1); each++)
        {
            _context.SendLost(each, null);
        }
    }
}
