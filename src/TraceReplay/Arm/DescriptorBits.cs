namespace TraceReplay.Arm;

/// <summary>Fields of descriptors (DDI 0487, tables D8-50 to D8-53); of stage 1 where the name does not say stage 2.</summary>
public static class DescriptorBits
{
    /// <summary>Bit 0: valid.</summary>
    public const ulong Valid = 1;

    /// <summary>Bits 4:2 of a leaf: AttrIndx, selects a byte of MAIR_ELx.</summary>
    public const ulong AttributeIndex = 7UL << 2;

    /// <summary>Bit 5 of a leaf: NS; RES0 in Non-secure state.</summary>
    public const ulong NonSecure = 1UL << 5;

    /// <summary>Bit 6 of a leaf: AP[1], EL0 may access.</summary>
    public const ulong UserAccess = 1UL << 6;

    /// <summary>Bit 7 of a leaf: AP[2], read-only.</summary>
    public const ulong ReadOnly = 1UL << 7;

    /// <summary>Bits 9:8 of a leaf: SH, or OA[51:50] with DS=1.</summary>
    public const ulong Shareability = 3UL << 8;

    /// <summary>Bit 10 of a leaf: access flag.</summary>
    public const ulong AccessFlag = 1UL << 10;

    /// <summary>Bit 11 of a leaf: not global. Ignored in a table.</summary>
    public const ulong NotGlobal = 1UL << 11;

    /// <summary>Bit 16 of a block: nT (FEAT_BBML1).</summary>
    public const ulong NoTranslate = 1UL << 16;

    /// <summary>Bit 50 of a leaf: guarded page.</summary>
    public const ulong Guarded = 1UL << 50;

    /// <summary>Bit 51 of a leaf: dirty bit modifier.</summary>
    public const ulong Dbm = 1UL << 51;

    /// <summary>Bit 52 of a leaf: contiguous.</summary>
    public const ulong Contiguous = 1UL << 52;

    /// <summary>Bit 53 of a leaf: no execution at EL1.</summary>
    public const ulong PrivilegedExecuteNever = 1UL << 53;

    /// <summary>Bit 54 of a leaf: no execution at EL0.</summary>
    public const ulong UserExecuteNever = 1UL << 54;

    /// <summary>Bits 63 and 58:55 of a leaf: software's own.</summary>
    public const ulong Software = (1UL << 63) | (15UL << 55);

    /// <summary>Bits 62:59 of a leaf: ignored, or PBHA where enabled.</summary>
    public const ulong Pbha = 15UL << 59;

    /// <summary>Bits 62:60 of a leaf: POIndex, with permission overlays.</summary>
    public const ulong OverlayIndex = 7UL << 60;

    /// <summary>Bit 59 of a leaf: AttrIndx[3], with the attribute index extension.</summary>
    public const ulong AttributeIndexTop = 1UL << 59;

    /// <summary>Bits of a leaf that are permissions.</summary>
    public const ulong Permissions =
        UserAccess | ReadOnly | Guarded | Dbm | PrivilegedExecuteNever | UserExecuteNever;

    /// <summary>Bits 62:59 of a table: APTable, UXNTable, PXNTable, effective over everything below.</summary>
    public const ulong TablePermissions = 15UL << 59;

    /// <summary>Bit 63 of a table: NSTable, Secure state only.</summary>
    public const ulong TableNonSecure = 1UL << 63;

    /// <summary>Bits 5:2 of a stage-2 leaf: MemAttr.</summary>
    public const ulong Stage2MemoryAttributes = 15UL << 2;

    /// <summary>Bit 6 of a stage-2 leaf: S2AP[0], may be read.</summary>
    public const ulong Stage2Read = 1UL << 6;

    /// <summary>Bit 7 of a stage-2 leaf: S2AP[1], may be written.</summary>
    public const ulong Stage2Write = 1UL << 7;

    /// <summary>Bit 11 of a stage-2 leaf: FnXS (FEAT_XS).</summary>
    public const ulong Stage2NotXs = 1UL << 11;

    /// <summary>Bits 54:53 of a stage-2 leaf: XN[1:0].</summary>
    public const ulong Stage2ExecuteNever = 3UL << 53;

    /// <summary>Bits of a stage-2 leaf that are permissions.</summary>
    public const ulong Stage2Permissions = Stage2Read | Stage2Write | Dbm | Stage2ExecuteNever;

    /// <summary>Bits hardware may change on its own: AF, and AP[2] (stage 2: S2AP[1], the same bit) where DBM is set.</summary>
    public static ulong HardwareManaged(ulong value) =>
        (value & Dbm) != 0 ? AccessFlag | ReadOnly : AccessFlag;
}
