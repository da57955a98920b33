namespace TraceReplay.Arm;

/// <summary>Cacheability of Normal memory at one level of cache.</summary>
public enum Cacheability
{
    /// <summary>Not cached.</summary>
    NonCacheable = 0,

    /// <summary>Write-through.</summary>
    WriteThrough = 1,

    /// <summary>Write-back.</summary>
    WriteBack = 2,
}
