using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>Numbers of findings, as the summary line and the exit status need them.</summary>
/// <param name="Errors">Findings of severity error that count: confidence known, not tolerated by design, not waived, not in the baseline.</param>
/// <param name="Warnings">Findings of severity warning, confidence known.</param>
/// <param name="Infos">Findings of severity info, confidence known.</param>
/// <param name="Tolerated">Findings of severity error tagged as tolerated by Linux.</param>
/// <param name="Unknown">Findings of any severity of which nothing certain can be said.</param>
/// <param name="Waived">Findings of any severity that a waiver accepts; counted nowhere else.</param>
/// <param name="Known">Findings of any severity that the baseline has; counted nowhere else.</param>
public sealed record Verdict(long Errors, long Warnings, long Infos, long Tolerated, long Unknown, long Waived, long Known)
{
    /// <summary>Tag of a fault that Linux accepts by design: reported, but not a reason to fail.</summary>
    public const string LinuxTolerated = "linux-tolerated";

    /// <summary>Counts the findings of a database.</summary>
    public static Verdict Read(TraceDatabase database)
    {
        var verdict = new Verdict(0, 0, 0, 0, 0, 0, 0);
        using var counts = QueryResult.Run(database, "finding_counts");
        while (counts.Read())
        {
            var count = counts.Integer("findings") ?? 0;
            verdict = (counts.Text("review"), counts.Text("confidence"), counts.Text("severity"), counts.Text("tag")) switch
            {
                ("waived", _, _, _) => verdict with { Waived = verdict.Waived + count },
                ("known", _, _, _) => verdict with { Known = verdict.Known + count },
                (_, "unknown", _, _) => verdict with { Unknown = verdict.Unknown + count },
                (_, _, "error", LinuxTolerated) => verdict with { Tolerated = verdict.Tolerated + count },
                (_, _, "error", _) => verdict with { Errors = verdict.Errors + count },
                (_, _, "warning", _) => verdict with { Warnings = verdict.Warnings + count },
                _ => verdict with { Infos = verdict.Infos + count },
            };
        }

        return verdict;
    }

    /// <summary>One line such as <c>2 errors, 1 warning, 14 notes (3 more of unknown confidence)</c>.</summary>
    public override string ToString()
    {
        List<string> rest = [];
        if (Tolerated > 0)
        {
            rest.Add($"{Number.Format(Tolerated)} more {Number.Noun(Tolerated, "error", "errors")} that Linux tolerates");
        }

        if (Unknown > 0)
        {
            rest.Add($"{Number.Format(Unknown)} more of unknown confidence");
        }

        if (Waived > 0)
        {
            rest.Add($"{Number.Format(Waived)} waived");
        }

        if (Known > 0)
        {
            rest.Add($"{Number.Format(Known)} known from the baseline");
        }

        return $"{Number.Counted(Errors, "error", "errors")}, {Number.Counted(Warnings, "warning", "warnings")}, "
            + Number.Counted(Infos, "note", "notes")
            + (rest.Count == 0 ? "" : $" ({string.Join("; ", rest)})");
    }
}
