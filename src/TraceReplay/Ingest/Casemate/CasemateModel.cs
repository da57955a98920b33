using TraceReplay.Events;

namespace TraceReplay.Ingest.Casemate;

/// <summary>What casemate and the ghost model of pKVM that it grew from have in common.</summary>
internal static class CasemateModel
{
    private const int PageShift = 12;
    private const int LevelShift = 44;

    // T0SZ=16, 4K. VTCR_EL2: SL0=2 is level 0; VS=1, so that no two VMIDs are taken for one. Every root, TLBI and barrier is logged: where
    // there is none, none was executed.
    private static readonly (string Key, string Value)[] Facts =
        [("granule", "4k"), ("hcr", "0x0"), ("tcr_el2", "0x10"), ("vtcr", "0x80090"), ("traces", "roots,tlbis,barriers")];

    /// <summary>
    /// Tells what the model takes for granted: 4K pages and 48 bits of address from level 0 in both regimes, and a hypervisor with E2H=0.
    /// </summary>
    public static void TellFacts(LineContext context, ReadSession session)
    {
        foreach (var (key, value) in Facts)
        {
            context.Sink.On(new MachineFact(context.NextHeader(), session.Names.Intern(key), session.Names.Intern(value)));
        }
    }

    /// <summary>A page is given back: it is no table any more.</summary>
    public static void GiveBack(ulong address, ReadOnlySpan<byte> why, LineContext context)
    {
        context.Sink.On(new PageAllocation(context.NextHeader(), IsFree: true, address >> PageShift, 0));
        context.Sink.On(new TableGone(context.NextHeader(), IsFree: true, address, null, context.Intern(why)));
    }

    /// <summary>The operand that names a page and a level, without a granule, so that the level is no hint (TTL[3:2]=0).</summary>
    public static ulong Operand(ulong page, ulong level) => page | ((level & 3) << LevelShift);
}
