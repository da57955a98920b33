namespace TraceReplay.Arm;

/// <summary>Properties in which two descriptor values differ.</summary>
[Flags]
public enum DescriptorDifference
{
    /// <summary>None that hardware reads.</summary>
    None = 0,

    /// <summary>One is a table, the other a leaf, or leaves of different levels.</summary>
    Size = 1,

    /// <summary>Address of the next table.</summary>
    NextTable = 2,

    /// <summary>Hierarchical permissions of a table.</summary>
    TablePermissions = 4,

    /// <summary>Output address.</summary>
    OutputAddress = 8,

    /// <summary>Output address space.</summary>
    AddressSpace = 16,

    /// <summary>Device against Normal, or Device type.</summary>
    MemoryType = 32,

    /// <summary>Inner or outer cacheability.</summary>
    Cacheability = 64,

    /// <summary>Effective shareability.</summary>
    Shareability = 128,

    /// <summary>nG.</summary>
    NotGlobal = 256,

    /// <summary>Permissions.</summary>
    Permissions = 512,

    /// <summary>Access flag or dirty state.</summary>
    AccessFlag = 1024,

    /// <summary>Contiguous bit.</summary>
    Contiguous = 2048,

    /// <summary>nT.</summary>
    NoTranslate = 4096,

    /// <summary>XS, PBHA, guarded page, Tagged.</summary>
    Unlisted = 8192,

    /// <summary>Software bits.</summary>
    Software = 16384,
}

/// <summary>How much the architecture asks of a change.</summary>
public enum Requirement
{
    /// <summary>Break-before-make is not required.</summary>
    None = 0,

    /// <summary>Not required, but a conflict abort is possible until the next invalidation, on a CPU that may report it as information.</summary>
    Information = 1,

    /// <summary>A conflict abort is possible until the next invalidation, or the requirement rests on contents that are not known.</summary>
    Hazard = 2,

    /// <summary>Break-before-make is required.</summary>
    BreakBeforeMake = 3,
}

/// <summary>A classified change from one cacheable descriptor value to another.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Difference">Everything that differs.</param>
public readonly record struct DescriptorChange(TransitionClass Class, DescriptorDifference Difference)
{
    /// <summary>What break-before-make asks of it at a FEAT_BBM level (R_WHZWS, R_KFLJB, R_HHCXC, R_KHRBC, R_FCPSG, R_PVTFW).</summary>
    /// <param name="bbmLevel">0..3.</param>
    /// <param name="noTranslate">True when one of two sizes has nT=1, the FEAT_BBM level 1 sequence.</param>
    public Requirement RequirementAt(int bbmLevel, bool noTranslate) => Class switch
    {
        TransitionClass.MemoryType or TransitionClass.CacheabilityChange or TransitionClass.ShareabilityChange
            or TransitionClass.NonGlobalToGlobal or TransitionClass.OutputAddress or TransitionClass.OutputAddressSpace
            or TransitionClass.SizeAndOther or TransitionClass.TableSwapDifferent or TransitionClass.ContiguousAndOther
            => Requirement.BreakBeforeMake,
        TransitionClass.OutputAddressReadOnly or TransitionClass.TableSwapEqual => Requirement.Hazard,
        TransitionClass.Split or TransitionClass.Fuse or TransitionClass.SizeAndPermission => bbmLevel switch
        {
            0 => Requirement.BreakBeforeMake,
            1 => noTranslate ? Requirement.None : Requirement.Hazard,
            2 => Requirement.Information,
            _ => Requirement.None,
        },
        TransitionClass.ContiguousChange => bbmLevel switch
        {
            0 => Requirement.BreakBeforeMake,
            1 or 2 => Requirement.Hazard,
            _ => Requirement.None,
        },
        _ => Requirement.None,
    };
}
