using TraceReplay.Store;

namespace TraceReplay.Checks;

/// <summary>Addresses of which the kernel's dump and the replayed tables say different things.</summary>
/// <param name="First">First address.</param>
/// <param name="Last">Last address, inclusive.</param>
/// <param name="Dumped">What the dump says.</param>
/// <param name="Replayed">What replay says.</param>
public sealed record Disagreement(ulong First, ulong Last, MappedRange Dumped, MappedRange Replayed);

/// <summary>A dump of the kernel's tables beside the replayed ones.</summary>
/// <param name="Root">Physical address of the root that was walked.</param>
/// <param name="ComparedBytes">Bytes of input addresses of which both tell.</param>
/// <param name="MappedBytes">Of those, mapped by the dump.</param>
/// <param name="UnknownBytes">Bytes of the dump of which the trace does not tell.</param>
/// <param name="Disagreements">Where they differ, in the order of the addresses.</param>
public sealed record TableCheck(ulong Root, ulong ComparedBytes, ulong MappedBytes, ulong UnknownBytes, IReadOnlyList<Disagreement> Disagreements)
{
    /// <summary>Compares a dump of a guest's stage 2 with the state at a moment.</summary>
    /// <param name="database">A replayed database.</param>
    /// <param name="dump">The dump.</param>
    /// <param name="tree">The tree that the dump is of.</param>
    /// <param name="seq">The moment: state after this event.</param>
    /// <param name="cancellation">Ends the work early.</param>
    public static TableCheck RunStage2(TraceDatabase database, TableDump dump, Stage2Tree tree, long seq, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(tree);
        return Compare(ReplayedTables.OfStage2(database, tree, dump.Words, seq, cancellation), dump);
    }

    /// <summary>Compares a dump of the kernel's tables with the state at a moment.</summary>
    /// <param name="database">A replayed database.</param>
    /// <param name="dump">The dump.</param>
    /// <param name="seq">The moment: state after this event.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>Null where the trace does not tell the kernel's root and TCR_EL1.</returns>
    public static TableCheck? Run(TraceDatabase database, TableDump dump, long seq, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(dump);
        return ReplayedTables.At(database, seq, cancellation) is { } tables ? Compare(tables, dump) : null;
    }

    private static TableCheck Compare(ReplayedTables tables, TableDump dump) => Compare(
        tables.Root,
        [.. dump.Ranges.Select(range => range.Level == MappedRange.RootLevel ? range with { Level = tables.StartLevel } : range)],
        tables.Ranges);

    /// <summary>Compares ranges, both in the order of their addresses.</summary>
    public static TableCheck Compare(ulong root, IReadOnlyList<MappedRange> dump, IReadOnlyList<MappedRange> replayed)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(replayed);
        List<Disagreement> found = [];
        var (compared, mapped, unknown) = (0UL, 0UL, 0UL);
        var at = 0;
        foreach (var range in dump)
        {
            while (at < replayed.Count && replayed[at].Last < range.First)
            {
                at++;
            }

            for (var i = at; i < replayed.Count && replayed[i].First <= range.Last; i++)
            {
                var first = Math.Max(range.First, replayed[i].First);
                var last = Math.Min(range.Last, replayed[i].Last);
                var bytes = last - first + 1;
                if (replayed[i].Attributes == MappedRange.Unknown)
                {
                    unknown += bytes;
                    continue;
                }

                compared += bytes;
                mapped += range.Attributes.Length > 0 ? bytes : 0;
                if (!range.AgreesWith(replayed[i]))
                {
                    Add(found, new Disagreement(first, last, range, replayed[i]));
                }
            }
        }

        return new TableCheck(root, compared, mapped, unknown, found);
    }

    // The dump begins a new range at the border of an area, and replay at a change of level.
    private static void Add(List<Disagreement> found, Disagreement next)
    {
        if (found.Count > 0 && found[^1] is var before && before.Last + 1 == next.First
            && before.Dumped.AgreesWith(next.Dumped) && before.Replayed.AgreesWith(next.Replayed))
        {
            found[^1] = before with { Last = next.Last };
        }
        else
        {
            found.Add(next);
        }
    }
}
