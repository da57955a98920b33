using System.Text;
using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>What the lines of a Tarmac trace mean: follows the registers and memory that events are made of.</summary>
/// <remarks>
/// The operand of a TLBI or MSR is the traced value of its register, or what an R line below the instruction says it became; so it is sent
/// when that line has come, or any line that shows that none will.
/// </remarks>
internal sealed class TarmacMachine
{
    private readonly NameTable _names;
    private readonly TarmacOutput _output;
    private readonly TarmacMemory _memory;
    private readonly RootFollower _roots;
    private readonly TarmacGaps _gaps;
    private readonly Dictionary<(TarmacCpu Cpu, string Register), ulong> _sent = [];
    private TarmacCpu? _waiting;
    private bool _sawNonSecure;
    private bool _hasToldWhatIsTraced;

    public TarmacMachine(TarmacOutput output, NameTable names, TarmacGaps gaps, int maxPages)
    {
        _names = names;
        _output = output;
        _gaps = gaps;
        _output.Settle = Settle;
        var stored = new StoredMemory(maxPages);
        var tables = new TableFinder(stored, output);
        _memory = new TarmacMemory(stored, tables, output);
        _roots = new RootFollower(tables, output);
    }

    /// <summary>The trace has ended.</summary>
    public void Finish() => Settle();

    /// <summary>Reads an instruction; false where the line is not of that shape.</summary>
    public bool ReadInstruction(in TarmacLine line)
    {
        var cpu = _output.Cpu;
        EndInstruction(cpu);
        if (TarmacInstruction.IsException(line))
        {
            ReadException(line.Rest);
            return true;
        }

        if (!TarmacInstruction.TryParse(line, out var instruction))
        {
            return false;
        }

        cpu.Pc = instruction.Address;
        cpu.Opcode = instruction.IsA64 ? instruction.Opcode : 0;
        cpu.SetMode(instruction.Mode);
        _sawNonSecure |= cpu is { World: TarmacWorld.NonSecure, ExceptionLevel: >= 0 and <= 2 };
        if (instruction.IsA64 && instruction.IsExecuted)
        {
            _gaps.ReadInstruction(instruction.Opcode, _output);
            Execute(cpu, SystemInstruction.Decode(instruction.Opcode));
        }

        return true;
    }

    /// <summary>Reads a register's new value; false where the line is not of that shape.</summary>
    public bool ReadRegister(ReadOnlySpan<byte> text)
    {
        if (!TarmacRegister.TryParse(text, out var register))
        {
            return false;
        }

        var cpu = _output.Cpu;
        if (register.General >= 0)
        {
            cpu.Write(register.General, register.HasValue ? register.Value : null);
        }
        else if (!register.HasValue)
        {
        }
        else if (!register.Operation.IsEmpty)
        {
            ReadOperand(cpu, register.Operation, register.Value);
        }
        else if (SystemInstruction.FindRegister(register.Name) is { } name)
        {
            ReadSystemRegister(cpu, name, register.Value);
        }

        return true;
    }

    /// <summary>Reads a load or store; false where the line is not of that shape.</summary>
    public bool ReadAccess(in TarmacLine line) =>
        TarmacAccess.TryParse(line.Type, line.Rest, out var access) && _memory.Read(line.Kind == TarmacKind.Store, access);

    /// <summary>Reads a load or store drawn as sixteen bytes; false where the line is not of that shape.</summary>
    public bool ReadBlock(TarmacKind kind, ReadOnlySpan<byte> text)
    {
        if (!TarmacBlock.TryParse(text, out var block))
        {
            return false;
        }

        if (kind == TarmacKind.StoreBlock)
        {
            _memory.Store(block);
        }
        else
        {
            _memory.Load(block);
        }

        return true;
    }

    /// <summary>Reads an entry that a TLB took or gave up; false where the line is not of that shape.</summary>
    public bool ReadTlb(in TarmacLine line)
    {
        if (!TarmacTlb.TryParse(line.Rest, out var entry))
        {
            return false;
        }

        if (entry.ExceptionLevel == 0)
        {
            _output.Context.Skip("(TLB of EL3 or Secure state)"u8);
            return true;
        }

        var context = _output.Begin();
        context.Sink.On(new TlbEntry(
            context.NextHeader(), entry.IsEviction, line.Kind == TarmacKind.WalkCache, entry.Va, entry.SizeBytes, entry.Pa,
            entry.ExceptionLevel, entry.Vmid, entry.Asid));
        return true;
    }

    /// <summary>An exception: an instruction that raised one was not executed.</summary>
    public void ReadException(ReadOnlySpan<byte> text)
    {
        var cpu = _output.Cpu;
        if (text.IndexOf("eset"u8) >= 0 || text.IndexOf("RESET"u8) >= 0)
        {
            foreach (var regime in cpu.Regimes)
            {
                regime.MmuIsOn = false;
            }
        }
        else if (cpu.System is { IsWaiting: true } && (text.IndexOf("SYNC"u8) >= 0 || text.IndexOf("Synchronous"u8) >= 0))
        {
            cpu.System.IsWaiting = false;
            _waiting = null;
            _output.Context.Skip("(trapped)"u8);
        }
    }

    private void EndInstruction(TarmacCpu cpu)
    {
        if (cpu.System is { IsWaiting: true })
        {
            Settle();
        }

        cpu.System = null;
        _memory.EndInstruction(cpu);
    }

    private void Execute(TarmacCpu cpu, in SystemInstruction instruction)
    {
        if (instruction.Kind != SystemInstructionKind.None && !_hasToldWhatIsTraced)
        {
            // Where every instruction is told, one that is not there was not executed.
            _hasToldWhatIsTraced = true;
            var first = _output.Begin();
            first.Sink.On(new MachineFact(first.NextHeader(), _names.Intern("traces"), _names.Intern("roots,tlbis,barriers")));
        }

        switch (instruction.Kind)
        {
            case SystemInstructionKind.Barrier:
                var context = _output.Begin();
                context.Sink.On(new BarrierInstruction(context.NextHeader(), _names.Intern(instruction.Name), cpu.Pc));
                break;
            case SystemInstructionKind.Tlbi or SystemInstructionKind.WriteRegister:
                Settle();
                cpu.System = new SystemEvent
                {
                    Instruction = instruction,
                    Operand = !instruction.IsPair && cpu.TryRead(instruction.Rt, out var operand) ? operand : null,
                    Source = _output.Source,
                    Line = _output.Number,
                    Time = _output.Time,
                };
                _waiting = cpu;
                break;
            case SystemInstructionKind.ZeroBlock:
                _memory.Expect(cpu);
                break;
        }
    }

    // No line tells more of the instruction that waits.
    private void Settle()
    {
        if (_waiting is { System: { } waiting } cpu)
        {
            Complete(cpu, waiting, waiting.Operand);
        }
    }

    // 'R TLBI VAE1IS value': of the instruction above, or alone where instructions are not traced.
    private void ReadOperand(TarmacCpu cpu, ReadOnlySpan<byte> operation, ulong value)
    {
        if (cpu.System is not { } above)
        {
            var name = Encoding.UTF8.GetString(operation).ToLowerInvariant();
            Complete(cpu, Alone(SystemInstructionKind.Tlbi, name), value);
        }
        else if (above.IsWaiting && above.Instruction.Kind == SystemInstructionKind.Tlbi)
        {
            Complete(cpu, above, value);
        }
    }

    // The register that an MSR names and the one that changes differ at EL2 with E2H=1, in all but the exception level.
    private void ReadSystemRegister(TarmacCpu cpu, string name, ulong value)
    {
        if (cpu.System is { Instruction.Kind: SystemInstructionKind.WriteRegister } above && Stem(above.Instruction.Name) == Stem(name))
        {
            if (above.IsWaiting)
            {
                Complete(cpu, above, value);
            }
        }
        else if (!(cpu.Hypervisor.HostAtEl2 && name.EndsWith("_el1", StringComparison.Ordinal))
            && !(_sent.TryGetValue((cpu, name), out var sent) && sent == value))
        {
            // A value at the start of the trace, or after a reset. With E2H=1 the registers of EL1 are a guest's.
            Complete(cpu, Alone(SystemInstructionKind.WriteRegister, name), value);
        }
    }

    private static string Stem(string register) => register[..register.LastIndexOf('_')];

    private SystemEvent Alone(SystemInstructionKind kind, string name)
    {
        Settle();
        return new SystemEvent { Instruction = new(kind, name, TarmacCpu.ZeroRegister), Source = _output.Source, Line = _output.Number, Time = _output.Time };
    }

    private void Complete(TarmacCpu cpu, SystemEvent system, ulong? value)
    {
        system.IsWaiting = false;
        _waiting = ReferenceEquals(_waiting, cpu) ? null : _waiting;
        if (_sawNonSecure && (cpu.World == TarmacWorld.Secure || cpu.ExceptionLevel == 3))
        {
            // The registers of EL1 and EL2 hold another world's values there.
            _output.Context.Skip("(Secure state or EL3)"u8);
            return;
        }

        var name = system.Instruction.Name;
        if (system.Instruction.Kind == SystemInstructionKind.Tlbi)
        {
            var operation = TlbiOperations.Find(name);
            var hasOperand = operation is null || operation.Method is not (TlbiMethod.All or TlbiMethod.CleanOnly);
            _output.At(system, cpu, () => SendTlbi(cpu, name, hasOperand ? value : 0));
            return;
        }

        if (name.EndsWith("_el12", StringComparison.Ordinal))
        {
            _output.Context.Skip(Encoding.UTF8.GetBytes(name));
            return;
        }

        var register = cpu is { ExceptionLevel: 2, Hypervisor.HostAtEl2: true } ? name.Replace("_el1", "_el2", StringComparison.Ordinal) : name;
        _output.At(system, cpu, () => SendRegister(cpu, register, value));
    }

    private void SendTlbi(TarmacCpu cpu, string name, ulong? value)
    {
        var context = _output.Begin();
        if (value is { } operand)
        {
            InstructionPayloads.SendTlbi(Encoding.UTF8.GetBytes(name), operand, cpu.Pc, context);
        }
        else
        {
            ReportUnknown(context, name);
        }
    }

    private void SendRegister(TarmacCpu cpu, string register, ulong? value)
    {
        if (value is not { } written)
        {
            ReportUnknown(_output.Begin(), register);
            return;
        }

        _sent[(cpu, register)] = written;
        _roots.Write(cpu, register, written);
        var context = _output.Begin();
        context.Sink.On(new SystemRegisterWrite(context.NextHeader(), _names.Intern(register), written, cpu.Pc));
        _roots.Tell();
    }

    // Not guessed: the CPU has lost an event.
    private void ReportUnknown(LineContext context, string name)
    {
        context.Report(
            ImportProblems.ValueNotTraced,
            $"expected the value of the register of {name} in an R line above or below: the event is taken for one that its CPU lost");
        context.SendLost(_output.CpuNumber, 1);
    }
}
