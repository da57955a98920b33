using TraceReplay.Arm;

namespace TraceReplay.Report;

/// <summary>A walk as text: what the tables say, and beside it what a TLB may still answer.</summary>
public static class WalkReport
{
    /// <summary>Writes one walk.</summary>
    public static void Write(Walk walk, TextWriter output)
    {
        output.WriteLine(Heading(walk));
        foreach (var step in walk.Steps)
        {
            var value = step.Value is { } known
                ? $"{AddressText.Format(known)}  {DescriptorText.Describe(known, step.Level, walk.Comparer)}"
                : "not known";
            var line = step.ValueLine is { } told ? $"  (line {told})" : "";
            output.WriteLine($"  level {step.Level,2}  entry {AddressText.Format(step.Pa)}  {value}{line}");
        }

        output.WriteLine("  tables: " + Outcome(walk));
        if (walk.Stale.Count == 0)
        {
            output.WriteLine("  TLBs:   may hold what the tables say");
        }
        else
        {
            output.WriteLine($"  TLBs:   may also hold {Number.Counted(walk.Stale.Count, "overwritten value", "overwritten values")}:");
            foreach (var value in walk.Stale)
            {
                WriteStale(value, walk, output);
            }
        }
    }

    private static void WriteStale(StaleValue value, Walk walk, TextWriter output)
    {
        var progress = value.TlbiLine is { } tlbi ? $"TLBI at line {tlbi}; " : "no TLBI yet; ";
        progress += value.CompleteLine is { } complete ? $"may be held until line {complete}" : "never completed in this trace";
        var asid = value.Asid is { } tagged ? $", ASID {tagged}" : "";
        output.WriteLine(
            $"    level {value.Level}  entry {AddressText.Format(value.Pa)}  {AddressText.Format(value.Old)}  "
            + DescriptorText.Describe(value.Old, value.Level, walk.Comparer));
        output.WriteLine(
            $"             {Number.Size(value.SizeBytes)} at {AddressText.Format(value.Va)}{asid}; removed at line {value.BreakLine}, {progress}");
    }

    private static string Heading(Walk walk)
    {
        var root = walk.Root is { } pa ? $"root {AddressText.Format(pa)}" : "root not known";
        var cpus = walk.Cpus.Count == 0 ? "" : $", CPU {string.Join(' ', walk.Cpus)}";
        var asids = walk.Asids.Count == 0 ? "" : $", ASID {string.Join(' ', walk.Asids)}";
        return root + asids + cpus;
    }

    private static string Outcome(Walk walk)
    {
        if (walk.Steps.Count == 0)
        {
            return "not known to replay";
        }

        var last = walk.Steps[^1];
        if (last.Value is not { } value)
        {
            return $"the entry at level {last.Level} is not known";
        }

        return walk.Comparer.Format.Kind(value, last.Level) switch
        {
            DescriptorKind.Invalid => $"translation fault at level {last.Level}",
            DescriptorKind.Table => $"the table at level {last.Level + 1} is not known",
            DescriptorKind.Block => $"block at level {last.Level}",
            _ => "page",
        };
    }
}
