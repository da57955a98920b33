using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Replay;
using TraceReplay.Rules;
using TraceReplay.Tests.Generators;

namespace TraceReplay.Tests.Properties;

public sealed class InvalidationTrackerTests
{
    private const int Seeds = 150;
    private const int Records = 40;
    private const int Operations = 60;

    [Fact]
    public void The_index_finds_the_records_that_a_search_of_all_finds()
    {
        var covered = 0;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            covered += Check(seed);
        }

        Assert.True(covered > Seeds * Operations, $"only {covered} records were met");
    }

    private static int Check(int seed)
    {
        var random = new Random(seed);
        var granule = new[] { Granule.Size4K, Granule.Size16K, Granule.Size64K }[random.Next(3)];

        // Without barriers in the trace a covered record is complete at once: the outcome of a TLBI is then seen by itself.
        var machine = new MachineState(new FactsInUse(new TraceFacts { CpuCount = 4, HasRoots = true, HasTables = true, HasTlbis = true }), DiscardedRows.Instance);
        var records = new StaleRecords(machine, DiscardedRows.Instance);
        var tracker = new InvalidationTracker(machine, records, Policy.Default);
        var spaces = Spaces(machine, granule, random);
        var open = new List<StaleRecord>();
        records.Completed = record => open.Remove(record);
        var names = TlbiOperations.All.Where(operation => operation is { Stage1: true, Regime: TlbiRegime.El1 }).ToList();
        var seq = 100L;
        var covered = 0;
        for (var round = 0; round < Operations; round++)
        {
            while (open.Count < Records && random.Next(3) != 0)
            {
                // There is no record where no CPU may hold the value, and one for a value that went stale twice.
                if (Record(records, spaces[random.Next(spaces.Count)], random, ++seq) is { } record && !open.Contains(record))
                {
                    open.Add(record);
                }
            }

            var tlbi = Operation(names[random.Next(names.Count)], open, granule, random, ++seq);
            var expected = open.ToDictionary(entry => entry.Id, entry => AfterSearch(tlbi, entry));
            covered += Math.Max(0, tracker.Execute(tlbi));
            var actual = open.ToDictionary(entry => entry.Id, Holders);
            foreach (var (id, holders) in expected)
            {
                Assert.True(
                    holders == actual.GetValueOrDefault(id, ""),
                    $"seed {seed}, {tlbi.Operation.Mnemonic} 0x{tlbi.RawOperand:x}, record {id}: expected '{holders}', got '{actual.GetValueOrDefault(id, "")}'");
            }
        }

        return covered;
    }

    // What is left of a record after a TLBI, by trying it on the record itself.
    private static string AfterSearch(in TlbiEvent tlbi, StaleRecord record)
    {
        var mask = TlbiMatch.CoveredObligations(tlbi, record);
        var left = new List<string>();
        for (var i = 0; i < record.ObligationCount; i++)
        {
            var pending = record.Obligations[i].Pending;
            if (((mask >> i) & 1) != 0)
            {
                pending = tlbi.IsBroadcast ? CpuSet.Empty : pending.Without(tlbi.Header.Cpu);
            }

            left.Add(pending.ToString());
        }

        return left.TrueForAll(text => text.Length == 0) ? "" : string.Join('/', left);
    }

    private static string Holders(StaleRecord record) =>
        string.Join('/', Enumerable.Range(0, record.ObligationCount).Select(i => record.Obligations[i].Pending.ToString()));

    private static List<AddressSpace> Spaces(MachineState machine, Granule granule, Random random)
    {
        var format = new DescriptorFormat(granule, false, false, false, false, false);
        var spaces = new List<AddressSpace>();
        for (var i = 0; i < 6; i++)
        {
            var half = i & 1;
            var bits = granule.Shift(2) + granule.IndexBits;
            var shape = new RootShape(format, 2, granule.EntriesPerTable, half == 0 ? 0 : ulong.MaxValue << bits);
            var space = machine.RootedSpace(0x4000_0000UL + ((ulong)i << 20), TranslationRegime.El1, half, shape, 1);
            space.MayHaveGlobal = random.Next(2) == 0;
            for (var load = random.Next(1, 9); load > 0; load--)
            {
                space.Load((ushort)random.Next(1, 7), random.Next(4));
            }

            spaces.Add(space);
        }

        return spaces;
    }

    private static StaleRecord? Record(StaleRecords records, AddressSpace space, Random random, long seq)
    {
        var level = random.Next(2) == 0 ? 2 : 3;
        var granule = space.Format.Granule;
        var use = level == 2 ? space.Root : new TableUse
        {
            Id = 0,
            Space = space,
            Base = 0x9000_0000,
            Entries = granule.EntriesPerTable,
            Level = 3,
            IaBase = space.Root.IaOf(random.Next(4)),
            Parent = space.Root,
            ParentPa = 0,
            FromSeq = 1,
            Frames = [],
        };
        var isTable = level == 2 && random.Next(2) == 0;
        var value = isTable ? 0x5000_0003UL : GeneratedRegime.Leaf((TreeKind)random.Next(2), level, (ulong)random.Next(64) << granule.Shift(level));
        var header = new EventHeader(seq, seq, seq, random.Next(4), 0);
        return records.Add(use, random.Next(4), value, 0, TransitionClass.Break, new StoreContext(header, null, 0));
    }

    private static TlbiEvent Operation(TlbiOperation operation, List<StaleRecord> open, Granule granule, Random random, long seq)
    {
        // Around the records, so that most operations meet some.
        var va = open.Count == 0 ? 0 : open[random.Next(open.Count)].Ia + ((ulong)random.Next(-2, 3) << granule.PageShift);
        var asid = (ulong)random.Next(1, 8) << 48;
        var code = granule.PageShift switch { 12 => 1UL, 14 => 2UL, _ => 3UL };
        ulong operand;
        if (operation.IsRange)
        {
            operand = asid | ((random.Next(10) == 0 ? (ulong)random.Next(4) : code) << 46) | ((ulong)random.Next(4) << 44)
                | ((ulong)random.Next(32) << 39) | ((ulong)(random.Next(3) == 0 ? random.Next(4) : 0) << 37) | ((va >> granule.PageShift) & ((1UL << 37) - 1));
        }
        else
        {
            var ttl = random.Next(3) == 0 ? random.Next(10) == 0 ? (ulong)random.Next(16) : (code << 2) | (uint)random.Next(1, 4) : 0;
            operand = asid | (ttl << 44) | ((va >> 12) & ((1UL << 44) - 1));
        }

        var header = new EventHeader(seq, seq, seq, random.Next(4), 0);
        var decoded = operation.Method is TlbiMethod.Address or TlbiMethod.AddressAnyAsid
            ? TlbiOperand.Decode(operation, operand, granule, false, true)
            : new TlbiOperand(0, ulong.MaxValue, (ushort)(operand >> 48), null, TlbiDefect.None);
        return new TlbiEvent(
            header, operation, new TlbiTarget(TranslationRegime.El1, false, null), operation.Reach, operand, decoded, 0);
    }
}
