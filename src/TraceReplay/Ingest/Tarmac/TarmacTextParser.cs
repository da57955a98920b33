using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>The loop over the lines of a Tarmac trace: whose line it is, when, and what it tells.</summary>
internal sealed class TarmacTextParser
{
    private readonly LineReader _lines;
    private readonly ReadSession _session;
    private readonly TarmacOutput _output;
    private readonly TarmacMachine _machine;
    private readonly TarmacCpus _cpus;
    private readonly TarmacGaps _gaps;
    private TraceClock? _clock;

    // A line of bytes may go on below, without the word that tells its kind: its address stands in the same column.
    private TarmacKind _blockKind;
    private int _blockColumn = -1;

    /// <param name="text">The text.</param>
    /// <param name="session">Where events go.</param>
    /// <param name="maxPages">Pages of 4 KB of the traced memory that are kept.</param>
    public TarmacTextParser(Stream text, ReadSession session, int maxPages = StoredMemory.MaxPages)
    {
        _lines = new LineReader(text);
        _session = session;

        // Registers, memory and tables are those that the piece before left.
        var before = session.Carried as TarmacTextParser;
        _output = before?._output ?? new TarmacOutput { Clock = session.Clock ?? TraceClock.Counter, Time = session.LastTime ?? 0 };
        _output.Attach(_lines, session);
        _cpus = before?._cpus ?? new TarmacCpus(session.Names);
        _gaps = before?._gaps ?? new TarmacGaps();
        _machine = before?._machine ?? new TarmacMachine(_output, session, _gaps, maxPages);
        session.Carried = this;
    }

    public TextSummary Run() => LineLoop.Run(_lines, _session, _output.Context, Read, () =>
    {
        _machine.Finish();
        _gaps.Finish(_session);
        return _clock ?? TraceClock.Counter;
    });

    private void Read(ReadOnlySpan<byte> line)
    {
        if (_blockColumn >= 0)
        {
            var start = line.IndexOfAnyExcept((byte)' ', (byte)'\t');
            if (start == _blockColumn)
            {
                _machine.ReadBlock(_blockKind, line);
                return;
            }

            _blockColumn = -1;
        }

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
            _output.Time = parsed.Time;
            _output.Clock = parsed.IsCounter ? TraceClock.Counter : TraceClock.Time;
            _clock ??= _output.Clock;
        }

        // A line without a time goes on with what the line above began.
        if (parsed.HasTime || !parsed.Component.IsEmpty || !_cpus.Any)
        {
            if (_cpus.Find(parsed.Component) is not { } cpu)
            {
                _output.Context.Report(ImportProblems.MalformedLine, $"expected at most {TarmacCpus.Most} names of CPUs");
                return;
            }

            _output.Cpu = cpu;
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
