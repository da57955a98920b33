namespace TraceReplay.Arm;

/// <summary>The fields of HCR_EL2 that decide which regime runs and how far its operations reach.</summary>
/// <param name="Value">Register value.</param>
public readonly record struct HypervisorConfiguration(ulong Value)
{
    private const ulong HostFlags = (1UL << 34) | (1UL << 27);

    /// <summary>What a VHE host runs with: E2H and TGE.</summary>
    public static HypervisorConfiguration VheHost { get; } = new(HostFlags);

    /// <summary>VM: stage 2 is on.</summary>
    public bool Stage2IsOn => Bit(0);

    /// <summary>FB: local TLBIs of EL1 reach the Inner Shareable domain.</summary>
    public bool ForcesBroadcast => Bit(9);

    /// <summary>BSU: the least domain of barriers at EL1 and EL0.</summary>
    public Shareability BarrierReach => (Shareability)((Value >> 10) & 3);

    /// <summary>TGE.</summary>
    public bool TrapsGeneralExceptions => Bit(27);

    /// <summary>E2H: EL2 is the host's, and the EL1 names of registers mean those of EL2 there.</summary>
    public bool HostAtEl2 => Bit(34);

    /// <summary>FWB: another encoding of MemAttr in stage 2.</summary>
    public bool ForcedWriteBack => Bit(46);

    /// <summary>{E2H,TGE} = {1,1}: EL1 operations act on EL2&amp;0.</summary>
    public bool RunsVheHost => (Value & HostFlags) == HostFlags;

    private bool Bit(int bit) => ((Value >> bit) & 1) != 0;
}
