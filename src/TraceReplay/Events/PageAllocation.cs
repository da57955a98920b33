namespace TraceReplay.Events;

/// <summary>Page frames handed out or given back (<c>mm_page_alloc</c>, <c>mm_page_free</c>, <c>mm_page_free_batched</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="IsFree">True when given back.</param>
/// <param name="FrameNumber">First page frame number, in units of the kernel's page size.</param>
/// <param name="Order">2^order frames.</param>
public readonly record struct PageAllocation(EventHeader Header, bool IsFree, ulong FrameNumber, int Order);
