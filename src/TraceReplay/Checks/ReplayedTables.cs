using Dapper;
using TraceReplay.Arm;
using TraceReplay.Replay;
using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Checks;

/// <summary>The kernel's half of the address space, or the stage 2 of a guest, as replay has it at a moment.</summary>
public sealed class ReplayedTables
{
    private const string KernelRoots = "SELECT DISTINCT root_pa FROM address_space WHERE half = 1 AND first_seq <= @seq ORDER BY root_pa";

    // The order of Linux's MAIR indexes since 5.13, for a trace that does not tell MAIR_EL1.
    private const ulong LinuxMemoryAttributes = 0x0000_0004_0044_ffff;

    private static readonly string[] DeviceNames = ["DEVICE/nGnRnE", "DEVICE/nGnRE", "DEVICE/nGRE", "DEVICE/GRE"];

    private readonly Func<ulong, ulong?> _memory;
    private readonly DescriptorFormat _format;
    private readonly Func<ulong, string> _attributes;
    private readonly List<MappedRange> _ranges = [];

    private ReplayedTables(Func<ulong, ulong?> memory, DescriptorFormat format, Func<ulong, string> attributes, ulong root) =>
        (_memory, _format, _attributes, Root) = (memory, format, attributes, root);

    /// <summary>Physical address of the root.</summary>
    public ulong Root { get; }

    /// <summary>Level of the root.</summary>
    public int StartLevel { get; private set; }

    /// <summary>What is mapped and what not, in the order of the addresses.</summary>
    public IReadOnlyList<MappedRange> Ranges => _ranges;

    /// <summary>Bytes mapped.</summary>
    public ulong MappedBytes { get; private set; }

    /// <summary>
    /// Replays a database up to a moment and walks the kernel's tables. Of several roots of that half (Linux has a trampoline and an
    /// empty one besides) it is the one that maps most.
    /// </summary>
    /// <param name="database">A replayed database.</param>
    /// <param name="seq">The moment: state after this event.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>Null where the trace tells no root of that half, or not TCR_EL1.</returns>
    public static ReplayedTables? At(TraceDatabase database, long seq, CancellationToken cancellation)
    {
        if (RegimeAtMoment.Control(database, seq) is not { } control || !control.IsUsable(1))
        {
            return null;
        }

        var memory = MemoryAt(database, seq, cancellation);
        var comparer = RegimeAtMoment.Read(database, seq, ulong.MaxValue);
        ReplayedTables? best = null;
        foreach (var root in database.Connection.Query<long>(KernelRoots, new { seq }))
        {
            var tables = new ReplayedTables(memory, comparer.Format, value => Attributes(comparer, value), (ulong)root);
            tables.Walk(control);
            if (best is null || tables.MappedBytes > best.MappedBytes)
            {
                best = tables;
            }
        }

        return best;
    }

    /// <summary>Replays a database up to a moment and walks a stage-2 tree.</summary>
    /// <param name="database">A replayed database.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="words">How the dump prints it.</param>
    /// <param name="seq">The moment: state after this event.</param>
    /// <param name="cancellation">Ends the work early.</param>
    internal static ReplayedTables OfStage2(TraceDatabase database, Stage2Tree tree, Stage2Words words, long seq, CancellationToken cancellation)
    {
        var tables = new ReplayedTables(
            MemoryAt(database, seq, cancellation), RegimeAtMoment.Stage2Format(database, seq, tree.Granule), value => Stage2Attributes.Of(words, value), tree.Root)
        {
            StartLevel = tree.StartLevel,
        };
        tables.Walk(tree.Root, tree.StartLevel, 0, tree.Entries);
        return tables;
    }

    private static Func<ulong, ulong?> MemoryAt(TraceDatabase database, long seq, CancellationToken cancellation)
    {
        var reader = new EventReader(database);
        var engine = new ReplayEngine(reader.ReadFacts(), reader.Names, new ReplayOptions(), DiscardedRows.Instance);
        reader.Read(engine, seq, cancellation);
        return engine.ValueAt;
    }

    private void Walk(TranslationControl control)
    {
        var granule = _format.Granule;
        var bits = 64 - control.Size(1);
        StartLevel = granule.StartLevel(bits);
        Walk(Root, StartLevel, control.FirstOfUpper(1), 1 << (bits - granule.Shift(StartLevel)));
    }

    private void Walk(ulong table, int level, ulong first, int entries)
    {
        var span = _format.Granule.EntrySpan(level);
        for (var i = 0; i < entries; i++)
        {
            var start = first + ((ulong)i * span);
            var last = start + span - 1;
            if (_memory(table + ((ulong)i * 8)) is not { } value)
            {
                Add(new MappedRange(start, last, null, MappedRange.Unknown));
                continue;
            }

            switch (_format.Kind(value, level))
            {
                case DescriptorKind.Invalid:
                    Add(new MappedRange(start, last, null, ""));
                    break;
                case DescriptorKind.Table:
                    Walk(_format.NextTable(value), level + 1, start, _format.Granule.EntriesPerTable);
                    break;
                default:
                    MappedBytes += span;
                    Add(new MappedRange(start, last, level, _attributes(value)));
                    break;
            }
        }
    }

    private void Add(MappedRange range)
    {
        range = range with { IsStage2 = _format.IsStage2 };
        if (_ranges.Count > 0 && _ranges[^1].AgreesWith(range) && _ranges[^1].Last + 1 == range.First)
        {
            _ranges[^1] = _ranges[^1] with { Last = range.Last };
        }
        else
        {
            _ranges.Add(range);
        }
    }

    // As arch/arm64/mm/ptdump.c prints them.
    private static string Attributes(DescriptorComparer comparer, ulong value)
    {
        List<string> words = [];
        Flag(DescriptorBits.UserAccess, "USR", "");
        Flag(DescriptorBits.ReadOnly, "ro", "RW");
        Flag(DescriptorBits.PrivilegedExecuteNever, "NX", "x");
        words.Add((value & DescriptorBits.Shareability) == DescriptorBits.Shareability ? "SHD" : "");
        Flag(DescriptorBits.AccessFlag, "AF", "");
        Flag(DescriptorBits.NotGlobal, "NG", "");
        Flag(DescriptorBits.Contiguous, "CON", "");
        Flag(DescriptorBits.UserExecuteNever, "UXN", "");
        Flag(DescriptorBits.Guarded, "GP", "");
        words.Add(Memory(comparer, value));
        return string.Join(' ', words.Where(word => word.Length > 0));

        void Flag(ulong bit, string set, string clear) => words.Add((value & bit) != 0 ? set : clear);
    }

    private static string Memory(DescriptorComparer comparer, ulong value)
    {
        var index = (int)((value & DescriptorBits.AttributeIndex) >> 2);
        var memory = comparer.AttributesOf(value) ?? MemoryAttributes.Decode((byte)(LinuxMemoryAttributes >> (index * 8)));
        return memory switch
        {
            { IsDevice: true } => DeviceNames[memory.DeviceType & 3],
            { Inner: Cacheability.NonCacheable, Outer: Cacheability.NonCacheable } => "MEM/NORMAL-NC",
            { Inner: Cacheability.WriteBack, Outer: Cacheability.WriteBack } => "MEM/NORMAL",
            _ => $"MAIR[{index}]",
        };
    }
}
