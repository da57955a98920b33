using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Replay;

namespace TraceReplay.Ingest.Images;

/// <summary>A root table that a register names.</summary>
/// <param name="Base">Physical address.</param>
/// <param name="Shape">Its level, size and the layout of its descriptors.</param>
internal readonly record struct TableRoot(ulong Base, RootShape Shape);

/// <summary>Follows the translation registers of each CPU as far as it takes to find root tables: those whose TCR is told.</summary>
internal sealed class RootRegisters
{
    private readonly MachineState _machine = new(new FactsInUse(new TraceFacts()), DiscardedRows.Instance);
    private readonly RegimeSelector _selector;

    public RootRegisters() => _selector = new RegimeSelector(_machine, new ReplayOptions().Policy);

    /// <summary>Granule of the kernel's tables, 4K until it is told.</summary>
    public Granule Granule => _machine.Configuration.Granule;

    /// <summary>One fact of <c>pgtable_meta</c>.</summary>
    public void SetFact(string key, string value) => _machine.Configuration.SetFact(key, value);

    /// <summary>A register was written: adds the roots that are in place now, of the register's regime.</summary>
    public void Write(string register, ulong value, int cpuNumber, List<TableRoot> roots)
    {
        var cpu = _machine.Cpu(cpuNumber);
        if (register == "hcr_el2")
        {
            cpu.Hypervisor = new HypervisorConfiguration(value);
            return;
        }

        if (_selector.RegimeOf(register, cpu) is not { } regime)
        {
            return;
        }

        var registers = cpu.Registers(regime);
        switch (register.AsSpan(0, register.Length - 4))
        {
            case "ttbr0":
                registers.Ttbr0 = value;
                break;
            case "vttbr":
                registers.Ttbr0 = value;
                cpu.Vmid = (ushort)(value >> 48);
                break;
            case "ttbr1":
                registers.Ttbr1 = value;
                break;
            case "tcr" or "vtcr":
                registers.Control = new TranslationControl(value, regime.ControlLayout());
                _machine.Configuration.SetControl(regime, registers.Control.Value);
                break;
            default:
                return;
        }

        foreach (var each in _machine.Cpus)
        {
            Add(each.Registers(regime), regime, roots);
        }
    }

    private void Add(RegimeRegisters registers, TranslationRegime regime, List<TableRoot> roots)
    {
        if ((registers.Control ?? _machine.Configuration.Control(regime)) is not { } control)
        {
            return;
        }

        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            if ((half == 0 ? registers.Ttbr0 : registers.Ttbr1) is { } ttbr
                && _machine.Configuration.ShapeOf(regime, half, control) is { } shape
                && shape.BaseOf(ttbr) is not 0 and var root)
            {
                roots.Add(new TableRoot(root, shape));
            }
        }
    }
}
