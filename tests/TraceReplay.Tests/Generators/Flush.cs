using TraceReplay.Arm;

namespace TraceReplay.Tests.Generators;

/// <summary>How a break is invalidated.</summary>
internal enum FlushStyle
{
    /// <summary>One operation an address, under the ASID.</summary>
    Address = 0,

    /// <summary>The same with a TTL hint.</summary>
    AddressWithTtl = 1,

    /// <summary>One operation an address, any ASID.</summary>
    AnyAsid = 2,

    /// <summary>One range.</summary>
    Range = 3,

    /// <summary>One range with a TTL hint.</summary>
    RangeWithTtl = 4,

    /// <summary>Everything of the ASID.</summary>
    Asid = 5,

    /// <summary>Everything.</summary>
    All = 6,

    /// <summary>One operation an address, Outer Shareable.</summary>
    OuterAddress = 7,
}

/// <summary>What a break made stale: leaves of one level next to one another, and the table that led to them where that was removed.</summary>
internal sealed record FlushTarget(Tree Tree, int Level, ulong Va, int Count, bool IsTableRemoved)
{
    public static FlushTarget Leaves(Slot slot, int firstPage, int count) => new(slot.Tree, 3, slot.PageVa(firstPage), count, false);

    public static FlushTarget Block(Slot slot) => new(slot.Tree, 2, slot.Va, 1, false);

    public static FlushTarget Table(Slot slot, int count) => new(slot.Tree, 3, slot.Va, count, true);
}

/// <summary>Tells a DSB, the TLBIs of a style and a DSB.</summary>
internal static class Flush
{
    /// <summary>A style that covers the target.</summary>
    public static FlushStyle Choose(Random random, FlushTarget target)
    {
        while (true)
        {
            var style = (FlushStyle)random.Next(8);
            if (target.Tree.Kind != TreeKind.Process && style == FlushStyle.Asid)
            {
                // Global leaves are not touched by ASID operations, and only EL1&0 has these.
                continue;
            }

            if (target.Tree.Kind >= TreeKind.Guest && style == FlushStyle.AnyAsid)
            {
                continue;
            }

            if (target.IsTableRemoved && style is FlushStyle.AddressWithTtl or FlushStyle.RangeWithTtl)
            {
                continue;
            }

            return style;
        }
    }

    /// <summary>The whole sequence between break and make.</summary>
    public static void Tell(TraceScript script, int cpu, FlushTarget target, FlushStyle style, Random random)
    {
        var isOuter = style == FlushStyle.OuterAddress;
        script.Barrier(cpu, isOuter ? Pick(random, "dsb oshst", "dsb osh", "dsb sy", "dsb st") : Pick(random, "dsb ishst", "dsb ish", "dsb sy"), Role.DsbBefore);
        if (target.Tree.Kind == TreeKind.Guest)
        {
            script.Register(cpu, "vttbr_el2", target.Tree.Vttbr, Role.Context);
            script.Barrier(cpu, "isb");
        }

        Operations(script, cpu, target, style);
        script.Barrier(cpu, isOuter ? Pick(random, "dsb osh", "dsb sy") : Pick(random, "dsb ish", "dsb sy"), Role.DsbAfter);
        if (target.Tree.Kind == TreeKind.Guest)
        {
            script.Register(cpu, "vttbr_el2", 0);
        }

        if (target.Tree.Kind != TreeKind.Process)
        {
            script.Barrier(cpu, "isb");
        }
    }

    /// <summary>The TLBIs alone.</summary>
    public static void Operations(TraceScript script, int cpu, FlushTarget target, FlushStyle style, string suffix = "is")
    {
        var tree = target.Tree;
        if (tree.Kind >= TreeKind.Guest)
        {
            OperationsOfEl2(script, cpu, target, style, suffix);
            return;
        }

        var any = tree.Kind == TreeKind.Kernel && target.IsTableRemoved;
        var last = target.IsTableRemoved ? "" : "l";
        switch (style)
        {
            case FlushStyle.Asid:
                script.Tlbi(cpu, "aside1" + suffix, (ulong)tree.Asid << 48);
                break;
            case FlushStyle.All:
                script.Tlbi(cpu, "vmalle1" + suffix);
                break;
            case FlushStyle.Range:
            case FlushStyle.RangeWithTtl:
                script.Tlbi(cpu, (any ? "rvaa" : "rva") + last + "e1" + suffix, RangeOperand(target, style == FlushStyle.RangeWithTtl ? target.Level : 0));
                break;
            default:
                var name = (any || style == FlushStyle.AnyAsid ? "vaa" : "va") + last + "e1" + (style == FlushStyle.OuterAddress ? "os" : suffix);
                var granule = tree.Root.Granule;
                var hint = style == FlushStyle.AddressWithTtl ? target.Level : 0;
                for (var i = 0; i < target.Count; i++)
                {
                    script.Tlbi(cpu, name, Operand(tree, target.Va + ((ulong)i << granule.PageShift), hint));
                }

                break;
        }
    }

    // By IPA, a DSB, then all of stage 1; or by address in EL2. Both are broadcast in the domain of the style.
    private static void OperationsOfEl2(TraceScript script, int cpu, FlushTarget target, FlushStyle style, string suffix)
    {
        var isGuest = target.Tree.Kind == TreeKind.Guest;
        if (style == FlushStyle.All)
        {
            script.Tlbi(cpu, (isGuest ? "vmalls12e1" : "alle2") + suffix);
            return;
        }

        var isRange = style is FlushStyle.Range or FlushStyle.RangeWithTtl;
        var domain = style == FlushStyle.OuterAddress ? "os" : suffix;
        var name = (isRange ? "r" : "") + (isGuest ? "ipas2" : "va") + (target.IsTableRemoved ? "" : "l") + (isGuest ? "e1" : "e2") + domain;
        var hint = style is FlushStyle.AddressWithTtl or FlushStyle.RangeWithTtl ? target.Level : 0;
        for (var i = 0; i < (isRange ? 1 : target.Count); i++)
        {
            var operand = isRange ? RangeOperand(target, hint) : Operand(target.Tree, target.Va + ((ulong)i << target.Tree.Root.Granule.PageShift), hint);
            script.Tlbi(cpu, name, operand);
        }

        if (isGuest)
        {
            script.Barrier(cpu, domain == "os" ? "dsb osh" : "dsb ish", Role.DsbMiddle);
            script.Tlbi(cpu, "vmalle1" + domain, role: Role.TlbiStage1);
        }
    }

    /// <summary>Operand of the single form; a hint of 0 is none.</summary>
    public static ulong Operand(Tree tree, ulong va, int hint)
    {
        var ttl = hint == 0 ? 0 : ((ulong)GranuleCode(tree.Root.Granule) << 2) | (uint)hint;
        return TagOf(tree) | (ttl << 44) | ((va >> 12) & ((1UL << 44) - 1));
    }

    /// <summary>Operand of a range that covers the target, and at most a little more.</summary>
    public static ulong RangeOperand(FlushTarget target, int hint)
    {
        var granule = target.Tree.Root.Granule;

        // One page of a block stands for all of it.
        var pages = target.IsTableRemoved ? granule.EntriesPerTable : target.Count;
        var scale = 0;
        while ((pages + (2 << (5 * scale)) - 1) / (2 << (5 * scale)) > 32)
        {
            scale++;
        }

        var unit = 2 << (5 * scale);
        var number = (ulong)(((pages + unit - 1) / unit) - 1);
        var address = (target.Va >> granule.PageShift) & ((1UL << 37) - 1);
        return TagOf(target.Tree) | ((ulong)GranuleCode(granule) << 46) | ((ulong)scale << 44) | (number << 39)
            | ((ulong)hint << 37) | address;
    }

    private static ulong TagOf(Tree tree) => tree.Kind <= TreeKind.Kernel ? (ulong)tree.Asid << 48 : 0;

    // The encoding that TTL and TG of a range share.
    private static int GranuleCode(Granule granule) => granule.PageShift switch { 12 => 1, 14 => 2, _ => 3 };

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];
}
