namespace TraceReplay.Events;

/// <summary>One DSB, DMB or ISB (<c>barrier</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Kind">Id in <see cref="NameTable"/> of the lower-case text, such as <c>dsb ishst</c> or <c>isb</c>.</param>
/// <param name="Pc">Program counter.</param>
public readonly record struct BarrierInstruction(EventHeader Header, int Kind, ulong? Pc);
