namespace TraceReplay.Events;

/// <summary>One fact about the machine from <c>pgtable_meta</c>, one event per key.</summary>
/// <param name="Header">Place, time and CPU; facts of one line share it but for the sequence number.</param>
/// <param name="Key">Id in <see cref="NameTable"/> of the key, such as <c>granule</c>.</param>
/// <param name="Value">Id in <see cref="NameTable"/> of the value's text.</param>
public readonly record struct MachineFact(EventHeader Header, int Key, int Value);
