namespace TraceReplay.Events;

/// <summary>One store to a translation table (<c>pgtable_write</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Pa">Physical address of the descriptor itself.</param>
/// <param name="New">Value stored.</param>
/// <param name="Old">Value before, where the tracer knew it.</param>
/// <param name="Level">Lookup level in Arm numbering, -1..3, where the tracer knew it.</param>
/// <param name="Alias">Virtual address the store went through; not the address translated.</param>
/// <param name="SizeBytes">Width of the store; 8 for a whole descriptor.</param>
/// <param name="How">Id in <see cref="NameTable"/> of what did the store, 0 when not told.</param>
/// <param name="Pc">Program counter of the store.</param>
public readonly record struct PageTableWrite(
    EventHeader Header, ulong Pa, ulong New, ulong? Old, int? Level, ulong? Alias, int SizeBytes, int How, ulong? Pc);
