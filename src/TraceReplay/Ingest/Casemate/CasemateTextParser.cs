using System.Buffers;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Casemate;

/// <summary>Cuts a casemate log into records, and keeps what their events share.</summary>
internal sealed class CasemateTextParser
{
    // A record has a few hundred bytes; more on several lines is a parenthesis that is never closed.
    private const int MaxRecordBytes = 1 << 16;

    private readonly LineReader _lines;
    private readonly ReadSession _session;
    private readonly LineContext _context;
    private readonly CasemateEvents _events;
    private readonly ArrayBufferWriter<byte> _open = new();
    private long _openLine;

    public CasemateTextParser(Stream text, ReadSession session)
    {
        _lines = new LineReader(text);
        _session = session;
        _context = new LineContext(_lines, session);
        _events = new CasemateEvents(_context, session);
    }

    public TextSummary Run() => LineLoop.Run(_lines, _session, _context, Read, () =>
    {
        if (_open.WrittenCount > 0)
        {
            ReportUnclosed();
        }

        return TraceClock.Counter;
    });

    private void Read(ReadOnlySpan<byte> line)
    {
        if (_open.WrittenCount > 0)
        {
            Continue(line);
        }
        else
        {
            ReadLine(line.TrimStart(" \t"u8));
        }
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] == (byte)';')
        {
        }
        else if (line[0] == (byte)'!')
        {
            // What casemate said of it, such as '! BBM valid->valid'.
            _context.Sink.On(new Marker(_context.NextHeader(), _context.Intern(line)));
        }
        else if (line[0] != (byte)'(')
        {
            _session.Skipped.Add("(state print)"u8, _lines.Number);
        }
        else
        {
            ReadRecords(line);
        }
    }

    private void ReadRecords(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var length = text[0] == (byte)'(' ? CasemateRecord.LengthOf(text) : 0;
            if (length == 0)
            {
                Hold(text);
                return;
            }

            ReadRecord(text[..length]);
            text = text[length..].TrimStart(" \t\n"u8);
        }
    }

    // The rest of the record stands on the lines below.
    private void Hold(ReadOnlySpan<byte> text)
    {
        if (text[0] != (byte)'(')
        {
            _context.Report(ImportProblems.MalformedLine, $"expected '(' or the end of the line after a record");
            return;
        }

        _openLine = _lines.Number;
        _open.Write(text);
    }

    private void Continue(ReadOnlySpan<byte> line)
    {
        if (CasemateReader.BeginsRecord(line))
        {
            // Arguments on lines of their own are indented: the record above was cut off.
            ReportUnclosed();
            ReadRecords(line);
            return;
        }

        _open.Write("\n"u8);
        _open.Write(line);
        if (CasemateRecord.LengthOf(_open.WrittenSpan) > 0)
        {
            var text = _open.WrittenSpan.ToArray();
            _open.ResetWrittenCount();
            ReadRecords(text);
        }
        else if (_open.WrittenCount > MaxRecordBytes)
        {
            ReportUnclosed();
        }
    }

    private void ReportUnclosed()
    {
        _context.Report(ImportProblems.MalformedLine, $"the record that begins at line {_openLine} has no closing parenthesis");
        _open.ResetWrittenCount();
    }

    private void ReadRecord(ReadOnlySpan<byte> text)
    {
        if (CasemateRecord.TryParse(text, out var record))
        {
            _events.Read(ref record);
        }
        else
        {
            _context.Report(ImportProblems.MalformedLine, $"expected '(name (key value) ...)'");
        }
    }
}
