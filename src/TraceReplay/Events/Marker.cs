namespace TraceReplay.Events;

/// <summary>Free text in the trace (<c>tracing_mark_write</c>, <c>bprint</c>, <c>print</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Text">Id in <see cref="NameTable"/> of the text.</param>
public readonly record struct Marker(EventHeader Header, int Text);
