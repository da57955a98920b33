using Dapper;

namespace TraceReplay.Store;

/// <summary>Findings of one database that count as the same one.</summary>
public sealed record BaselineFinding
{
    /// <summary>Id of the rule.</summary>
    public required string Rule { get; init; }

    /// <summary>error, warning or info.</summary>
    public required string Severity { get; init; }

    /// <summary>Empty, or <c>linux-tolerated</c>.</summary>
    public required string Tag { get; init; }

    /// <summary>Program counter, or what did the store and the task's command name.</summary>
    public required string Site { get; init; }

    /// <summary>Lookup level, null where there is none.</summary>
    public required long? Level { get; init; }

    /// <summary>What differs between the old and the new value.</summary>
    public required string Difference { get; init; }

    /// <summary>Number of findings.</summary>
    public required long Findings { get; init; }

    /// <summary>Stores folded into them.</summary>
    public required long Stores { get; init; }

    /// <summary>1-based line of the first.</summary>
    public required long FirstLine { get; init; }

    /// <summary>The first in one sentence.</summary>
    public required string Summary { get; init; }
}

/// <summary>
/// The findings of an earlier database. A finding is known when the baseline has one of the same rule, site, level and difference that is
/// at least as severe, and tolerated only where this one is. Lines, times, addresses of tables and input addresses move from run to run,
/// so they do not count, nor does how often it was found.
/// </summary>
/// <param name="Path">Path of the database, as given.</param>
/// <param name="Findings">Its findings, but for those waived or of unknown confidence: neither was reported.</param>
public sealed record Baseline(string Path, IReadOnlyList<BaselineFinding> Findings)
{
    /// <summary>Reads the findings of a database.</summary>
    /// <exception cref="DatabaseException">It is no database of this schema version, or was not replayed.</exception>
    public static Baseline Read(string path)
    {
        using var database = TraceDatabase.Open(path, writable: false);
        if (database.Connection.ExecuteScalar<long>("SELECT count(*) FROM replay") == 0)
        {
            throw new DatabaseException($"{path}: not replayed, so no baseline; run 'tracereplay replay {path}'");
        }

        var findings = database.Connection.Query<BaselineFinding>(
            """
            WITH folded AS (
              SELECT f.rule, f.severity, f.tag, s.site, f.level, f.difference, count(*) AS findings, sum(f.count) AS stores,
                min(f.id) AS first_id
              FROM finding AS f
              JOIN _finding_site AS s ON s.id = f.id
              WHERE f.confidence <> 'unknown'
                AND f.waiver_id IS NULL
              GROUP BY f.rule, f.severity, f.tag, s.site, f.level, f.difference
            )
            SELECT g.rule, g.severity, g.tag, g.site, g.level, g.difference, g.findings, g.stores, f.line AS first_line, f.summary
            FROM folded AS g
            JOIN finding AS f ON f.id = g.first_id
            ORDER BY g.first_id
            """);
        return new Baseline(path, [.. findings]);
    }
}
