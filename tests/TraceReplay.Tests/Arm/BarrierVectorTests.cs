using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Arm;

/// <summary>Barriers are judged by what replay makes of them: a break and make with that barrier in one of its two places.</summary>
public sealed class BarrierVectorTests
{
    private static readonly (string Reach, string Operation)[] Reaches = [("local", "vale1"), ("inner", "vale1is"), ("outer", "vale1os")];

    [Fact]
    public void Barriers_order_stores_and_complete_tlbis_as_in_the_table() => VectorFile.Check("Arm/barriers.txt", row =>
    {
        var barrier = row[1] == "-" ? row[0] : $"{row[0]} {row[1]}";
        var orders = Reaches.Where(reach => IsEnough(barrier, reach.Operation, "dsb sy")).Select(reach => reach.Reach);
        var completes = Reaches.Where(reach => IsEnough("dsb sy", reach.Operation, barrier)).Select(reach => reach.Reach);
        return ($"{row[2]} {row[3]}", $"{Join(orders)} {Join(completes)}");
    });

    private static bool IsEnough(string before, string operation, string after)
    {
        // One CPU: a local operation reaches all that may hold the entry.
        var generator = new TraceGenerator(seed: 1, cpuCount: 1);
        var slot = generator.NewSlot(generator.Processes[0], hasTable: true);
        var script = generator.NewScript();
        generator.Episodes.Store3(script, 0, slot, 0, 0, Role.Break);
        script.Barrier(0, before);
        script.Tlbi(0, operation, Flush.Operand(slot.Tree, slot.PageVa(0), 0));
        script.Barrier(0, after);
        generator.Episodes.Store3(script, 0, slot, 0, Episodes.Page(slot, generator.Memory.DataPage()), Role.Make);
        generator.Append(script.Items);
        return generator.Finish().Replay().Findings.All(finding => finding.Severity < Severity.Error);
    }

    private static string Join(IEnumerable<string> reaches) => string.Join(',', reaches) is { Length: > 0 } text ? text : "none";
}
