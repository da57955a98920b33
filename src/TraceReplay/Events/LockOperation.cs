namespace TraceReplay.Events;

/// <summary>What was done to a lock.</summary>
public enum LockAction
{
    /// <summary>It was taken.</summary>
    Acquire = 0,

    /// <summary>It was taken unless another CPU held it.</summary>
    TryAcquire = 1,

    /// <summary>It was given back.</summary>
    Release = 2,
}

/// <summary>A lock that guards tables was taken or given back (<c>pgtable_lock</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Action">What was done.</param>
/// <param name="Address">Address of the lock, of whatever kind: it only names it.</param>
public readonly record struct LockOperation(EventHeader Header, LockAction Action, ulong Address);
