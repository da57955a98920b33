using System.Text;

namespace TraceReplay.Arm;

/// <summary>Descriptors and differences in words.</summary>
public static class DescriptorText
{
    /// <summary>One line for a descriptor: its type, addresses and the fields that matter.</summary>
    public static string Describe(ulong value, int level, DescriptorComparer comparer)
    {
        ArgumentNullException.ThrowIfNull(comparer);
        var format = comparer.Format;
        var kind = format.Kind(value, level);
        switch (kind)
        {
            case DescriptorKind.Invalid:
                return value == 0 ? "invalid" : (value & 1) == 0 ? "invalid (software bits)" : "invalid (reserved encoding)";
            case DescriptorKind.Table:
                return $"table 0x{format.NextTable(value):x}{(format.IsStage2 ? "" : TablePermissions(value))}";
        }

        var text = new StringBuilder();
        text.Append(kind == DescriptorKind.Page ? "page" : SizeName(format.Granule.EntrySpan(level)) + " block");
        text.Append($" 0x{format.OutputAddress(value, level):x} ");
        AppendPermissions(text, value, format);
        text.Append(' ').Append(comparer.AttributesOf(value)?.ToString() ?? AttributeName(value, format));
        if (!format.Ds)
        {
            text.Append(((value & DescriptorBits.Shareability) >> 8) switch { 0 => " NSH", 2 => " OSH", 3 => " ISH", _ => " SH=01" });
        }

        if (format.Layout == DescriptorLayout.TwoRanges)
        {
            text.Append(format.IsGlobal(value) ? " G" : " nG");
        }

        text.Append((value & DescriptorBits.AccessFlag) == 0 ? " AF=0" : "");
        text.Append((value & DescriptorBits.Contiguous) != 0 ? " C" : "");
        text.Append(!format.IsStage2 && (value & DescriptorBits.Guarded) != 0 ? " GP" : "");
        return text.ToString();
    }

    /// <summary>The differences by name, comma-separated.</summary>
    public static string Describe(DescriptorDifference difference)
    {
        if (difference == DescriptorDifference.None)
        {
            return "nothing that hardware reads";
        }

        var names = new List<string>();
        foreach (var (flag, name) in Names)
        {
            if ((difference & flag) != 0)
            {
                names.Add(name);
            }
        }

        return string.Join(", ", names);
    }

    /// <summary>The short name of a class: T1..T30.</summary>
    public static string Name(TransitionClass transition) => transition == TransitionClass.None ? "" : ClassNames[(int)transition];

    private static readonly string[] ClassNames = [.. Enumerable.Range(0, 31).Select(i => $"T{i}")];

    private static readonly (DescriptorDifference Flag, string Name)[] Names =
    [
        (DescriptorDifference.Size, "size"),
        (DescriptorDifference.NextTable, "next table"),
        (DescriptorDifference.TablePermissions, "table permissions"),
        (DescriptorDifference.OutputAddress, "output address"),
        (DescriptorDifference.AddressSpace, "output address space"),
        (DescriptorDifference.MemoryType, "memory type"),
        (DescriptorDifference.Cacheability, "cacheability"),
        (DescriptorDifference.Shareability, "shareability"),
        (DescriptorDifference.NotGlobal, "nG"),
        (DescriptorDifference.Permissions, "permissions"),
        (DescriptorDifference.AccessFlag, "AF or dirty state"),
        (DescriptorDifference.Contiguous, "Contiguous bit"),
        (DescriptorDifference.NoTranslate, "nT"),
        (DescriptorDifference.Unlisted, "XS, PBHA or tagging"),
        (DescriptorDifference.Software, "software bits"),
    ];

    private static string AttributeName(ulong value, DescriptorFormat format) => !format.IsStage2
        ? $"attr{(value & DescriptorBits.AttributeIndex) >> 2}"
        : format.Has(DescriptorFeatures.ForcedWriteBack) ? "as stage 1" : "reserved memory type";

    private static void AppendPermissions(StringBuilder text, ulong value, DescriptorFormat format)
    {
        if (format.IsStage2)
        {
            text.Append((value & DescriptorBits.Stage2Read) != 0 ? 'R' : '-').Append((value & DescriptorBits.Stage2Write) != 0 ? 'W' : '-');
            text.Append((value & DescriptorBits.Dbm) != 0 ? " DBM" : "");
            text.Append(((value & DescriptorBits.Stage2ExecuteNever) >> 53) switch { 0 => " X", 1 => " X0", 2 => "", _ => " X1" });
            return;
        }

        if (format.Has(DescriptorFeatures.PermissionIndirection))
        {
            var index = ((value >> 51) & 8) | ((value >> 51) & 4) | ((value >> 50) & 2) | ((value >> 6) & 1);
            text.Append($"PIIndex={index}").Append((value & DescriptorBits.ReadOnly) != 0 ? " clean" : "");
            return;
        }

        text.Append((value & DescriptorBits.ReadOnly) == 0 ? "RW" : (value & DescriptorBits.Dbm) != 0 && format.HardwareDirty != false ? "RW-clean" : "RO");
        if (format.Layout == DescriptorLayout.OneRange)
        {
            text.Append((value & DescriptorBits.UserExecuteNever) == 0 ? " X" : "");
            return;
        }

        text.Append((value & DescriptorBits.UserAccess) != 0 ? " EL0" : "");
        text.Append((value & DescriptorBits.PrivilegedExecuteNever) == 0 ? " PX" : "");
        text.Append((value & DescriptorBits.UserExecuteNever) == 0 ? " UX" : "");
    }

    private static string SizeName(ulong bytes) => bytes switch
    {
        >= 1UL << 40 => $"{bytes >> 40}TB",
        >= 1UL << 30 => $"{bytes >> 30}GB",
        >= 1UL << 20 => $"{bytes >> 20}MB",
        _ => $"{bytes >> 10}KB",
    };

    private static string TablePermissions(ulong value)
    {
        var bits = (value & DescriptorBits.TablePermissions) >> 59;
        return bits == 0 ? "" : $" PXN={bits & 1} UXN={(bits >> 1) & 1} AP={bits >> 2}";
    }
}
