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
                return $"table 0x{format.NextTable(value):x}{TablePermissions(value)}";
        }

        var text = new StringBuilder();
        text.Append(kind == DescriptorKind.Page ? "page" : SizeName(format.Granule.EntrySpan(level)) + " block");
        text.Append($" 0x{format.OutputAddress(value, level):x} ");
        text.Append((value & DescriptorBits.ReadOnly) == 0 ? "RW" : (value & DescriptorBits.Dbm) != 0 && format.HardwareDirty != false ? "RW-clean" : "RO");
        text.Append((value & DescriptorBits.UserAccess) != 0 ? " EL0" : "");
        text.Append((value & DescriptorBits.PrivilegedExecuteNever) == 0 ? " PX" : "");
        text.Append((value & DescriptorBits.UserExecuteNever) == 0 ? " UX" : "");
        text.Append(' ').Append(comparer.AttributesOf(value)?.ToString() ?? $"attr{(value & DescriptorBits.AttributeIndex) >> 2}");
        if (!format.Ds)
        {
            text.Append(((value & DescriptorBits.Shareability) >> 8) switch { 0 => " NSH", 2 => " OSH", 3 => " ISH", _ => " SH=01" });
        }

        text.Append((value & DescriptorBits.NotGlobal) != 0 ? " nG" : " G");
        text.Append((value & DescriptorBits.AccessFlag) == 0 ? " AF=0" : "");
        text.Append((value & DescriptorBits.Contiguous) != 0 ? " C" : "");
        text.Append((value & DescriptorBits.Guarded) != 0 ? " GP" : "");
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
