using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;
using TraceReplay.Rules;

namespace TraceReplay.Store;

/// <summary>Marks findings that somebody accepts, and those that are known from before. They stay in the database.</summary>
public sealed record FindingReview
{
    // A finding is several stores; all of them must fit, or a waiver would hide what it does not name. They are read in the order in which
    // they lie: hundreds of findings may take turns. The sign keeps SQLite from making an index of all stores for each waiver.
    private static readonly string Fitting = $"""
        WITH candidate AS MATERIALIZED (
          SELECT f.id
          FROM finding AS f
          WHERE f.rule GLOB @Rule
            AND {FitsSite("f.pc", "(SELECT text FROM name WHERE id = f.how_id)", "(SELECT comm FROM task WHERE id = f.task_id)")}
            AND {FitsPlace("f.va", "f.pa")}
        ),
        run AS MATERIALIZED (
          SELECT r.finding_id, r.first_id, r.last_id
          FROM candidate AS c
          CROSS JOIN finding_run AS r ON r.finding_id = c.id
          ORDER BY r.first_id
        )
        SELECT id
        FROM candidate
        WHERE id NOT IN (
          SELECT s.finding_id
          FROM run AS r
          CROSS JOIN finding_store AS s ON s.id BETWEEN r.first_id AND r.last_id AND +s.finding_id = r.finding_id
          LEFT JOIN pgtable_write AS w ON w.seq = s.seq
          WHERE NOT ({FitsPlace("s.va", "s.pa")}
            AND (w.seq IS NULL
              OR {FitsSite("w.pc", "(SELECT text FROM name WHERE id = w.how_id)", "(SELECT comm FROM task WHERE id = w.task_id)")})))
        """;

    /// <summary>Nothing is accepted or known.</summary>
    public static FindingReview None { get; } = new() { Today = DateOnly.MinValue };

    /// <summary>What is accepted; of several that fit a finding, the first counts.</summary>
    public IReadOnlyList<Waiver> Waivers { get; init; } = [];

    /// <summary>The day by which waivers expire.</summary>
    public required DateOnly Today { get; init; }

    /// <summary>The findings known from before; null when there is nothing to compare with.</summary>
    public Baseline? Baseline { get; init; }

    /// <summary>Marks the findings of a database that was just replayed. The caller holds a transaction around it.</summary>
    public void Apply(SqliteConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        for (var i = 0; i < Waivers.Count; i++)
        {
            Waive(connection, i + 1, Waivers[i]);
        }

        if (Baseline is not null)
        {
            Compare(connection, Baseline);
        }
    }

    private void Waive(SqliteConnection connection, int id, Waiver waiver)
    {
        var isExpired = waiver.Expires < Today;
        var values = new
        {
            Id = id,
            waiver.Line,
            Rule = Glob(waiver.Rule),
            PcFirst = (long?)waiver.Pc?.First,
            PcLast = (long?)waiver.Pc?.Last,
            Symbol = Glob(waiver.Symbol),
            Task = Glob(waiver.Task),
            VaFirst = (long?)waiver.Va?.First,
            VaLast = (long?)waiver.Va?.Last,
            PaFirst = (long?)waiver.Pa?.First,
            PaLast = (long?)waiver.Pa?.Last,
            waiver.Reason,
            Expires = waiver.Expires?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            IsExpired = isExpired,
        };
        connection.Execute(
            """
            INSERT INTO waiver (id, line, rule, pc_first, pc_last, symbol, task, va_first, va_last, pa_first, pa_last, reason, expires,
              is_expired, matched)
            VALUES (@Id, @Line, @Rule, @PcFirst, @PcLast, @Symbol, @Task, @VaFirst, @VaLast, @PaFirst, @PaLast, @Reason, @Expires,
              @IsExpired, 0)
            """,
            values);

        long[] fitting = [.. connection.Query<long>(Fitting, values)];
        var matched = new { Id = id, Count = fitting.Length, Findings = $"[{string.Join(',', fitting)}]" };
        connection.Execute("UPDATE waiver SET matched = @Count WHERE id = @Id", matched);
        if (!isExpired)
        {
            connection.Execute(
                "UPDATE finding SET waiver_id = @Id WHERE waiver_id IS NULL AND id IN (SELECT value FROM json_each(@Findings))", matched);
        }
    }

    private static void Compare(SqliteConnection connection, Baseline baseline)
    {
        connection.Execute("UPDATE replay SET baseline = @Path", new { baseline.Path });
        connection.Execute(
            """
            INSERT INTO baseline_finding (rule, severity, tag, site, level, difference, findings, stores, first_line, summary, is_gone)
            VALUES (@Rule, @Severity, @Tag, @Site, @Level, @Difference, @Findings, @Stores, @FirstLine, @Summary, 0)
            """,
            baseline.Findings);
        connection.Execute(
            """
            CREATE TEMP TABLE compared (id INTEGER PRIMARY KEY, rule TEXT, site TEXT, level INTEGER, difference TEXT);
            INSERT INTO compared
            SELECT f.id, f.rule, s.site, f.level, f.difference
            FROM finding AS f
            JOIN _finding_site AS s ON s.id = f.id;
            CREATE INDEX temp.compared_rule ON compared (rule, site);
            WITH severity_rank (severity, rank) AS (
              VALUES ('info', 0), ('warning', 1), ('error', 2)
            )
            UPDATE finding AS f
            SET is_known = 1
            WHERE EXISTS (
              SELECT 1
              FROM compared AS c
              JOIN baseline_finding AS b ON b.rule = c.rule AND b.site = c.site AND b.level IS c.level AND b.difference = c.difference
              WHERE c.id = f.id
                AND (b.tag = '' OR b.tag = f.tag)
                AND (SELECT rank FROM severity_rank WHERE severity = b.severity) >= (SELECT rank FROM severity_rank WHERE severity = f.severity));
            UPDATE baseline_finding AS b
            SET is_gone = 1
            WHERE NOT EXISTS (
              SELECT 1
              FROM compared AS c
              WHERE c.rule = b.rule
                AND c.site = b.site
                AND c.level IS b.level
                AND c.difference = b.difference);
            DROP TABLE compared;
            """);
    }

    private static string FitsSite(string pc, string symbol, string task) =>
        $"({InRange("Pc", pc)} AND (@Symbol IS NULL OR {symbol} GLOB @Symbol) AND (@Task IS NULL OR ifnull({task} GLOB @Task, 0)))";

    private static string FitsPlace(string va, string pa) => $"({InRange("Va", va)} AND {InRange("Pa", pa)})";

    // Addresses are unsigned and columns signed: a range across the sign has its first address above its last.
    private static string InRange(string name, string column) =>
        $"""
        (@{name}First IS NULL OR ifnull(iif(@{name}First <= @{name}Last,
          {column} BETWEEN @{name}First AND @{name}Last, {column} >= @{name}First OR {column} <= @{name}Last), 0))
        """;

    // Only * and ? are patterns.
    private static string? Glob(string? pattern) => pattern?.Replace("[", "[[]", StringComparison.Ordinal);
}
