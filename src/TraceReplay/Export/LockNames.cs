using TraceReplay.Events;

namespace TraceReplay.Export;

/// <summary>What casemate and the vocabulary call operations on locks, and hints.</summary>
internal static class LockNames
{
    public static string Of(LockAction action) => action switch
    {
        LockAction.Acquire => "lock",
        LockAction.TryAcquire => "trylock",
        _ => "unlock",
    };

    public static string Of(LockHintKind kind) => kind switch
    {
        LockHintKind.RootLock => "set_root_lock",
        LockHintKind.OwnerRoot => "set_owner_root",
        _ => "set_pte_thread_owner",
    };
}
