using Dapper;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Slices;

/// <summary>The finding that a slice is to raise, and what the database knows of it.</summary>
internal sealed record SliceTarget
{
    private const string Finding =
        """
        SELECT seq, rule, severity, confidence, tag, pa, old, new, difference, summary, cpu, min(seq, ifnull(stale_seq, seq)) AS from_seq
        FROM finding WHERE id = @id
        """;

    private const string Replay = "SELECT granule_bytes, bbm_level, policy FROM replay";

    private const string ParentsOf = "SELECT DISTINCT parent_pa FROM table_use WHERE base = @page AND from_seq <= @seq AND parent_pa IS NOT NULL";
    private const string TablesBelow = "SELECT DISTINCT base FROM table_use WHERE parent_pa = @pa";
    // Tables of other trees for the same addresses: a copy, or the tree under the same ASID.
    private const string TablesBeside =
        """
        SELECT DISTINCT o.base FROM table_use AS t
        JOIN table_use AS o ON o.level = t.level AND o.va_base = t.va_base AND o.base <> t.base
        WHERE t.base = @page AND t.from_seq <= @seq AND o.from_seq <= @seq LIMIT 64
        """;

    private const string StoresOf = "SELECT DISTINCT pa FROM _finding_store WHERE finding_id = @id LIMIT 64";

    /// <summary>Bits 47:12 of a descriptor: the output address, or the next table.</summary>
    private const ulong AddressBits = 0x0000_ffff_ffff_f000;

    public long Seq { get; init; }

    public required string Rule { get; init; }

    public required Severity Severity { get; init; }

    public required Confidence Confidence { get; init; }

    public required string Tag { get; init; }

    public ulong Pa { get; init; }

    public required string Difference { get; init; }

    public required string Summary { get; init; }

    public int Cpu { get; init; }

    /// <summary>First event of the window: the break, or the store itself.</summary>
    public long FromSeq { get; init; }

    /// <summary>Pages of the tables that lead to the descriptor, of the group it is in, and of what its values point to.</summary>
    public required HashSet<ulong> Pages { get; init; }

    public ulong PageBytes { get; init; }

    /// <summary>What was asked of the trace when it was found, but for the FEAT_BBM level.</summary>
    public required Policy Policy { get; init; }

    /// <summary>FEAT_BBM level of the replay that found it.</summary>
    public int BbmLevel { get; init; }

    /// <summary>Reads a finding; null when there is none of this number.</summary>
    public static SliceTarget? Read(TraceDatabase database, long id)
    {
        var finding = database.Connection.QueryFirstOrDefault<FindingRow>(Finding, new { id });
        if (finding?.Seq is not { } seq)
        {
            return null;
        }

        var replay = database.Connection.QueryFirst<ReplayRow>(Replay);
        var pageBytes = (ulong)(replay.GranuleBytes ?? 4096);
        return new SliceTarget
        {
            Seq = seq,
            Rule = finding.Rule,
            Severity = Enum.Parse<Severity>(finding.Severity, ignoreCase: true),
            Confidence = Enum.Parse<Confidence>(finding.Confidence, ignoreCase: true),
            Tag = finding.Tag,
            Pa = (ulong)finding.Pa,
            Difference = finding.Difference,
            Summary = finding.Summary,
            Cpu = (int)finding.Cpu,
            FromSeq = finding.FromSeq,
            PageBytes = pageBytes,
            Policy = Policy.Parse(replay.Policy) with { BbmLevel = null },
            BbmLevel = (int)replay.BbmLevel,
            Pages = FindPages(database, id, finding.Rule, seq, finding.Pa, [finding.Old, finding.New], pageBytes),
        };
    }

    private static bool IsOfTwoTrees(string rule) =>
        rule is RuleId.TableCopyStale or RuleId.GlobalOverlap or RuleId.AsidReuse or RuleId.AsidShared or RuleId.CommonNotPrivate;

    private static HashSet<ulong> FindPages(TraceDatabase database, long id, string rule, long seq, long pa, long?[] values, ulong pageBytes)
    {
        HashSet<ulong> pages = [];
        Queue<ulong> waiting = new();
        Visit((ulong)pa);
        foreach (var store in database.Connection.Query<long>(StoresOf, new { id }))
        {
            Visit((ulong)store);
        }

        foreach (var value in values.OfType<long>())
        {
            Visit((ulong)value & AddressBits);
        }

        foreach (var below in database.Connection.Query<long>(TablesBelow, new { pa }))
        {
            Visit((ulong)below);
        }

        if (IsOfTwoTrees(rule))
        {
            foreach (var beside in pages.ToList().SelectMany(page => database.Connection.Query<long>(TablesBeside, new { page = (long)page, seq })))
            {
                Visit((ulong)beside);
            }
        }

        while (waiting.TryDequeue(out var page))
        {
            foreach (var parent in database.Connection.Query<long>(ParentsOf, new { page = (long)page, seq }))
            {
                Visit((ulong)parent);
            }
        }

        return pages;

        void Visit(ulong address)
        {
            var page = address & ~(pageBytes - 1);
            if (pages.Add(page))
            {
                waiting.Enqueue(page);
            }
        }
    }

    internal sealed record FindingRow
    {
        public long? Seq { get; init; }

        public required string Rule { get; init; }

        public required string Severity { get; init; }

        public required string Confidence { get; init; }

        public required string Tag { get; init; }

        public long Pa { get; init; }

        public long? Old { get; init; }

        public long? New { get; init; }

        public required string Difference { get; init; }

        public required string Summary { get; init; }

        public long Cpu { get; init; }

        public long FromSeq { get; init; }
    }

    internal sealed record ReplayRow
    {
        public long? GranuleBytes { get; init; }

        public long BbmLevel { get; init; }

        public required string Policy { get; init; }
    }
}
