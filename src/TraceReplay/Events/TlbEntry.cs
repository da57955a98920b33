namespace TraceReplay.Events;

/// <summary>An entry that the TLB or walk cache of a CPU took (<c>tlb_fill</c>) or gave up (<c>tlb_evict</c>): proof of what it held.</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="IsEviction">True when it was given up.</param>
/// <param name="IsWalkCache">True for an entry of a walk cache, which leads to a table.</param>
/// <param name="Va">First input address.</param>
/// <param name="SizeBytes">Bytes of input address it translates.</param>
/// <param name="Pa">First output address, or the table; null for one given up.</param>
/// <param name="ExceptionLevel">The regime's: 1 or 2.</param>
/// <param name="Vmid">VMID, where told.</param>
/// <param name="Asid">ASID; null for a global entry.</param>
public readonly record struct TlbEntry(
    EventHeader Header, bool IsEviction, bool IsWalkCache, ulong Va, ulong SizeBytes, ulong? Pa, int ExceptionLevel, ushort? Vmid, ushort? Asid);
