namespace TraceReplay.Events;

/// <summary>One MSR to a translation register (<c>sysreg_write</c>, <c>ttbr_write</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Register">Id in <see cref="NameTable"/> of the lower-case register name, such as <c>ttbr0_el1</c>.</param>
/// <param name="Value">Value written.</param>
/// <param name="Pc">Program counter.</param>
public readonly record struct SystemRegisterWrite(EventHeader Header, int Register, ulong Value, ulong? Pc);
