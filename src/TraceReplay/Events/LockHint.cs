namespace TraceReplay.Events;

/// <summary>What software says of the locking of its tables; the names are casemate's.</summary>
public enum LockHintKind
{
    /// <summary><c>set_root_lock</c>: the tree of the root at this address is guarded by the lock at the address that is the value.</summary>
    RootLock = 0,

    /// <summary><c>set_owner_root</c>: the table at this address belongs to the tree of the root that is the value.</summary>
    OwnerRoot = 1,

    /// <summary>
    /// <c>set_pte_thread_owner</c>: only the CPU that is the value stores to the descriptor at this address, with or without a lock; a
    /// value with the top bit set ends that.
    /// </summary>
    ThreadOwner = 2,
}

/// <summary>A word of software on which lock guards what (<c>pgtable_hint</c>).</summary>
/// <param name="Header">Place, time and CPU.</param>
/// <param name="Kind">What is said.</param>
/// <param name="Location">Physical address of the root, table or descriptor.</param>
/// <param name="Value">The lock, root or CPU.</param>
public readonly record struct LockHint(EventHeader Header, LockHintKind Kind, ulong Location, ulong Value);
