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
            foreach (var value in walk.Stale.Where(value => value.Translates(walk.Va)))
            {
                WriteStale(value, walk, output);
            }

            foreach (var members in walk.Stale.Where(value => !value.Translates(walk.Va)).GroupBy(GroupOf))
            {
                WriteMembers([.. members], output);
            }
        }
    }

    private static (int Level, long? Space, ulong Va, long? Bytes, long? Asid) GroupOf(StaleValue value) =>
        (value.Level, value.SpaceId, value.Va & ~((ulong)(value.GroupBytes ?? value.SizeBytes) - 1), value.GroupBytes, value.Asid);

    // A TLB entry made from any of them may answer for the whole group.
    private static void WriteMembers(List<StaleValue> members, TextWriter output)
    {
        var (level, _, va, bytes, tagged) = GroupOf(members[0]);
        var asid = tagged is null ? "" : $", ASID {tagged}";
        output.WriteLine(
            $"    level {level}  {Number.Counted(members.Count, "value", "values")} of other members of the contiguous group of "
            + $"{Number.Size(bytes ?? 0)} at {AddressText.Format(va)}{asid}");
        output.WriteLine(
            $"             removed at {Lines(members.Min(value => value.BreakLine), members.Max(value => value.BreakLine))}, "
            + Progress(
                members.Exists(value => value.TlbiLine is null) ? null : members.Max(value => value.TlbiLine),
                members.Exists(value => value.CompleteLine is null) ? null : members.Max(value => value.CompleteLine)));
    }

    private static string Lines(long first, long last) => first == last ? $"line {first}" : $"lines {first}..{last}";

    private static string Progress(long? tlbiLine, long? completeLine) =>
        (tlbiLine is null ? "no TLBI yet; " : $"TLBI at line {tlbiLine}; ")
        + (completeLine is null ? "never completed in this trace" : $"may be held until line {completeLine}");

    private static void WriteStale(StaleValue value, Walk walk, TextWriter output)
    {
        var asid = value.Asid is { } tagged ? $", ASID {tagged}" : "";
        output.WriteLine(
            $"    level {value.Level}  entry {AddressText.Format(value.Pa)}  {AddressText.Format(value.Old)}  "
            + DescriptorText.Describe(value.Old, value.Level, walk.Comparer));
        output.WriteLine(
            $"             {Number.Size(value.SizeBytes)} at {AddressText.Format(value.Va)}{asid}; removed at line {value.BreakLine}, {Progress(value.TlbiLine, value.CompleteLine)}");
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
