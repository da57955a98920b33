namespace TraceReplay.Arm;

/// <summary>A translation regime, or the stage of one, that has roots and TLB entries of its own.</summary>
public enum TranslationRegime
{
    /// <summary>EL1&amp;0, stage 1: TTBR0_EL1 and TTBR1_EL1, entries tagged with ASID and VMID.</summary>
    El1 = 0,

    /// <summary>EL2&amp;0, HCR_EL2.{E2H,TGE} = {1,1}: TTBR0_EL2 and TTBR1_EL2, which a VHE host writes by their EL1 names.</summary>
    El2Host = 1,

    /// <summary>EL2 with E2H=0, as nVHE and protected KVM use it: TTBR0_EL2, no ASIDs, every entry is global (R_SHVGC).</summary>
    El2 = 2,

    /// <summary>EL1&amp;0, stage 2: VTTBR_EL2, entries tagged with the VMID.</summary>
    Stage2 = 3,

    /// <summary>
    /// EL1&amp;0, stage 1, of a guest: the same registers and TLB entries as <see cref="El1"/>, under the guest's VMID. Its roots, tables and
    /// output addresses are intermediate ones.
    /// </summary>
    El1Guest = 4,
}

/// <summary>Names of regimes.</summary>
public static class TranslationRegimes
{
    /// <summary>Number of regimes.</summary>
    public const int Count = 5;

    /// <summary>The regime as operations on TLBs name it: that of a guest is EL1&amp;0.</summary>
    public static TranslationRegime OfTlb(this TranslationRegime regime) =>
        regime == TranslationRegime.El1Guest ? TranslationRegime.El1 : regime;

    /// <summary>Where the fields of the regime's translation control register stand.</summary>
    public static ControlLayout ControlLayout(this TranslationRegime regime) => regime switch
    {
        TranslationRegime.El2 => Arm.ControlLayout.OneRange,
        TranslationRegime.Stage2 => Arm.ControlLayout.Stage2,
        _ => Arm.ControlLayout.TwoRanges,
    };

    /// <summary>As the manual writes it.</summary>
    public static string Text(this TranslationRegime regime) => regime switch
    {
        TranslationRegime.El2Host => "EL2&0",
        TranslationRegime.El2 => "EL2",
        TranslationRegime.Stage2 => "EL1&0 stage 2",
        _ => "EL1&0",
    };
}
