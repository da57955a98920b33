using System.Globalization;
using System.Text;
using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Tests.Arm;

namespace TraceReplay.Tests.Generators;

/// <summary>The forms in which Tarmac traces come.</summary>
public enum TarmacDialect
{
    /// <summary><c>4 clk cluster0.cpu0 IT (4) ...</c>, system registers in R lines, the operand of a TLBI too.</summary>
    FastModels = 0,

    /// <summary><c>1500 clk cpu0 IT (4) ...</c>, registers in R lines only where they are general-purpose ones.</summary>
    Gem5 = 1,

    /// <summary><c>16465 tic cpu0 ES (...)</c>, lines without a time, stores drawn as sixteen bytes.</summary>
    Cycle = 2,
}

/// <summary>
/// Renders events of the vocabulary as the Tarmac trace of a machine that did the same, opcodes and all. The tables are not told: what
/// they hold is stored before they are linked, as software does.
/// </summary>
internal sealed class TarmacWriter(NameTable names, TraceClock clock, TarmacDialect dialect)
{
    private const uint StoreOpcode = 0xf900_0001; // STR x1,[x0]
    private const uint SwapOpcode = 0xf8e1_8001; // SWPAL x1,x1,[x0]
    private const uint CompareAndSwapOpcode = 0xc8e1_fc01; // CASAL x1,x1,[x0]
    private const uint ReleaseOpcode = 0xc89f_fc01; // STLR x1,[x0]
    private const uint LoadOpcode = 0xf940_0001;
    private const int OperandRegister = 1;

    private static readonly Dictionary<(string Kind, string Name), uint> Opcodes = VectorFile.Read("Arm/system_instructions.txt")
        .Where(row => row[1] is "barrier" or "tlbi" or "register")
        .ToDictionary(row => (row[1], string.Join(' ', row.Fields[3..])), row => (uint)row.Number(0));

    private readonly StringBuilder _text = new();
    private readonly Dictionary<int, HypervisorConfiguration> _hypervisors = [];
    private readonly Dictionary<ulong, ulong> _memory = [];
    private readonly List<TableKnown> _tables = [];
    private readonly Dictionary<ulong, ulong> _told = [];
    private object? _held;
    private int _count;

    /// <summary>The trace; null where an event has no counterpart in Tarmac.</summary>
    public static string? Render(IReadOnlyList<object> events, NameTable names, TraceClock clock, TarmacDialect dialect)
    {
        var writer = new TarmacWriter(names, clock, dialect);
        if (dialect == TarmacDialect.Cycle)
        {
            writer._text.Append("Tarmac Text Rev 3t\n");
        }

        // Without the shape of the roots nothing is followed.
        if (!events.OfType<SystemRegisterWrite>().Any(e => names.Name(e.Register).StartsWith("tcr_", StringComparison.Ordinal) || names.Name(e.Register) == "vtcr_el2"))
        {
            return null;
        }

        // What is told before the first store was there when the machine was set up.
        var isFirst = true;
        foreach (var e in events)
        {
            isFirst &= e is not PageTableWrite;
            if (isFirst && e is DescriptorValueKnown { Source: DescriptorSource.Initial } x)
            {
                writer.Store(x.Header with { Time = 0 }, null, x.Pa, x.Value, 8);
            }
        }

        return events.All(writer.Take) && writer.Flush() ? writer._text.ToString() : null;
    }

    // Tables and their content are told behind the event that made them known; software stored them before it.
    private bool Take(object e)
    {
        switch (e)
        {
            case TableGone:
                return true;
            case TableKnown x:
                _tables.Add(x);
                return true;
            case DescriptorValueKnown { Source: DescriptorSource.Initial } x:
                _told[x.Pa] = x.Value;
                return true;
            case DescriptorValueKnown { Source: DescriptorSource.Final } or Marker:
                return true;
            case SystemRegisterWrite x when names.Name(x.Register) is "contextidr_el1":
                return true;
            default:
                if (!Flush())
                {
                    return false;
                }

                _held = e;
                return true;
        }
    }

    // What a table is told to hold was stored before it was linked, and so were zeros where it held something else as another table.
    private void StoreTold(in EventHeader header)
    {
        foreach (var table in _tables)
        {
            var end = table.Base + ((ulong)(table.Entries ?? 512) * 8);
            for (var pa = table.Base; pa < end; pa += 8)
            {
                var value = _told.GetValueOrDefault(pa);
                if (_memory.GetValueOrDefault(pa) != value)
                {
                    Store(header, null, pa, value, 8);
                }
            }
        }

        foreach (var (pa, value) in _told)
        {
            if (_memory.GetValueOrDefault(pa) != value)
            {
                Store(header, null, pa, value, 8);
            }
        }

        _tables.Clear();
        _told.Clear();
    }

    private bool Flush()
    {
        if (_held is not null)
        {
            StoreTold(GeneratedTrace.HeaderOf(_held));
        }

        switch (_held)
        {
            case null:
                return true;
            case PageTableWrite x when x.SizeBytes <= 8 || (x.New == 0 && x.SizeBytes <= 256):
                Store(x.Header, x.Pc, x.Pa, x.New, x.SizeBytes, OpcodeOf(names.Name(x.How)));
                break;
            case DescriptorValueKnown { Source: DescriptorSource.Hardware } x:
                Instruction(x.Header, null, LoadOpcode, "LDR      x1,[x0]");
                Line(x.Header, $"MR8 {x.Pa:x16}:{x.Pa:x12}_NS {x.Value:x16}");
                _memory[x.Pa] = x.Value;
                break;
            case BarrierInstruction x:
                Instruction(x.Header, x.Pc, Opcodes[("barrier", names.Name(x.Kind))], names.Name(x.Kind).ToUpperInvariant());
                break;
            case TlbiInstruction x when Opcodes.TryGetValue(("tlbi", names.Name(x.Operation)), out var opcode):
                System(x.Header, x.Pc, opcode, x.Operand, $"TLBI {names.Name(x.Operation)}");
                if (dialect == TarmacDialect.FastModels)
                {
                    Line(x.Header, $"R TLBI {names.Name(x.Operation).ToUpperInvariant()} {x.Operand >> 32:x8}:{x.Operand & uint.MaxValue:x8}");
                }

                break;
            case SystemRegisterWrite x when Opcodes.TryGetValue(("register", names.Name(x.Register)), out var opcode):
                System(x.Header, x.Pc, opcode, x.Value, $"MSR {names.Name(x.Register)}");
                if (dialect == TarmacDialect.FastModels)
                {
                    Line(x.Header, $"R {names.Name(x.Register).ToUpperInvariant()} {x.Value:x16}");
                }

                if (names.Name(x.Register) == "hcr_el2")
                {
                    _hypervisors[x.Header.Cpu] = new HypervisorConfiguration(x.Value);
                }

                break;
            default:
                return false;
        }

        _held = null;
        return true;
    }

    private void System(in EventHeader header, ulong? pc, uint opcode, ulong operand, string text)
    {
        var hasOperand = (opcode & 31) != 31;
        if (hasOperand)
        {
            Line(header, $"R X{OperandRegister} {operand:x16}");
        }

        Instruction(header, pc, hasOperand ? (opcode & ~31u) | OperandRegister : opcode, text);
    }

    private static uint OpcodeOf(string how) =>
        how.Contains("cas", StringComparison.Ordinal) || how.Contains("cmpxchg", StringComparison.Ordinal) ? CompareAndSwapOpcode
        : how.Contains("xchg", StringComparison.Ordinal) || how == "lse" ? SwapOpcode
        : how.Contains("release", StringComparison.Ordinal) || how == "stlr" ? ReleaseOpcode : StoreOpcode;

    private void Store(in EventHeader header, ulong? pc, ulong pa, ulong value, int bytes, uint opcode = StoreOpcode)
    {
        Instruction(header, pc, opcode, "(store)");
        for (var at = 0; at < bytes; at += 8)
        {
            _memory[(pa & ~7ul) + (ulong)at] = value;
        }

        if (dialect != TarmacDialect.Cycle || bytes > 8)
        {
            var digits = (bytes <= 8 ? value & (ulong.MaxValue >> (64 - (bytes * 8))) : 0).ToString("x", CultureInfo.InvariantCulture).PadLeft(bytes * 2, '0');
            Line(header, $"MW{bytes} {pa:x16}:{pa:x12}_NS {(bytes == 8 && dialect == TarmacDialect.FastModels ? digits.Insert(8, "_") : digits)}");
            return;
        }

        var drawn = new string('.', 32).ToCharArray();
        for (var i = 0; i < bytes; i++)
        {
            var at = 30 - (2 * (int)((pa + (ulong)i) & 15));
            ((value >> (i * 8)) & 0xff).ToString("x2", CultureInfo.InvariantCulture).CopyTo(drawn.AsSpan(at));
        }

        var text = new string(drawn);
        _text.Append(CultureInfo.InvariantCulture, $"                    ST {pa & ~15ul:x16} {text[..8]} {text[8..16]} {text[16..24]} {text[24..]}    NS:{pa & ~15ul:x12}    NM ISH IWBRWA\n");
    }

    private void Instruction(in EventHeader header, ulong? pc, uint opcode, string text)
    {
        // The only register names that tell of EL2 are its own; a host at EL2 uses those of EL1 too.
        var isHost = _hypervisors.GetValueOrDefault(header.Cpu).RunsVheHost;
        var mode = isHost || text.Contains("_el2", StringComparison.Ordinal) || text.Contains("E2", StringComparison.OrdinalIgnoreCase) ? "EL2h_n" : "EL1h_n";
        var address = pc ?? 0x8000;
        Line(header, dialect == TarmacDialect.Cycle
            ? $" ES  ({address:x16}:{opcode:x8}) O {mode.ToLowerInvariant()}s:         {text}"
            : $"IT ({++_count}) {address:x16}{(dialect == TarmacDialect.FastModels ? $":{address:x12}_NS" : "")} {opcode:x8} O {mode} : {text}");
    }

    private void Line(in EventHeader header, string text)
    {
        var unit = clock == TraceClock.Time ? "ns" : dialect == TarmacDialect.Cycle ? "tic" : "clk";
        var component = dialect == TarmacDialect.FastModels ? $"cluster0.cpu{header.Cpu}" : $"cpu{header.Cpu}";
        _text.Append(CultureInfo.InvariantCulture, $"{header.Time} {unit} {component} {text}\n");
    }
}
