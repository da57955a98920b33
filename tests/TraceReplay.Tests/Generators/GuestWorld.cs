using TraceReplay.Events;

namespace TraceReplay.Tests.Generators;

/// <summary>Tells what a kernel does by itself, and what the same kernel does as a guest of a VHE host.</summary>
internal static class GuestWorld
{
    private const ulong Host = 0x4_8800_0000;
    private const ulong Guest = 0x4_0000_0001;
    private const ulong Vtcr = 0x8002_3559;
    private const ulong Stage2Root = 0x8000_0000;
    private const ulong Vttbr = Stage2Root | (1UL << 48);

    // Where stage 2 maps the guest's memory, by blocks of 1 GB.
    private const ulong Moved = 0x20_0000_0000;
    private const ulong BlockBytes = 1UL << 30;
    private const ulong BlockAttributes = 0x7fd;
    private const int Blocks = 4;

    /// <summary>The trace without its own hypervisor, guests and page frames.</summary>
    public static GeneratedTrace Alone(GeneratedTrace trace)
    {
        var foreign = new List<(ulong Base, ulong Bytes)>();
        var vttbr = new Dictionary<int, ulong>();
        var events = new List<object>();
        foreach (var e in trace.Events)
        {
            var isForeign = e switch
            {
                TableKnown table => IsForeign(table),
                PageTableWrite store => Holds(store.Pa),
                DescriptorValueKnown content => Holds(content.Pa),
                TableGone gone => IsForeignAndGone(gone),
                SystemRegisterWrite write => IsOfHypervisor(write),
                TlbiInstruction tlbi => vttbr.GetValueOrDefault(tlbi.Header.Cpu) != 0 || IsOfHypervisorOnly(trace.Names.Name(tlbi.Operation)),
                PageAllocation => true,
                _ => false,
            };
            if (!isForeign)
            {
                events.Add(e);
            }
        }

        return new GeneratedTrace(trace.Names, events, trace.CpuCount, trace.Clock);

        bool Holds(ulong pa) => foreign.Exists(table => pa - table.Base < table.Bytes);

        // A root that is not told to be one of TTBR0_EL1 or TTBR1_EL1, and what lies below it.
        bool IsForeign(TableKnown table)
        {
            var isForeign = table.Parent is { } parent ? Holds(parent) : table.Root is not (0 or 1);
            foreign.RemoveAll(known => known.Base == table.Base);
            if (isForeign)
            {
                foreign.Add((table.Base, (ulong)table.Entries!.Value * 8));
            }

            return isForeign;
        }

        // What is freed serves anybody.
        bool IsForeignAndGone(TableGone gone)
        {
            var isForeign = Holds(gone.Base);
            foreign.RemoveAll(known => gone.IsFree && known.Base == gone.Base);
            return isForeign;
        }

        bool IsOfHypervisor(SystemRegisterWrite write)
        {
            var name = trace.Names.Name(write.Register);
            if (name == "vttbr_el2")
            {
                vttbr[write.Header.Cpu] = write.Value;
            }

            return name.EndsWith("_el2", StringComparison.Ordinal);
        }
    }

    /// <summary>The same events as those of a guest: stores told by where stage 2 maps them, descriptors as the guest wrote them.</summary>
    public static GeneratedTrace AsGuest(GeneratedTrace alone)
    {
        var script = new TraceScript(alone.Names, _ => 0);
        for (var cpu = 0; cpu < alone.CpuCount; cpu++)
        {
            script.Register(cpu, "hcr_el2", Host);
            script.Register(cpu, "vtcr_el2", Vtcr);
            script.Register(cpu, "vttbr_el2", Vttbr);
            script.Barrier(cpu, "isb");
        }

        var items = script.Items.Select(item => item.Event).ToList();
        items.Add(new TableKnown(new EventHeader(0, 0, 0, 0, 0), Stage2Root, 1, 512, 2, null, 4096));
        for (var block = 0UL; block < Blocks; block++)
        {
            items.Add(new DescriptorValueKnown(
                new EventHeader(0, 0, 0, 0, 0), DescriptorSource.Initial, Stage2Root + (block * 8), (Moved + (block * BlockBytes)) | BlockAttributes, null, 1));
        }

        script.Items.Clear();
        for (var cpu = 0; cpu < alone.CpuCount; cpu++)
        {
            script.Register(cpu, "hcr_el2", Guest);
            script.Barrier(cpu, "isb");
        }

        items.AddRange(script.Items.Select(item => item.Event));
        items.AddRange(alone.Events.Select(Move));
        return new GeneratedTrace(alone.Names, items, alone.CpuCount, alone.Clock);
    }

    /// <summary>A physical address that stage 2 gave, as the guest has it; another value as it is.</summary>
    public static ulong AsSeenByGuest(ulong address) => address - Moved < Blocks * BlockBytes ? address - Moved : address;

    private static object Move(object e) => e switch
    {
        PageTableWrite x => x with { Pa = x.Pa + Moved },
        DescriptorValueKnown x => x with { Pa = x.Pa + Moved },
        TableGone x => x with { Base = x.Base + Moved },
        TableKnown x => x with { Base = x.Base + Moved, Parent = x.Parent + Moved },
        _ => e,
    };

    private static bool IsOfHypervisorOnly(string operation) =>
        operation.Contains("e2", StringComparison.Ordinal) || operation.Contains("ipas2", StringComparison.Ordinal)
        || operation.StartsWith("alle1", StringComparison.Ordinal) || operation.StartsWith("vmalls12", StringComparison.Ordinal);
}
