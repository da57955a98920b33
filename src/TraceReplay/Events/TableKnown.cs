namespace TraceReplay.Events;

/// <summary>A translation table became known (<c>pgtable_table</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Base">Physical address of the table.</param>
/// <param name="Level">Lookup level, -1..3.</param>
/// <param name="Entries">Number of descriptors, where told.</param>
/// <param name="Root">0 for TTBR0, 1 for TTBR1, 2 for stage 2; null for a table below a root.</param>
/// <param name="Parent">Physical address of the descriptor that points here, where told.</param>
/// <param name="GranuleBytes">4096, 16384 or 65536, where told.</param>
/// <param name="IsFromImage">True when it was found in an image of memory, not told by the trace.</param>
public readonly record struct TableKnown(
    EventHeader Header, ulong Base, int Level, int? Entries, int? Root, ulong? Parent, int? GranuleBytes, bool IsFromImage = false);
