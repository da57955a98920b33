using TraceReplay.Arm;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>One level of a walk.</summary>
/// <param name="Level">Lookup level.</param>
/// <param name="Base">Physical address of the table.</param>
/// <param name="Pa">Physical address of the entry.</param>
/// <param name="Value">Its value at the moment, null when the trace does not tell.</param>
/// <param name="ValueLine">Line that told it.</param>
public sealed record WalkStep(int Level, ulong Base, ulong Pa, ulong? Value, long? ValueLine);

/// <summary>A value that was overwritten, and that a TLB may hold at the moment.</summary>
/// <param name="SpaceId">Address space, null when no root is known.</param>
/// <param name="Level">Lookup level.</param>
/// <param name="Pa">Physical address of the descriptor.</param>
/// <param name="Va">First input address it translates.</param>
/// <param name="SizeBytes">Input range it translates.</param>
/// <param name="GroupBytes">Input range of its contiguous group, null without the Contiguous bit.</param>
/// <param name="Asid">ASID, null for a global entry or when not known.</param>
/// <param name="Old">The stale value.</param>
/// <param name="BreakLine">Line of the store that removed it.</param>
/// <param name="TlbiLine">Line of the TLBI that covered it by the moment.</param>
/// <param name="CompleteLine">Line after which no TLB holds it, null when not in the trace.</param>
public sealed record StaleValue(
    long? SpaceId, int Level, ulong Pa, ulong Va, long SizeBytes, long? GroupBytes, long? Asid, ulong Old,
    long BreakLine, long? TlbiLine, long? CompleteLine)
{
    /// <summary>True when the value itself translates an address; otherwise another member of its contiguous group does.</summary>
    public bool Translates(ulong va) => va >= Va && va - Va < (ulong)SizeBytes;
}

/// <summary>The translation of one address at one moment, in one address space.</summary>
/// <param name="Va">The input address.</param>
/// <param name="SpaceId">Address space, null when its root is not known.</param>
/// <param name="Root">Physical address of the root, null when not known.</param>
/// <param name="Comparer">How descriptors were read at the moment: layout and memory attributes.</param>
/// <param name="Cpus">CPUs that have the root in their TTBR; empty when the trace does not tell.</param>
/// <param name="Asids">ASIDs in force with it.</param>
/// <param name="Steps">The walk of the tables, from the root.</param>
/// <param name="Stale">What a TLB may answer instead.</param>
public sealed record Walk(
    ulong Va, long? SpaceId, ulong? Root, DescriptorComparer Comparer, IReadOnlyList<long> Cpus, IReadOnlyList<long> Asids,
    IReadOnlyList<WalkStep> Steps, IReadOnlyList<StaleValue> Stale)
{
    // TCR_EL1 with ranges of 52 bits, the widest, and tagged addresses in both.
    private const ulong NarrowestSize = 12;
    private const ulong IgnoresTopByte = 3UL << 37;

    /// <summary>
    /// The input addresses that no walk begins for, in words: null when the address is translated by a TTBR. Without a TCR_EL1 in the
    /// trace, only an address that no size of the ranges can hold is known to be outside.
    /// </summary>
    /// <param name="database">A database.</param>
    /// <param name="va">The input address.</param>
    /// <param name="seq">The moment: state after this event.</param>
    public static string? OutsideRanges(TraceDatabase database, ulong va, long seq)
    {
        var control = RegimeAtMoment.Control(database, seq);
        if (control is { } tcr && (!tcr.IsUsable(0) || !tcr.IsUsable(1)))
        {
            return null;
        }

        var widest = new TranslationControl(NarrowestSize | (NarrowestSize << 16) | IgnoresTopByte);
        if ((control ?? widest).Translates(va))
        {
            return null;
        }

        return control is { } known
            ? $"TTBR0 translates {AddressText.Format(0)}..{AddressText.Format(~known.FirstOfUpper(0))}, "
                + $"TTBR1 {AddressText.Format(known.FirstOfUpper(1))}..{AddressText.Format(ulong.MaxValue)}"
            : "no range of TTBR0 or TTBR1 has more than 52 bits";
    }

    /// <summary>The walks of an address: one for every root that was in a TTBR of its half, in the order of the CPUs.</summary>
    /// <param name="database">A replayed database.</param>
    /// <param name="va">The input address; bit 55 chooses between TTBR0 and TTBR1.</param>
    /// <param name="seq">The moment: state after this event.</param>
    /// <param name="asid">Only roots last loaded under this ASID.</param>
    public static IReadOnlyList<Walk> Read(TraceDatabase database, ulong va, long seq, int? asid)
    {
        var tables = ReadTables(database, va, seq);
        var stale = ReadStale(database, va, seq);
        var roots = ReadRoots(database, va, seq, asid);
        var comparer = RegimeAtMoment.Read(database, seq, va);
        if (roots.Count == 0 && asid is null)
        {
            // No TTBR write in the trace: every tree whose input addresses are known may be meant.
            roots = [.. tables.Select(table => table.SpaceId).Distinct().Select(id => new LoadedRoot(id, null, [], []))];
        }

        return
        [
            .. roots.Select(root => new Walk(
                va, root.SpaceId, root.Base, comparer, root.Cpus, root.Asids, Follow(root, tables, comparer),
                [.. stale.Where(value => value.SpaceId == root.SpaceId || value.SpaceId is null || value.Asid is null)])),
        ];
    }

    // The tables are those that replay knows; the values say how far the walk really goes.
    private static List<WalkStep> Follow(LoadedRoot root, List<Table> tables, DescriptorComparer comparer)
    {
        List<WalkStep> steps = [];
        var table = tables.Where(candidate => candidate.SpaceId == root.SpaceId)
            .OrderByDescending(candidate => candidate.Step.Base == root.Base)
            .ThenBy(candidate => candidate.Step.Level)
            .FirstOrDefault();
        while (table is not null)
        {
            steps.Add(table.Step);
            if (table.Step.Value is not { } value || comparer.Format.Kind(value, table.Step.Level) != DescriptorKind.Table)
            {
                break;
            }

            var from = table.Step;
            table = tables
                .Where(candidate => candidate.ParentPa == from.Pa && candidate.Step.Level == from.Level + 1)
                .OrderByDescending(candidate => candidate.SpaceId == root.SpaceId)
                .FirstOrDefault();
        }

        return steps;
    }

    private static List<LoadedRoot> ReadRoots(TraceDatabase database, ulong va, long seq, int? asid)
    {
        List<LoadedRoot> roots = [];
        var half = (va >> 55) & 1;
        using var rows = QueryResult.Run(
            database, "walk_roots", ("ttbr", (long)half), ("seq", seq), ("asid", (long?)asid));
        while (rows.Read())
        {
            var id = rows.Integer("space_id");
            var root = roots.Find(known => known.SpaceId == id);
            if (root is null)
            {
                root = new LoadedRoot(id, rows.Address("root"), [], []);
                roots.Add(root);
            }

            root.Cpus.Add(rows.Integer("cpu") ?? 0);
            if (rows.Integer("asid") is { } loadedAs && !root.Asids.Contains(loadedAs))
            {
                root.Asids.Add(loadedAs);
            }
        }

        return roots;
    }

    private static List<Table> ReadTables(TraceDatabase database, ulong va, long seq)
    {
        List<Table> tables = [];
        using var rows = QueryResult.Run(database, "walk_tables", ("va", unchecked((long)va)), ("seq", seq));
        while (rows.Read())
        {
            var step = new WalkStep(
                (int)(rows.Integer("level") ?? 0), rows.Address("base") ?? 0, rows.Address("pa") ?? 0,
                rows.Address("value"), rows.Integer("value_line"));
            tables.Add(new Table(rows.Integer("space_id"), rows.Address("parent_pa"), step));
        }

        return tables;
    }

    private static List<StaleValue> ReadStale(TraceDatabase database, ulong va, long seq)
    {
        List<StaleValue> values = [];
        using var rows = QueryResult.Run(database, "walk_stale", ("va", unchecked((long)va)), ("seq", seq));
        while (rows.Read())
        {
            values.Add(new StaleValue(
                rows.Integer("space_id"), (int)(rows.Integer("level") ?? 0), rows.Address("pa") ?? 0, rows.Address("va") ?? 0,
                rows.Integer("size_bytes") ?? 0, rows.Integer("group_bytes"), rows.Integer("asid"), rows.Address("old") ?? 0,
                rows.Integer("break_line") ?? 0, rows.Integer("tlbi_line"), rows.Integer("complete_line")));
        }

        return values;
    }

    private sealed record LoadedRoot(long? SpaceId, ulong? Base, List<long> Cpus, List<long> Asids);

    private sealed record Table(long? SpaceId, ulong? ParentPa, WalkStep Step);
}
