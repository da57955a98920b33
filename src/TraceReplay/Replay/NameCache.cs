using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>What the names in <c>how=</c> say of a store, each looked up once.</summary>
internal sealed class NameCache(NameTable names)
{
    private static readonly HashSet<string> PlainNames = new(StringComparer.Ordinal)
    {
        "set_pte", "set_pmd", "set_pud", "set_p4d", "set_pgd", "set_ptes", "store", "str", "stp", "stlr", "stur", "sttr", "stnp", "zva", "memset",
        "memcpy", "write_once",
    };

    // An exchange of Linux is ordered both ways, and a compare-and-exchange that succeeded too.
    private static readonly string[] ReleaseParts = ["release", "stlr", "stlxr", "cmpxchg", "xchg", "cas", "lse"];

    private readonly List<(bool Known, bool IsPlain, bool IsRelease)> _stores = [];

    /// <summary>True where the store is told to be neither an exchange nor exclusive: what hardware changed meanwhile is lost.</summary>
    public bool IsPlain(int how) => Of(how).IsPlain;

    /// <summary>True where the store is told to be ordered behind the CPU's earlier ones.</summary>
    public bool IsRelease(int how) => Of(how).IsRelease;

    private (bool Known, bool IsPlain, bool IsRelease) Of(int how)
    {
        while (_stores.Count <= how)
        {
            _stores.Add(default);
        }

        if (!_stores[how].Known)
        {
            var name = names.Name(how);
            _stores[how] = (true, PlainNames.Contains(name), IsReleaseName(name));
        }

        return _stores[how];
    }

    // 'tests/cas.c:32' is a place in the source, which says nothing; 'release:tests/cas.c:32' is a release there.
    private static bool IsReleaseName(string name)
    {
        var what = name.AsSpan(0, name.Contains(':', StringComparison.Ordinal) ? name.IndexOf(':', StringComparison.Ordinal) : name.Length);
        if (what.Contains('.'))
        {
            return false;
        }

        foreach (var part in ReleaseParts)
        {
            if (what.Contains(part, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
