using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Notes what is odd about an event that is no store: a TLBI that can invalidate nothing, and a gap.</summary>
internal sealed class EventNotes(FindingCollector findings)
{
    /// <summary>A TLBI that can invalidate nothing, although records were pending.</summary>
    public void Ineffective(in TlbiEvent tlbi, in TlbiInstruction e)
    {
        var why = tlbi.Operand.Defect switch
        {
            TlbiDefect.TtlGranule => "its TTL hint names another granule than the translations use",
            TlbiDefect.RangeGranule => "its TG is reserved or names another granule than the translations use",
            TlbiDefect.RangeMisaligned => "its base is not aligned to its TTL hint",
            TlbiDefect.None => $"its TTL hint says level {tlbi.Operand.LeafLevel}, where no leaf is",
            _ => "its ASID has more than the 8 bits in use",
        };
        findings.Report(
            new Verdict
            {
                RuleId = RuleId.TlbiIneffective,
                Where = new StoreContext(e.Header, e.Pc, 0),
                Space = null,
                Pa = 0,
                New = e.Operand,
                Va = tlbi.IsByAddress ? tlbi.Operand.Start : null,
                Summary = $"{tlbi.Operation.Mnemonic} 0x{e.Operand:x} can invalidate nothing: {why}",
            },
            FoldKind.Place, e.Pc is { } pc ? (long)pc : e.Operation, null);
    }

    /// <summary>Events of a CPU are missing.</summary>
    public void Lost(in LostEvents e)
    {
        var count = e.Count is { } told ? $"{told}" : "an unknown number of";
        findings.Report(
            new Verdict
            {
                RuleId = RuleId.LostEvents,
                Where = new StoreContext(e.Header, null, 0),
                Space = null,
                Pa = 0,
                Summary = $"CPU {e.Header.Cpu} lost {count} events before this line: what depends on them is not known",
            },
            FoldKind.Place, e.Header.Cpu, null);
    }
}
