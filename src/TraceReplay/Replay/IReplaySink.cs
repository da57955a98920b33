using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>A change from one valid descriptor value to another.</summary>
/// <param name="Seq">The store.</param>
/// <param name="Space">Space it was judged in; null where no root is known.</param>
/// <param name="Class">Class of the change.</param>
/// <param name="IsLive">True when hardware may walk the table.</param>
/// <param name="ViaBreak">True when an invalid value stood in between.</param>
/// <param name="Pa">Physical address of the descriptor.</param>
/// <param name="Level">Lookup level.</param>
/// <param name="Va">Input address, where known.</param>
/// <param name="Old">The last valid value before.</param>
/// <param name="New">The value stored.</param>
/// <param name="StaleId">Stale record of the old value, 0 for none.</param>
/// <param name="FindingId">Finding it belongs to, 0 for none.</param>
/// <param name="Verdict">allowed, offline, completed, or the rule it broke.</param>
public readonly record struct Transition(
    long Seq, AddressSpace Space, TransitionClass Class, bool IsLive, bool ViaBreak, ulong Pa, int Level, ulong? Va, ulong Old,
    ulong New, int StaleId, int FindingId, string Verdict);

/// <summary>Neighbouring kernel entries changed one after the other by one CPU in the same way.</summary>
public readonly record struct KernelRun(
    string Kind, ulong VaStart, ulong VaEnd, long FirstSeq, long LastSeq, int Stores, int Cpu, int Task);

/// <summary>One tree replaced by another under the same register.</summary>
public sealed record RootSwap
{
    public required long Seq { get; init; }

    public required int Half { get; init; }

    public required AddressSpace Old { get; init; }

    public required AddressSpace New { get; init; }

    /// <summary>Tables of the new tree that mirror one of the old.</summary>
    public int TablesCopied { get; set; }

    /// <summary>Tables that both trees use.</summary>
    public int TablesShared { get; set; }

    public int EntriesCompared { get; set; }

    /// <summary>Entries of the old tree stored after they were copied, and different.</summary>
    public int LostUpdates { get; set; }

    /// <summary>Stores to the old tree after the first CPU swapped, not repeated in the new.</summary>
    public int LateWrites { get; set; }

    /// <summary>When no CPU used the old root any more; null while some does.</summary>
    public long? DoneSeq { get; set; }
}

/// <summary>Counts of one TLBI site.</summary>
public readonly record struct TlbiSite(int Operation, ulong Pc, long Count, long Covered, long Records, long Ineffective, long FirstSeq);

/// <summary>A store that is part of a finding.</summary>
/// <param name="Seq">The store.</param>
/// <param name="Pa">Physical address of the descriptor.</param>
/// <param name="Va">Input address, where known.</param>
/// <param name="Old">The stale or overwritten value, where known.</param>
/// <param name="New">The value stored, where known.</param>
/// <param name="StaleSeq">The store that made <paramref name="Old"/> stale, where known.</param>
public readonly record struct FoldedStore(long Seq, ulong Pa, ulong? Va, ulong? Old, ulong? New, long? StaleSeq);

/// <summary>Receives what replay derives, in order of sequence numbers where it has one.</summary>
public interface IReplaySink
{
    /// <summary>A TTBR was loaded.</summary>
    void RootLoad(long seq, int cpu, int half, AddressSpace space, ushort? asid);

    /// <summary>A table left its place, or stayed in it to the end (<paramref name="toSeq"/> null).</summary>
    void TableUse(TableUse use, long? toSeq);

    /// <summary>A stale record was made; ids ascend.</summary>
    void StaleRecordMade(long id, ulong pa);

    /// <summary>A stale record was completed, or was still open at the end (<paramref name="complete"/> null, else the event that did it).</summary>
    void StaleRecord(StaleRecord record, EventHeader? complete);

    void Transition(in Transition transition);

    void TransitionCount(TransitionClass transitionClass, bool isLive, bool viaBreak, long count);

    void TlbiSite(in TlbiSite site);

    void KernelRun(in KernelRun run);

    void RootSwap(RootSwap swap);

    /// <summary>A space, once at the end.</summary>
    void Space(AddressSpace space);

    /// <summary>A store that is part of a finding.</summary>
    void FindingStore(Finding finding, in FoldedStore store);

    /// <summary>A finding, once at the end.</summary>
    void Finding(Finding finding);
}
