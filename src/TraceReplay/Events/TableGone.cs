namespace TraceReplay.Events;

/// <summary>A page stopped being reachable as a table, or a table at all.</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="IsFree">True for <c>pgtable_free</c>: no longer a table. False for <c>pgtable_orphan</c>: its last pointer has gone.</param>
/// <param name="Base">Physical address of the table.</param>
/// <param name="Level">Lookup level, where told.</param>
/// <param name="Why">Id in <see cref="NameTable"/> of the reason given, 0 for none.</param>
public readonly record struct TableGone(EventHeader Header, bool IsFree, ulong Base, int? Level, int Why);
