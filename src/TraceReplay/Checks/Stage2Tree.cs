using Dapper;
using TraceReplay.Arm;
using TraceReplay.Store;

namespace TraceReplay.Checks;

/// <summary>A stage-2 tree of a trace.</summary>
/// <param name="Root">Physical address of its root.</param>
/// <param name="Vmid">VMID it was loaded under last; null where that is not known.</param>
/// <param name="StartLevel">Level of the root.</param>
/// <param name="Entries">Descriptors in the root.</param>
/// <param name="Granule">Granule of its tables.</param>
public sealed record Stage2Tree(ulong Root, int? Vmid, int StartLevel, int Entries, Granule Granule)
{
    // Of several lives of one page as a root the last one that had begun.
    private const string Trees =
        """
        SELECT a.root_pa AS root, a.start_level, a.entries, a.granule_bytes, max(a.first_seq) AS first_seq,
          (SELECT l.asid FROM root_load AS l WHERE l.space_id = a.id AND l.seq <= @seq ORDER BY l.seq DESC LIMIT 1) AS vmid
        FROM address_space AS a
        WHERE a.regime = 'EL1&0 stage 2'
          AND a.first_seq <= @seq
          AND a.start_level IS NOT NULL
        GROUP BY a.root_pa
        ORDER BY a.root_pa
        """;

    /// <summary>The trees that a database knows of at a moment.</summary>
    public static IReadOnlyList<Stage2Tree> All(TraceDatabase database, long seq)
    {
        ArgumentNullException.ThrowIfNull(database);
        return [.. database.Connection.Query<TreeRow>(Trees, new { seq })
            .Select(row => new Stage2Tree(
                (ulong)row.Root, (int?)row.Vmid, (int)row.StartLevel, (int)row.Entries, Granule.FromBytes(row.GranuleBytes) ?? Granule.Size4K))];
    }

    internal sealed record TreeRow
    {
        public long Root { get; init; }

        public long? Vmid { get; init; }

        public long StartLevel { get; init; }

        public long Entries { get; init; }

        public long GranuleBytes { get; init; }
    }
}
