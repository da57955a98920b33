namespace TraceReplay.Events;

/// <summary>One TLB invalidation instruction (<c>tlbi</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Operation">Id in <see cref="NameTable"/> of the operation's lower-case mnemonic, such as <c>vale1is</c>.</param>
/// <param name="Operand">Raw 64-bit Xt; 0 for operations without one.</param>
/// <param name="Pc">Program counter.</param>
public readonly record struct TlbiInstruction(EventHeader Header, int Operation, ulong Operand, ulong? Pc);
