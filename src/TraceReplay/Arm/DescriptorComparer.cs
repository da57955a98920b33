namespace TraceReplay.Arm;

/// <summary>Compares descriptor values of one regime and stage and classifies the change between them.</summary>
/// <param name="format">Descriptor layout.</param>
/// <param name="memoryAttributes">MAIR_ELx, or null when not known: then different indexes are different types. Not used by stage 2.</param>
public sealed class DescriptorComparer(DescriptorFormat format, ulong? memoryAttributes)
{
    private const DescriptorDifference NeedsBreak =
        DescriptorDifference.OutputAddress | DescriptorDifference.AddressSpace | DescriptorDifference.MemoryType
        | DescriptorDifference.Cacheability | DescriptorDifference.Shareability;

    private readonly ulong _permissions = PermissionsOf(format);

    private readonly ulong _attributeIndex = AttributeBitsOf(format);

    private readonly ulong _ignoredInLeaf = IgnoredBitsOf(format);

    // Index level + 1, then kind.
    private readonly ulong[] _reserved = ReservedBits.OfFormat(format);

    /// <summary>Layout compared under.</summary>
    public DescriptorFormat Format => format;

    /// <summary>MAIR_ELx compared under.</summary>
    public ulong? MemoryAttributeRegister => memoryAttributes;

    /// <summary>RES0 bits of a descriptor of a kind at a level.</summary>
    public ulong ReservedIn(DescriptorKind kind, int level) => _reserved[((level + 1) * ReservedBits.Kinds) + (int)kind];

    /// <summary>True when hardware reads the same from both: equal but for ignored and software bits.</summary>
    public bool AreEquivalent(ulong oldValue, ulong newValue, int level)
    {
        if (oldValue == newValue)
        {
            return true;
        }

        var kind = format.Kind(oldValue, level);
        if (kind != format.Kind(newValue, level))
        {
            return false;
        }

        return kind switch
        {
            DescriptorKind.Invalid => true,
            DescriptorKind.Table => format.NextTable(oldValue) == format.NextTable(newValue) && TableAttributesEqual(oldValue, newValue),
            _ => ((oldValue ^ newValue) & ~_ignoredInLeaf) == 0,
        };
    }

    /// <summary>Classifies the change between two cacheable values of the same level. Tables are told apart by address only.</summary>
    public DescriptorChange Compare(ulong oldValue, ulong newValue, int level)
    {
        var oldKind = format.Kind(oldValue, level);
        var newKind = format.Kind(newValue, level);
        if (oldKind == DescriptorKind.Table || newKind == DescriptorKind.Table)
        {
            return CompareTables(oldKind, newKind, oldValue, newValue);
        }

        if (format.GroupMembers(level) == 0)
        {
            // Bit 52 is RES0 where there are no groups (R_HMQXG).
            (oldValue, newValue) = (oldValue & ~DescriptorBits.Contiguous, newValue & ~DescriptorBits.Contiguous);
        }

        var change = CompareLeaves(oldValue, newValue, format.OutputAddress(oldValue, level), format.OutputAddress(newValue, level));
        var onlyNoTranslate = level < 3
            && ((oldValue ^ newValue) & DescriptorBits.NoTranslate) != 0
            && change.Class is TransitionClass.Rewrite or TransitionClass.SoftwareBits;
        return onlyNoTranslate
            ? new DescriptorChange(TransitionClass.NoTranslateBit, change.Difference | DescriptorDifference.NoTranslate)
            : change;
    }

    /// <summary>
    /// Classifies the change between leaves that translate the same input address with the given output addresses; the levels may
    /// differ, which makes it a split (old is larger) or a fuse.
    /// </summary>
    public DescriptorChange CompareSizes(
        ulong oldValue, int oldLevel, ulong oldOutput, ulong newValue, int newLevel, ulong newOutput)
    {
        // The Contiguous bit of a block and of a page are not comparable.
        var leaf = CompareLeaves(oldValue & ~DescriptorBits.Contiguous, newValue & ~DescriptorBits.Contiguous, oldOutput, newOutput);
        if (oldLevel == newLevel && format.GroupMembers(oldLevel) == 0)
        {
            return leaf;
        }

        if (oldLevel == newLevel)
        {
            return CompareLeaves(oldValue, newValue, oldOutput, newOutput);
        }

        var difference = leaf.Difference | DescriptorDifference.Size;
        if (NeedsBreakAlone(leaf, oldValue))
        {
            return new DescriptorChange(TransitionClass.SizeAndOther, difference);
        }

        if ((leaf.Difference & DescriptorDifference.Permissions) != 0)
        {
            return new DescriptorChange(TransitionClass.SizeAndPermission, difference);
        }

        return new DescriptorChange(oldLevel < newLevel ? TransitionClass.Split : TransitionClass.Fuse, difference);
    }

    /// <summary>
    /// The memory attributes a leaf selects; null when MAIR_ELx is not known, or does not tell (an index of MAIR2_ELx), or where stage 2
    /// leaves the choice to stage 1.
    /// </summary>
    public MemoryAttributes? AttributesOf(ulong leaf)
    {
        if (format.IsStage2)
        {
            return MemoryAttributes.DecodeStage2(
                (int)((leaf & DescriptorBits.Stage2MemoryAttributes) >> 2), format.Has(DescriptorFeatures.ForcedWriteBack));
        }

        var isExtended = (leaf & _attributeIndex & ~DescriptorBits.AttributeIndex) != 0;
        return memoryAttributes is { } mair && !isExtended
            ? MemoryAttributes.Decode((byte)(mair >> (8 * (int)((leaf & DescriptorBits.AttributeIndex) >> 2))))
            : null;
    }

    /// <summary>True when an nXS TLBI need not touch the leaf.</summary>
    public bool HasXs(ulong leaf) =>
        AttributesOf(leaf) is { Xs: true } && !(format.IsStage2 && (leaf & DescriptorBits.Stage2NotXs) != 0);

    // Where a feature makes a permission or an attribute of bits that are ignored without it.
    private static ulong PermissionsOf(DescriptorFormat format)
    {
        if (format.IsStage2)
        {
            return DescriptorBits.Stage2Permissions;
        }

        // One privilege level: bit 54 is XN, AP[1] is RES1 and bit 53 RES0.
        var bits = format.Layout == DescriptorLayout.OneRange
            ? DescriptorBits.Permissions & ~(DescriptorBits.UserAccess | DescriptorBits.PrivilegedExecuteNever)
            : DescriptorBits.Permissions;
        bits = format.Has(DescriptorFeatures.PermissionIndirection)
            ? DescriptorBits.Permissions & ~DescriptorBits.ReadOnly
            : bits;
        return format.Has(DescriptorFeatures.PermissionOverlay) ? bits | DescriptorBits.OverlayIndex : bits;
    }

    private static ulong AttributeBitsOf(DescriptorFormat format) =>
        format.IsStage2 ? DescriptorBits.Stage2MemoryAttributes
        : format.Has(DescriptorFeatures.AttributeIndexExtension) ? DescriptorBits.AttributeIndex | DescriptorBits.AttributeIndexTop
        : DescriptorBits.AttributeIndex;

    private static ulong IgnoredBitsOf(DescriptorFormat format)
    {
        var ignored = DescriptorBits.Software | DescriptorBits.Pbha;
        if (format.Layout == DescriptorLayout.OneRange)
        {
            ignored |= DescriptorBits.NotGlobal | DescriptorBits.UserAccess | DescriptorBits.PrivilegedExecuteNever;
        }

        ignored |= format.Secure || format.IsStage2 ? 0 : DescriptorBits.NonSecure;
        return ignored & ~(PermissionsOf(format) | AttributeBitsOf(format));
    }

    private bool NeedsBreakAlone(in DescriptorChange leaf, ulong oldValue) =>
        (leaf.Difference & NeedsBreak) != 0
        || ((leaf.Difference & DescriptorDifference.NotGlobal) != 0 && !format.IsGlobal(oldValue));

    private DescriptorChange CompareTables(DescriptorKind oldKind, DescriptorKind newKind, ulong oldValue, ulong newValue)
    {
        if (oldKind != newKind)
        {
            return new DescriptorChange(
                oldKind == DescriptorKind.Table ? TransitionClass.Fuse : TransitionClass.Split, DescriptorDifference.Size);
        }

        var difference = DescriptorDifference.None;
        if (!TableAttributesEqual(oldValue, newValue))
        {
            difference |= DescriptorDifference.TablePermissions;
        }

        if (format.NextTable(oldValue) != format.NextTable(newValue))
        {
            return new DescriptorChange(TransitionClass.TableSwapEqual, difference | DescriptorDifference.NextTable);
        }

        return new DescriptorChange(
            difference == DescriptorDifference.None ? TransitionClass.Rewrite : TransitionClass.TablePermission, difference);
    }

    private bool TableAttributesEqual(ulong oldValue, ulong newValue)
    {
        if (format.IsStage2)
        {
            return true;
        }

        var mask = DescriptorBits.TablePermissions & ~(1UL << 63);
        if (format.Secure)
        {
            mask |= DescriptorBits.TableNonSecure;
        }

        return ((oldValue ^ newValue) & mask) == 0;
    }

    private DescriptorChange CompareLeaves(ulong oldValue, ulong newValue, ulong oldOutput, ulong newOutput)
    {
        var changed = oldValue ^ newValue;
        var difference = LeafDifference(oldValue, newValue, changed);
        if (oldOutput != newOutput)
        {
            difference |= DescriptorDifference.OutputAddress;
        }

        return new DescriptorChange(ClassOf(difference, oldValue, newValue), difference);
    }

    private DescriptorDifference LeafDifference(ulong oldValue, ulong newValue, ulong changed)
    {
        var difference = DescriptorDifference.None;
        if ((changed & DescriptorBits.Software) != 0)
        {
            difference |= DescriptorDifference.Software;
        }

        if ((changed & DescriptorBits.Pbha & _ignoredInLeaf) != 0 || (format.IsStage2 && (changed & DescriptorBits.Stage2NotXs) != 0))
        {
            difference |= DescriptorDifference.Unlisted;
        }

        if ((changed & DescriptorBits.AccessFlag) != 0)
        {
            difference |= DescriptorDifference.AccessFlag;
        }

        if (format.Layout == DescriptorLayout.TwoRanges && (changed & DescriptorBits.NotGlobal) != 0)
        {
            difference |= DescriptorDifference.NotGlobal;
        }

        if ((changed & DescriptorBits.Contiguous) != 0)
        {
            difference |= DescriptorDifference.Contiguous;
        }

        if (format.Secure && !format.IsStage2 && (changed & DescriptorBits.NonSecure) != 0)
        {
            difference |= DescriptorDifference.AddressSpace;
        }

        return difference | PermissionDifference(oldValue, newValue, changed) | AttributeDifference(oldValue, newValue, changed);
    }

    private DescriptorDifference PermissionDifference(ulong oldValue, ulong newValue, ulong changed)
    {
        var permissions = changed & _permissions;
        if (format.Has(DescriptorFeatures.PermissionIndirection))
        {
            // Bit 7 is nDirty: dirty state, whatever the permissions.
            return (permissions != 0 ? DescriptorDifference.Permissions : 0)
                | ((changed & DescriptorBits.ReadOnly) != 0 ? DescriptorDifference.AccessFlag : 0);
        }

        // With DBM on both sides and hardware dirty state on, AP[2] (S2AP[1]) is the dirty state, not a permission.
        var dirty = format.HardwareDirty != false && (oldValue & newValue & DescriptorBits.Dbm) != 0
            && (permissions & DescriptorBits.ReadOnly) != 0;
        if (dirty)
        {
            permissions &= ~DescriptorBits.ReadOnly;
        }

        // Without hardware dirty state DBM is a bit that only software reads.
        if (format.HardwareDirty == false)
        {
            permissions &= ~DescriptorBits.Dbm;
        }

        return (permissions != 0 ? DescriptorDifference.Permissions : 0) | (dirty ? DescriptorDifference.AccessFlag : 0);
    }

    private DescriptorDifference AttributeDifference(ulong oldValue, ulong newValue, ulong changed)
    {
        if ((changed & (_attributeIndex | DescriptorBits.Shareability)) == 0)
        {
            return DescriptorDifference.None;
        }

        var oldAttributes = AttributesOf(oldValue);
        var newAttributes = AttributesOf(newValue);
        if (oldAttributes is not { } before || newAttributes is not { } after)
        {
            var unknown = DescriptorDifference.None;
            if ((changed & _attributeIndex) != 0)
            {
                unknown |= DescriptorDifference.MemoryType;
            }

            return !format.Ds && (changed & DescriptorBits.Shareability) != 0 ? unknown | DescriptorDifference.Shareability : unknown;
        }

        var difference = DescriptorDifference.None;
        if (before.IsDevice != after.IsDevice || (before.IsDevice && before.DeviceType != after.DeviceType))
        {
            difference |= DescriptorDifference.MemoryType;
        }
        else if (before.Inner != after.Inner || before.Outer != after.Outer)
        {
            difference |= DescriptorDifference.Cacheability;
        }
        else if ((changed & _attributeIndex) != 0)
        {
            difference |= format.Has(DescriptorFeatures.CompareCacheHints) && RawAttribute(oldValue) != RawAttribute(newValue)
                ? DescriptorDifference.Cacheability
                : DescriptorDifference.Unlisted;
        }

        var shareabilityMatters = !format.Ds
            && (format.Has(DescriptorFeatures.CompareRawShareability) || !(before.IgnoresShareability && after.IgnoresShareability));
        return shareabilityMatters && (changed & DescriptorBits.Shareability) != 0
            ? difference | DescriptorDifference.Shareability
            : difference;
    }

    // The byte of MAIR_ELx, its upper nibble 0xf0 (Normal with tags) taken for the same without.
    private int RawAttribute(ulong leaf)
    {
        var attribute = (int)((memoryAttributes ?? 0) >> (8 * (int)((leaf & DescriptorBits.AttributeIndex) >> 2))) & 0xff;
        return format.IsStage2 ? 0 : attribute == 0xf0 ? 0xff : attribute;
    }

    private TransitionClass ClassOf(DescriptorDifference difference, ulong oldValue, ulong newValue)
    {
        var toGlobal = (difference & DescriptorDifference.NotGlobal) != 0 && !format.IsGlobal(oldValue);
        if ((difference & DescriptorDifference.Contiguous) != 0)
        {
            return (difference & NeedsBreak) != 0 || toGlobal
                ? TransitionClass.ContiguousAndOther
                : TransitionClass.ContiguousChange;
        }

        if ((difference & DescriptorDifference.AddressSpace) != 0)
        {
            return TransitionClass.OutputAddressSpace;
        }

        if ((difference & NeedsBreak & ~DescriptorDifference.OutputAddress) != 0
            || (difference & DescriptorDifference.OutputAddress) != 0)
        {
            return RequiredClassOf(difference, oldValue, newValue);
        }

        if (toGlobal)
        {
            return TransitionClass.NonGlobalToGlobal;
        }

        return HarmlessClassOf(difference, oldValue, newValue);
    }

    private TransitionClass RequiredClassOf(DescriptorDifference difference, ulong oldValue, ulong newValue)
    {
        var writable = format.IsWritable(oldValue) || format.IsWritable(newValue);
        if ((difference & DescriptorDifference.OutputAddress) != 0 && writable)
        {
            return TransitionClass.OutputAddress;
        }

        if ((difference & DescriptorDifference.MemoryType) != 0)
        {
            return TransitionClass.MemoryType;
        }

        if ((difference & DescriptorDifference.Cacheability) != 0)
        {
            return TransitionClass.CacheabilityChange;
        }

        return (difference & DescriptorDifference.Shareability) != 0
            ? TransitionClass.ShareabilityChange
            : TransitionClass.OutputAddressReadOnly;
    }

    private TransitionClass HarmlessClassOf(DescriptorDifference difference, ulong oldValue, ulong newValue)
    {
        if ((difference & DescriptorDifference.NotGlobal) != 0)
        {
            return TransitionClass.GlobalToNonGlobal;
        }

        if ((difference & DescriptorDifference.Permissions) != 0)
        {
            return IsRestriction(oldValue, newValue) ? TransitionClass.PermissionRestrict : TransitionClass.PermissionRelax;
        }

        if ((difference & DescriptorDifference.AccessFlag) != 0)
        {
            var (clean, dirty) = format.IsStage2 ? (newValue, oldValue) : (oldValue, newValue);
            var cleared = (oldValue & DescriptorBits.AccessFlag) > (newValue & DescriptorBits.AccessFlag)
                || (dirty & DescriptorBits.ReadOnly) > (clean & DescriptorBits.ReadOnly);
            return cleared ? TransitionClass.AccessFlagClear : TransitionClass.AccessFlagSet;
        }

        if ((difference & DescriptorDifference.Unlisted) != 0)
        {
            return TransitionClass.UnlistedAttribute;
        }

        return (difference & DescriptorDifference.Software) != 0 ? TransitionClass.SoftwareBits : TransitionClass.Rewrite;
    }

    // Something that was allowed no longer is: a write, an access from EL0, an execution at EL1 or EL0, an unguarded branch.
    private bool IsRestriction(ulong oldValue, ulong newValue)
    {
        var wasWritable = format.IsWritable(oldValue);
        var isWritable = format.IsWritable(newValue);
        if (wasWritable && !isWritable)
        {
            return true;
        }

        if (format.IsStage2)
        {
            var isUnreadable = (oldValue & ~newValue & DescriptorBits.Stage2Read) != 0;
            return isUnreadable || (Executable(oldValue) & ~Executable(newValue)) != 0;
        }

        if (format.Has(DescriptorFeatures.PermissionIndirection))
        {
            // What an index stands for is not told.
            return false;
        }

        const ulong grantedWhenClear =
            DescriptorBits.PrivilegedExecuteNever | DescriptorBits.UserExecuteNever | DescriptorBits.Guarded;
        var lost = (~oldValue & newValue & grantedWhenClear) | (oldValue & ~newValue & DescriptorBits.UserAccess);
        return (lost & _permissions) != 0;
    }

    // XN[1:0] of stage 2 as what may execute: bit 0 EL0, bit 1 EL1.
    private static int Executable(ulong leaf) => ((leaf & DescriptorBits.Stage2ExecuteNever) >> 53) switch { 0 => 3, 1 => 1, 2 => 0, _ => 2 };
}
