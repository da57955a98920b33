using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Decides by HCR_EL2 and VTTBR_EL2 of a CPU which regime a register name or a TLBI means at that moment.</summary>
internal sealed class RegimeSelector(MachineState machine, Policy policy)
{
    /// <summary>HCR_EL2 of a CPU; where it is not told the CPU is taken to run an ordinary kernel, or the VHE host that the trace tells of later.</summary>
    public HypervisorConfiguration? HypervisorOf(ProcessingElement cpu) => cpu.Hypervisor ?? machine.Configuration.AssumedHypervisor;

    /// <summary>Whose entries a TLBI drops.</summary>
    public TlbiTarget TargetOf(TlbiOperation operation, ProcessingElement cpu)
    {
        var hcr = HypervisorOf(cpu);
        switch (operation.Regime)
        {
            case TlbiRegime.El2:
                return Target(hcr is { HostAtEl2: true } ? TranslationRegime.El2Host : TranslationRegime.El2, false, null);
            case TlbiRegime.El3:
                return Target(null, false, null);
        }

        // ALLE1 is for every VMID. The others that name stage 2 are only defined for EL1&0, whatever E2H and TGE say.
        if (operation.Method == TlbiMethod.All && operation.Stage2 && operation.Mnemonic.StartsWith("alle1", StringComparison.Ordinal))
        {
            return Target(TranslationRegime.El1, true, null);
        }

        if (!operation.Stage2 && hcr is { RunsVheHost: true })
        {
            return Target(TranslationRegime.El2Host, false, null);
        }

        // Without HCR_EL2 the CPU may run a VHE host, whose own entries have no VMID.
        return Target(operation.Stage1 ? TranslationRegime.El1 : null, operation.Stage2, hcr is null && !operation.Stage2 ? null : cpu.Vmid);
    }

    private TlbiTarget Target(TranslationRegime? stage1, bool stage2, ushort? vmid) =>
        new(stage1, stage2, vmid, !policy.Aside1Walkcache, policy.S2VaOk);

    /// <summary>
    /// True while a CPU runs a guest: stage 2 is on, at EL1 of a VHE host, or under a VMID that is not the host's own. What runs then under
    /// the EL1 names is the guest's.
    /// </summary>
    public bool RunsGuest(ProcessingElement cpu) => RunsGuest(cpu, HypervisorOf(cpu));

    /// <summary>True where a CPU would run a guest under this HCR_EL2.</summary>
    public static bool RunsGuest(ProcessingElement cpu, HypervisorConfiguration? configuration) =>
        configuration is { Stage2IsOn: true, RunsVheHost: false } hcr && (hcr.HostAtEl2 || cpu.Vmid is not (null or 0));

    /// <summary>How far a TLBI reaches: HCR_EL2.FB makes the local ones of EL1 broadcast.</summary>
    public Shareability ReachOf(TlbiOperation operation, ProcessingElement cpu)
    {
        var isForced = operation is { Regime: TlbiRegime.El1, Stage2: false, Reach: Shareability.Local }
            && HypervisorOf(cpu) is { ForcesBroadcast: true } hcr && (!hcr.HostAtEl2 || RunsGuest(cpu));
        return isForced ? Shareability.Inner : operation.Reach;
    }

    /// <summary>The barrier as it acts: HCR_EL2.BSU widens those of a guest.</summary>
    public BarrierOperation BarrierOf(BarrierOperation barrier, ProcessingElement cpu) =>
        HypervisorOf(cpu) is { BarrierReach: var reach } && reach > barrier.Domain && RunsGuest(cpu) ? barrier.Widened(reach) : barrier;

    /// <summary>The regime that a register name means on a CPU; null for none.</summary>
    /// <remarks>
    /// The EL1 names mean EL2&amp;0 at EL2 with E2H=1; the EL12 names mean EL1 there. What a guest writes under the EL1 names are intermediate
    /// addresses.
    /// </remarks>
    public TranslationRegime? RegimeOf(string register, ProcessingElement cpu)
    {
        var hcr = HypervisorOf(cpu);
        if (register.EndsWith("_el1", StringComparison.Ordinal))
        {
            return RunsGuest(cpu) ? TranslationRegime.El1Guest
                : hcr is not { HostAtEl2: true } host ? TranslationRegime.El1
                : host.TrapsGeneralExceptions ? TranslationRegime.El2Host : null;
        }

        if (register.EndsWith("_el12", StringComparison.Ordinal))
        {
            return hcr is { HostAtEl2: true } ? TranslationRegime.El1Guest : null;
        }

        if (!register.EndsWith("_el2", StringComparison.Ordinal))
        {
            return null;
        }

        return register.StartsWith("vt", StringComparison.Ordinal) ? TranslationRegime.Stage2
            : hcr is { HostAtEl2: true } || register.StartsWith("ttbr1", StringComparison.Ordinal) ? TranslationRegime.El2Host
            : TranslationRegime.El2;
    }
}
