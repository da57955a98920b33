using TraceReplay.Arm;
using TraceReplay.Replay;
using TraceReplay.Rules;

namespace TraceReplay.Tests.Generators;

/// <summary>Drops what replay derives: the findings stand in the summary.</summary>
internal sealed class SilentSink : IReplaySink
{
    public void RootLoad(long seq, int cpu, int half, AddressSpace space, ushort? asid)
    {
    }

    public void TableUse(TableUse use, long? toSeq)
    {
    }

    public void StaleRecord(StaleRecord record, long? completeSeq)
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

    public void FindingStore(Finding finding, long seq, ulong pa, ulong? va, ulong? oldValue, ulong? newValue, long? staleSeq)
    {
    }

    public void Finding(Finding finding)
    {
    }
}
