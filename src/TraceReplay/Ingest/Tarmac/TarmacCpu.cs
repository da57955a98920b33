using TraceReplay.Arm;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>The security state a CPU runs in.</summary>
internal enum TarmacWorld
{
    Unknown = 0,
    NonSecure = 1,
    Secure = 2,
}

/// <summary>What the trace told of one CPU.</summary>
/// <param name="number">Logical number, the offset of its file included.</param>
/// <param name="task">Id of its name as a task, 0 for none.</param>
internal sealed class TarmacCpu(int number, int task)
{
    /// <summary>The register that reads as zero.</summary>
    public const int ZeroRegister = 31;

    private readonly ulong[] _general = new ulong[ZeroRegister + 1];
    private uint _told = 1u << ZeroRegister;

    public int Number { get; } = number;

    public int Task { get; } = task;

    /// <summary>Address of the instruction being executed; null before the first.</summary>
    public ulong? Pc { get; set; }

    /// <summary>Its encoding.</summary>
    public uint Opcode { get; set; }

    /// <summary>Exception level, -1 where not told.</summary>
    public int ExceptionLevel { get; private set; } = -1;

    public TarmacWorld World { get; private set; }

    /// <summary>The system instruction being executed; null for another one.</summary>
    public SystemEvent? System { get; set; }

    /// <summary>HCR_EL2; zero while not told.</summary>
    public HypervisorConfiguration Hypervisor { get; set; }

    /// <summary>The translation registers, by regime.</summary>
    public RegimeRegisters[] Regimes { get; } = [new(), new(), new()];

    /// <summary>A general-purpose register; false where nothing told its value.</summary>
    public bool TryRead(int register, out ulong value)
    {
        value = _general[register];
        return (_told & (1u << register)) != 0;
    }

    /// <summary>A general-purpose register got a value; null for one that is not known.</summary>
    public void Write(int register, ulong? value)
    {
        _general[register] = value ?? 0;
        _told = value is null ? _told & ~(1u << register) : _told | (1u << register);
    }

    /// <summary>Takes the mode of an instruction: <c>EL1h_n</c>, <c>el3h_s</c>, <c>el0t_ns</c>.</summary>
    public void SetMode(ReadOnlySpan<byte> mode)
    {
        if (mode.Length < 4 || (mode[0] | 0x20) != 'e' || (mode[1] | 0x20) != 'l')
        {
            return;
        }

        ExceptionLevel = mode[2] is >= (byte)'0' and <= (byte)'3' ? mode[2] - '0' : -1;
        var underscore = mode.IndexOf((byte)'_');
        World = underscore < 0 || underscore + 1 == mode.Length ? TarmacWorld.Unknown
            : mode[underscore + 1] == (byte)'n' ? TarmacWorld.NonSecure
            : mode[underscore + 1] == (byte)'s' ? TarmacWorld.Secure : TarmacWorld.Unknown;
    }
}

/// <summary>The registers of one regime, null where not told, and the tables they lead to.</summary>
internal sealed class RegimeRegisters
{
    public ulong?[] Ttbr { get; } = new ulong?[2];

    public ulong? Control { get; set; }

    /// <summary>SCTLR_ELx.M.</summary>
    public bool? MmuIsOn { get; set; }

    public TracedTable?[] Roots { get; } = new TracedTable?[2];
}

/// <summary>A system instruction from its line until its operand is known and it is sent.</summary>
internal sealed class SystemEvent
{
    public required SystemInstruction Instruction { get; init; }

    /// <summary>Value that its register had; null where that was not told.</summary>
    public ulong? Operand { get; init; }

    /// <summary>The file of its line.</summary>
    public required TarmacSource Source { get; init; }

    public required long Line { get; init; }

    public required long Time { get; init; }

    /// <summary>False once it is sent, or known not to have been executed.</summary>
    public bool IsWaiting { get; set; } = true;
}
