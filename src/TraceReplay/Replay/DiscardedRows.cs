using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Takes what replay derives, and keeps nothing: for one who wants the findings or the state alone.</summary>
internal sealed class DiscardedRows : IReplaySink
{
    /// <summary>The only one.</summary>
    public static DiscardedRows Instance { get; } = new();

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

    public void TransitionCount(TransitionClass transitionClass, bool isLive, bool viaBreak, long count)
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
