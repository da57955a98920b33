using TraceReplay.Events;
using TraceReplay.Symbols;

namespace TraceReplay.Ingest;

/// <summary>Gathers the program counters of events that are not stored, each once, as the view <c>_program_counter</c> has them.</summary>
/// <param name="names">The names that the events refer to.</param>
internal sealed class ProgramCounterCollector(NameTable names) : IEventSink
{
    private readonly HashSet<ProgramCounter> _counters = [];

    /// <summary>All, by address and kind.</summary>
    public List<ProgramCounter> All =>
        [.. _counters.OrderBy(counter => (long)counter.Pc).ThenBy(counter => counter.Kind, StringComparer.Ordinal)];

    public void On(in PageTableWrite e) => Add(e.Pc, "store");

    public void On(in TlbiInstruction e) => Add(e.Pc, "tlbi");

    public void On(in BarrierInstruction e) => Add(e.Pc, "barrier");

    public void On(in SystemRegisterWrite e) => Add(e.Pc, names.Name(e.Register));

    public void On(in TableKnown e)
    {
    }

    public void On(in DescriptorValueKnown e)
    {
    }

    public void On(in TableGone e)
    {
    }

    public void On(in MachineFact e)
    {
    }

    public void On(in PageAllocation e)
    {
    }

    public void On(in ContextSwitch e)
    {
    }

    public void On(in LockOperation e)
    {
    }

    public void On(in LockHint e)
    {
    }

    public void On(in Marker e)
    {
    }

    public void On(in LostEvents e)
    {
    }

    public void On(in TlbEntry e)
    {
    }

    private void Add(ulong? pc, string kind)
    {
        if (pc is { } known)
        {
            _counters.Add(new ProgramCounter(known, kind));
        }
    }
}
