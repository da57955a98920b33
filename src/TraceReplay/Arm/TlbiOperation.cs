namespace TraceReplay.Arm;

/// <summary>What selects the entries that a TLBI invalidates.</summary>
public enum TlbiMethod
{
    /// <summary>Everything of the regime (and VMID).</summary>
    All = 0,

    /// <summary>Everything tagged with the operand's ASID; not global leaves.</summary>
    Asid = 1,

    /// <summary>An address or range, under the operand's ASID; global leaves whatever the ASID.</summary>
    Address = 2,

    /// <summary>An address or range under any ASID.</summary>
    AddressAnyAsid = 3,

    /// <summary>A stage-2 input address or range.</summary>
    Ipa = 4,

    /// <summary>Only turns writable-dirty entries clean: invalidates nothing.</summary>
    CleanOnly = 5,
}

/// <summary>How far a TLBI or DSB reaches; a wider one does all that a narrower one does.</summary>
public enum Shareability
{
    /// <summary>This PE only.</summary>
    Local = 0,

    /// <summary>The Inner Shareable domain.</summary>
    Inner = 1,

    /// <summary>The Outer Shareable domain.</summary>
    Outer = 2,

    /// <summary>The whole system.</summary>
    System = 3,
}

/// <summary>Which translation regime a TLBI's mnemonic names.</summary>
public enum TlbiRegime
{
    /// <summary>An E1 operation: EL1&amp;0, or EL2&amp;0 where HCR_EL2.{E2H,TGE} is {1,1}.</summary>
    El1 = 1,

    /// <summary>An E2 operation: EL2, or EL2&amp;0.</summary>
    El2 = 2,

    /// <summary>An E3 operation.</summary>
    El3 = 3,
}

/// <summary>One TLBI operation, decoded from its mnemonic.</summary>
/// <param name="Mnemonic">Lower case, with its IS, OS, NXS suffixes.</param>
/// <param name="Regime">Regime named.</param>
/// <param name="Method">What selects the entries.</param>
/// <param name="Reach">Local, Inner (IS) or Outer (OS) shareable.</param>
/// <param name="LastLevelOnly">An L operation: never covers a table descriptor.</param>
/// <param name="IsRange">An R operation: the operand is a range.</param>
/// <param name="IsNxs">An nXS operation: need not touch entries with the XS attribute (R_KBSSD).</param>
/// <param name="Stage1">Invalidates stage-1 entries.</param>
/// <param name="Stage2">Invalidates stage-2 entries.</param>
public sealed record TlbiOperation(
    string Mnemonic,
    TlbiRegime Regime,
    TlbiMethod Method,
    Shareability Reach,
    bool LastLevelOnly,
    bool IsRange,
    bool IsNxs,
    bool Stage1,
    bool Stage2);
