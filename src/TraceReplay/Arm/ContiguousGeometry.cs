namespace TraceReplay.Arm;

/// <summary>How many adjacent descriptors one Contiguous hint speaks about.</summary>
/// <remarks>DDI 0487 R_CBXXM, table D8-104; R_HMQXG for the levels where bit 52 is RES0.</remarks>
public static class ContiguousGeometry
{
    // page shift, level, members
    private static readonly (int PageShift, int Level, int Members)[] Rows =
    [
        (12, 1, 16),
        (12, 2, 16),
        (12, 3, 16),
        (14, 2, 32),
        (14, 3, 128),
        (16, 2, 32),
        (16, 3, 32),
    ];

    private static readonly int[] MembersByKey = BuildLookup();

    /// <summary>Members of a group, a power of two; 0 where the Contiguous bit means nothing.</summary>
    public static int Members(Granule granule, int level) => MembersByKey[Key(granule.PageShift, level)];

    private static int[] BuildLookup()
    {
        var lookup = new int[Key(16, 3) + 1];
        foreach (var (pageShift, level, members) in Rows)
        {
            lookup[Key(pageShift, level)] = members;
        }

        return lookup;
    }

    private static int Key(int pageShift, int level) => ((pageShift - 12) * 4) + level + 1;
}
