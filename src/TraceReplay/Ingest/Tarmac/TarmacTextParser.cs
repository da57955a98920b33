using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>The lines of one file of a Tarmac trace: whose line it is, when, and what it tells.</summary>
internal sealed class TarmacTextParser
{
    private readonly LineReader _lines;
    private readonly ReadSession _session;
    private readonly TarmacOutput _output;
    private readonly TarmacMachine _machine;
    private readonly TarmacCpus _cpus;
    private readonly TarmacGaps _gaps;
    private readonly TarmacSource _source;
    private readonly TarmacFile? _file;
    private TraceClock? _clock;
    private (TraceClock Clock, long Offset)? _shift;

    // A line of bytes may go on below, without the word that tells its kind: its address stands in the same column.
    private TarmacKind _blockKind;
    private int _blockColumn = -1;

    /// <summary>Reads a file whose lines follow those of the file before.</summary>
    /// <param name="text">The text.</param>
    /// <param name="session">Where events go.</param>
    /// <param name="state">What it shares with the files before.</param>
    public TarmacTextParser(Stream text, ReadSession session, TarmacState state)
        : this(text, session, state, file: null)
    {
    }

    /// <summary>Reads a file whose lines are read among those of others.</summary>
    /// <param name="text">The text.</param>
    /// <param name="session">Where events go.</param>
    /// <param name="state">What it shares with the others.</param>
    /// <param name="file">How it is merged with them; null where it is not.</param>
    public TarmacTextParser(Stream text, ReadSession session, TarmacState state, TarmacFile? file)
    {
        _lines = new LineReader(text);
        _session = session;
        _output = state.Output;
        _machine = state.Machine;
        _cpus = state.Cpus;
        _gaps = state.Gaps;
        _source = new TarmacSource(_lines, session, _output, file is null ? _output.LastSource : null, file);
        _file = file;
    }

    /// <summary>Time of the line that <see cref="MoveNext"/> went to, or of the one above where it has none.</summary>
    public long NextTime { get; private set; } = long.MinValue;

    /// <summary>Reads all lines.</summary>
    public TextSummary Run()
    {
        _output.Source = _source;
        return LineLoop.Run(_lines, _session, _output.Context, Read, () =>
        {
            _machine.Finish();
            _gaps.Finish(_output);
            return _clock ?? TraceClock.Counter;
        });
    }

    /// <summary>Goes to the next line; false behind the last.</summary>
    public bool MoveNext()
    {
        if (!_lines.Next())
        {
            return false;
        }

        if (!GoesOn(_lines.Line) && TarmacLine.TryReadTime(_lines.Line, out var time, out var isCounter))
        {
            NextTime = Shifted(time, isCounter ? TraceClock.Counter : TraceClock.Time);
        }

        return true;
    }

    /// <summary>Reads that line.</summary>
    public void ReadNext()
    {
        _output.Source = _source;
        LineLoop.ReadLine(_lines, _session, _output.Context, Read);
    }

    /// <summary>Tells of the file when <see cref="MoveNext"/> came to its end.</summary>
    public TextSummary End()
    {
        _output.Source = _source;
        return LineLoop.End(_lines, _session, _clock ?? TraceClock.Counter);
    }

    // A sum that is no time is left as it is: the merge refuses it.
    private long Shifted(long time, TraceClock clock)
    {
        if (_file is null)
        {
            return time;
        }

        if (_shift is not { } shift || shift.Clock != clock)
        {
            shift = (clock, _file.ClockOffset(clock));
            _shift = shift;
        }

        return unchecked(time + shift.Offset);
    }

    // True for more bytes of the block that the line above began; they may begin with digits as a time does.
    private bool GoesOn(ReadOnlySpan<byte> line) =>
        _blockColumn >= 0 && line.IndexOfAnyExcept((byte)' ', (byte)'\t') == _blockColumn;

    private void Read(ReadOnlySpan<byte> line)
    {
        if (GoesOn(line))
        {
            _machine.ReadBlock(_blockKind, line);
            return;
        }

        _blockColumn = -1;
        if (!TarmacLine.TryParse(line, out var parsed))
        {
            if (line.ContainsAnyExcept((byte)' ', (byte)'\t'))
            {
                _output.Context.Report(ImportProblems.MalformedLine, $"expected '[time unit] [cpu] IT|IS|ES|R|MW|MR|ST|LD|E|TLB ...'");
            }

            return;
        }

        if (parsed.HasTime)
        {
            _source.Clock = parsed.IsCounter ? TraceClock.Counter : TraceClock.Time;
            _source.Time = Shifted(parsed.Time, _source.Clock);
            _clock ??= _source.Clock;
            _session.Clock ??= parsed.Kind == TarmacKind.Other ? null : _source.Clock;
        }

        // A line without a time goes on with what the line above began.
        if (parsed.HasTime || !parsed.Component.IsEmpty || !_source.HasCpu)
        {
            if (_cpus.Find(parsed.Component, _file) is not { } cpu)
            {
                _output.Context.Report(ImportProblems.MalformedLine, $"expected at most {TarmacCpus.Most} names of CPUs");
                return;
            }

            _source.Cpu = cpu;
        }

        if (!ReadKind(in parsed))
        {
            _output.Context.Report(ImportProblems.MalformedLine, $"expected {ShapeOf(parsed.Kind)}");
        }
    }

    private bool ReadKind(in TarmacLine line)
    {
        switch (line.Kind)
        {
            case TarmacKind.Instruction or TarmacKind.CycleInstruction:
                return _machine.ReadInstruction(line);
            case TarmacKind.Register:
                return _machine.ReadRegister(line.Rest);
            case TarmacKind.Store or TarmacKind.Load:
                if (line.Kind == TarmacKind.Store)
                {
                    _gaps.ReadStore();
                }

                return _machine.ReadAccess(line);
            case TarmacKind.StoreBlock or TarmacKind.LoadBlock:
                if (line.Kind == TarmacKind.StoreBlock)
                {
                    _gaps.ReadStore();
                }

                _blockKind = line.Kind;
                _blockColumn = _lines.Line.Length - line.Rest.TrimStart((byte)' ').Length;
                return _machine.ReadBlock(line.Kind, line.Rest);
            case TarmacKind.Exception:
                _machine.ReadException(line.Rest);
                return true;
            case TarmacKind.Tlb or TarmacKind.WalkCache:
                return _machine.ReadTlb(line);
            default:
                return Skip(line);
        }
    }

    // Kinds of other tracers and components are upper-case words, and prose begins with one in mixed case.
    private bool Skip(in TarmacLine line)
    {
        if (line.Type.ContainsAnyExceptInRange((byte)' ', (byte)'~') || !(line.HasTime || char.IsAsciiLetter((char)line.Type[0])))
        {
            return false;
        }

        _gaps.ReadUnknown(line, _output.Context, _session);
        _output.Context.Skip(line.Type);
        return true;
    }

    private static string ShapeOf(TarmacKind kind) => kind switch
    {
        TarmacKind.Instruction => "'IT (count) address opcode A|T|O mode : ...'",
        TarmacKind.CycleInstruction => "'ES (address:opcode) A|T|O mode: ...'",
        TarmacKind.Register => "'R name value'",
        TarmacKind.Store or TarmacKind.Load => "'MW8 address[:physical address] value', of as many digits as the size asks for",
        TarmacKind.StoreBlock or TarmacKind.LoadBlock => "'ST address' and 16 bytes as hex digits, dots or ##",
        TarmacKind.Tlb or TarmacKind.WalkCache => "'TLB FILL cache size 0xaddress regime:0xaddress ...' or 'TLB EVICT cache size 0xaddress regime'",
        _ => "the kind of a line: IT, IS, ES, R, MW, MR, ST, LD, E or TLB",
    };
}
