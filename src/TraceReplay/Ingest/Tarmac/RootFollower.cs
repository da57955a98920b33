using TraceReplay.Arm;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>Follows the translation registers of each CPU, and has the tables that they lead to found.</summary>
internal sealed class RootFollower(TableFinder tables, TarmacOutput output)
{
    private const int El1 = 0;
    private const int El2 = 1;
    private const int Stage2 = 2;
    private const ulong BaseAddress = 0x0000_ffff_ffff_fffe;

    // TCR of any CPU, for those whose own is not told: all are set up alike.
    private readonly ulong?[] _controls = new ulong?[3];

    /// <summary>Tells the tables that the last write has led to.</summary>
    public void Tell() => tables.TellLoaded();

    /// <summary>A register is written; the event that says so is about to be sent.</summary>
    /// <param name="cpu">CPU that wrote it.</param>
    /// <param name="register">Lower-case name; that of EL2 for an EL1 name used by a host at EL2.</param>
    /// <param name="value">Value written.</param>
    public void Write(TarmacCpu cpu, string register, ulong value)
    {
        if (register == "hcr_el2")
        {
            cpu.Hypervisor = new HypervisorConfiguration(value);
            Refresh(cpu, El1);
            Refresh(cpu, El2);
            Refresh(cpu, Stage2);
            return;
        }

        var regime = register[0] == 'v' ? Stage2 : register.EndsWith("_el2", StringComparison.Ordinal) ? El2 : El1;
        var registers = cpu.Regimes[regime];
        switch (register[..^4])
        {
            case "ttbr0" or "vttbr":
                registers.Ttbr[0] = value;
                break;
            case "ttbr1":
                registers.Ttbr[1] = value;
                break;
            case "tcr" or "vtcr":
                registers.Control = value;
                _controls[regime] = value;
                break;
            case "sctlr":
                registers.MmuIsOn = (value & 1) != 0;
                break;
            default:
                return;
        }

        Refresh(cpu, regime);
        if (regime == Stage2)
        {
            // The VMID tells a guest from the host.
            Refresh(cpu, El1);
        }
    }

    private void Refresh(TarmacCpu cpu, int regime)
    {
        var registers = cpu.Regimes[regime];
        for (var half = 0; half < registers.Roots.Length; half++)
        {
            var former = registers.Roots[half];
            registers.Roots[half] = RootOf(cpu, regime, half);
            if (former is not null)
            {
                tables.Unload(former);
            }
        }
    }

    private TracedTable? RootOf(TarmacCpu cpu, int regime, int half)
    {
        var registers = cpu.Regimes[regime];
        if (registers.Ttbr[half] is not { } ttbr || !IsOn(cpu, regime))
        {
            return null;
        }

        // KVM clears VTTBR where no guest runs.
        if (regime == Stage2 && (ttbr & BaseAddress) == 0)
        {
            return null;
        }

        if ((registers.Control ?? _controls[regime]) is not { } value)
        {
            output.ReportNoControl(regime switch { El1 => "tcr_el1", El2 => "tcr_el2", _ => "vtcr_el2" });
            return null;
        }

        var layout = regime switch
        {
            Stage2 => ControlLayout.Stage2,
            El2 when !cpu.Hypervisor.HostAtEl2 => ControlLayout.OneRange,
            _ => ControlLayout.TwoRanges,
        };
        if (RootShape.Of(new TranslationControl(value, layout), half) is not { } shape)
        {
            return null;
        }

        // What hardware updates does not matter to where tables are, and may be switched on late.
        var format = shape.Format with { HardwareAccessFlag = false, HardwareDirty = null };
        return tables.Load(shape.BaseOf(ttbr), shape with { Format = format }, regime == Stage2 ? 2 : half);
    }

    private static bool IsOn(TarmacCpu cpu, int regime)
    {
        // Stage 2 is set up before it is switched on, and off while the host runs: its entries stay cached.
        if (regime == Stage2)
        {
            return true;
        }

        // A guest's own tables hold its addresses, not those of memory.
        var isGuest = regime == El1 && cpu.Hypervisor.Stage2IsOn && cpu.Regimes[Stage2].Ttbr[0] is { } vttbr && vttbr >> 48 != 0;
        return !isGuest && cpu.Regimes[regime].MmuIsOn != false;
    }
}
