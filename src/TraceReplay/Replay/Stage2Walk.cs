using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>Translates intermediate physical addresses by a replayed stage 2.</summary>
internal static class Stage2Walk
{
    /// <summary>Physical address of a run of bytes; null where the tree does not tell it, or maps it in pieces.</summary>
    /// <param name="stage2">The tree.</param>
    /// <param name="ipa">First intermediate address.</param>
    /// <param name="bytes">A power of two, of which <paramref name="ipa"/> is a multiple.</param>
    public static ulong? Find(AddressSpace stage2, ulong ipa, ulong bytes)
    {
        if (FindByte(stage2, ipa, out var span) is not { } start)
        {
            return null;
        }

        for (var offset = span; offset < bytes; offset += span)
        {
            if (FindByte(stage2, ipa + offset, out _) != start + offset)
            {
                return null;
            }
        }

        return start;
    }

    private static ulong? FindByte(AddressSpace stage2, ulong ipa, out ulong span)
    {
        var format = stage2.Format;
        var table = stage2.Root;
        while (true)
        {
            span = format.Granule.EntrySpan(table.Level);
            var index = (ipa - table.IaBase) >> format.Granule.Shift(table.Level);
            if (!table.IsAttached || index >= (ulong)table.Entries || table.ValueAt((int)index) is not { } value)
            {
                return null;
            }

            switch (format.Kind(value, table.Level))
            {
                case DescriptorKind.Table:
                    if (MachineState.ChildOf(table, (int)index) is not { } child)
                    {
                        return null;
                    }

                    table = child;
                    break;
                case DescriptorKind.Invalid:
                    return null;
                default:
                    return format.OutputAddress(value, table.Level) + (ipa & (span - 1));
            }
        }
    }
}
