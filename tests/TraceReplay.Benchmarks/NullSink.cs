using TraceReplay.Events;
using TraceReplay.Replay;
using TraceReplay.Rules;

namespace TraceReplay.Benchmarks;

/// <summary>Takes everything and keeps nothing, so that only the sender is measured.</summary>
internal sealed class NullSink : IEventSink, IReplaySink
{
    public void On(in PageTableWrite e)
    {
    }

    public void On(in TlbiInstruction e)
    {
    }

    public void On(in BarrierInstruction e)
    {
    }

    public void On(in SystemRegisterWrite e)
    {
    }

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

    public void RootLoad(long seq, int cpu, int half, AddressSpace space, ushort? asid)
    {
    }

    public void TableUse(TableUse use, long? toSeq)
    {
    }

    public void StaleRecordMade(long id, ulong pa)
    {
    }

    public void StaleRecord(StaleRecord record, EventHeader? complete)
    {
    }

    public void Transition(in Transition transition)
    {
    }

    public void TransitionCount(Arm.TransitionClass transitionClass, bool isLive, bool viaBreak, long count)
    {
    }

    public void TlbiSite(in TlbiSite site)
    {
    }

    public void KernelRun(in KernelRun run)
    {
    }

    public void RootSwap(RootSwap swap)
    {
    }

    public void Space(AddressSpace space)
    {
    }

    public void FindingStore(Finding finding, in FoldedStore store)
    {
    }

    public void Finding(Finding finding)
    {
    }
}
