namespace TraceReplay.Events;

/// <summary>How a descriptor's content came to be known without a store.</summary>
public enum DescriptorSource
{
    /// <summary>Content the table had when it became known (<c>pgtable_entry</c>).</summary>
    Initial = 0,

    /// <summary>Hardware access-flag or dirty-state update, noticed after the fact (<c>pgtable_hw_update</c>).</summary>
    Hardware = 1,

    /// <summary>Content read back at the end of the capture (<c>pgtable_final</c>).</summary>
    Final = 2,

    /// <summary>Content at the begin of the trace, from an image of memory.</summary>
    Image = 3,
}

/// <summary>The content of one descriptor, told without a store instruction.</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Source">Which event told it.</param>
/// <param name="Pa">Physical address of the descriptor.</param>
/// <param name="Value">Its content.</param>
/// <param name="Old">Content before a hardware update, where told.</param>
/// <param name="Level">Lookup level, where told.</param>
public readonly record struct DescriptorValueKnown(
    EventHeader Header, DescriptorSource Source, ulong Pa, ulong Value, ulong? Old, int? Level);
