using System.Text.Unicode;
using TraceReplay.Events;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>The loop over the records of a file: a record, its text, its event.</summary>
/// <remarks>
/// The text is the same as in the output of trace-cmd, and is read by the same parsers: what an event means is told in one place.
/// </remarks>
internal sealed class TraceDatParser : ILinePosition
{
    // A power of two, so that the test is a mask.
    private const int RecordsPerTick = 1 << 15;

    private const ulong NanosecondsPerMicrosecond = 1000;

    private readonly FileBytes _bytes;
    private readonly ReadSession _session;
    private readonly LineContext _context;
    private readonly PayloadBuffer _text = new();
    private readonly Dictionary<int, (int Id, bool IsUtf8)> _tasks = [];
    private TraceDatFile _file = null!;
    private bool _isDamaged;
    private int _lastPid = -1;
    private (int Id, bool IsUtf8) _lastTask;
    private (CpuStream Stream, EventFormat Format)? _current;

    public TraceDatParser(FileBytes bytes, ReadSession session)
    {
        (_bytes, _session) = (bytes, session);
        _context = new LineContext(this, session);
    }

    /// <summary>The line of <c>trace-cmd report</c> that the record is at.</summary>
    public long Number { get; private set; } = 1;

    /// <summary>The event and its text, made now where the event was taken without.</summary>
    public ReadOnlySpan<byte> Line
    {
        get
        {
            if (_current is { } current && _text.Length == 0)
            {
                WriteText(new RecordView(current.Stream.Record, _file.Order, _file.Strings), current.Format);
            }

            return _text.Bytes;
        }
    }

    public TextSummary Run()
    {
        _session.RawBytes = () => _bytes.BytesRead;
        _file = TraceDatFile.Open(_bytes, OnDamage);
        _session.Symbols = _file.Strings.Symbols;
        _session.HeaderCpuCount = _file.CpuCount;
        var streams =
            from buffer in _file.Buffers
            from data in buffer.Cpus
            where data.Bytes > 0
            select new CpuStream(_file, buffer, data, what => OnDamage($"{Describe(buffer)}CPU {data.Cpu}, {what}"));
        var merge = new RecordMerge(streams);
        for (var count = 1; merge.Next(out var ended) is { } stream; count++)
        {
            if ((count & (RecordsPerTick - 1)) == 0)
            {
                _session.Tick();
            }

            if (stream.HasLost)
            {
                Number++;
                _text.Clear();
                _context.ReportLost(stream.Cpu, stream.LostCount);
            }

            if (!ended)
            {
                ReadRecord(stream);
            }
        }

        return new TextSummary
        {
            LineCount = Number,
            SizeBytes = _bytes.Length,
            Clock = _session.Clock ?? TraceClock.Time,
            HeaderCpuCount = _file.CpuCount,
            IsDamaged = _isDamaged,
        };
    }

    private void ReadRecord(CpuStream stream)
    {
        Number++;
        _text.Clear();
        var time = Time(stream);
        if (time > long.MaxValue)
        {
            _context.Report(ImportProblems.NumberOutOfRange, $"expected a time of 63 bits, found {time}");
            return;
        }

        var record = new RecordView(stream.Record, _file.Order, _file.Strings);
        var format = _file.Format((int)_file.TypeField.Number(record.Bytes, record.Order));
        var task = TaskOf((int)_file.PidField.Number(record.Bytes, record.Order));
        _context.CheckTime((long)time, stream.IsCounter ? TraceClock.Counter : TraceClock.Time);
        _context.Time = (long)time;
        _context.Cpu = stream.Cpu;
        _context.Task = task.Id;
        if (format is null)
        {
            _context.Skip("(unknown type)"u8);
        }
        else if (record.Bytes.Length < format.MinimumBytes)
        {
            _text.Append(format.Name);
            _context.Report(ImportProblems.DamagedTraceDat, $"a record of {record.Bytes.Length} bytes; its fields take {format.MinimumBytes}");
        }
        else
        {
            ReadEvent(stream, in record, format, task.IsUtf8);
        }
    }

    private void ReadEvent(CpuStream stream, in RecordView record, EventFormat format, bool taskIsUtf8)
    {
        if (format.Direct is { } direct && taskIsUtf8 && _context.Hook is null)
        {
            _current = (stream, format);
            var isTaken = direct.TryTake(record.Bytes, record.Order, _context);
            _current = null;
            if (isTaken)
            {
                return;
            }
        }

        var start = WriteText(in record, format);
        var moreLines = JoinLines(_text.Bytes[start..]);
        var payload = (ReadOnlySpan<byte>)_text.Bytes[start..].Trim((byte)' ');
        if (!taskIsUtf8 || !Utf8.IsValid(payload))
        {
            _context.Report(ImportProblems.NotUtf8, $"expected UTF-8");
        }

        FtraceEvents.Parse(format.Name, payload, _context);
        for (var more = moreLines + format.StackFrames(in record); more > 0; more--)
        {
            Number++;
            _context.Skip(moreLines > 0 ? "(more lines)"u8 : "(stack trace)"u8);
        }
    }

    private int WriteText(in RecordView record, EventFormat format)
    {
        _text.Append(format.Name);
        _text.Append(": "u8);
        var start = _text.Length;
        format.Write(in record, _text);
        return start;
    }

    // A line feed in a text would start a line that is no event. trace-cmd leaves out the one at the end.
    private static int JoinLines(Span<byte> text)
    {
        var count = text.Count((byte)'\n');
        if (count > 0)
        {
            count -= text[^1] == (byte)'\n' ? 1 : 0;
            text.Replace((byte)'\n', (byte)' ');
        }

        return count;
    }

    // trace-cmd prints whole microseconds, rounded, unless it is asked for all digits.
    private ulong Time(CpuStream stream) => stream.IsCounter || _session.KeepsNanoseconds
        ? stream.Time
        : (stream.Time + (NanosecondsPerMicrosecond / 2)) / NanosecondsPerMicrosecond * NanosecondsPerMicrosecond;

    private (int Id, bool IsUtf8) TaskOf(int pid)
    {
        if (pid == _lastPid)
        {
            return _lastTask;
        }

        if (!_tasks.TryGetValue(pid, out var task))
        {
            var name = _file.Commands.Name(pid);
            task = (_session.Names.InternTask(name, pid), Utf8.IsValid(name));
            _tasks.Add(pid, task);
        }

        (_lastPid, _lastTask) = (pid, task);
        return task;
    }

    private void OnDamage(string what)
    {
        _isDamaged = true;
        _session.Problems.Add(ImportProblems.DamagedTraceDat, Number, what, default);
    }

    private static string Describe(TraceDatBuffer buffer) => buffer.Name.Length == 0 ? "" : $"buffer '{ImportProblems.Printable(buffer.Name)}', ";
}
