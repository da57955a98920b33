using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Notes what is odd about writes to translation registers.</summary>
internal static class RegisterNotes
{
    /// <summary>A translation register was written, and the CPU's state follows it.</summary>
    public static void Written(MachineState machine, FindingCollector findings, string register, ulong value, in StoreContext writer)
    {
        var half = register switch { "ttbr0_el1" => 0, "ttbr1_el1" => 1, _ => -1 };
        var cpu = machine.Cpu(writer.Header.Cpu);

        // The alignment rests on the size that TCR gives the table; a guess would accuse small roots.
        if (half < 0 || cpu.RunsGuest || cpu.Control is not { } control || machine.Configuration.ShapeOf(half, control) is not { } shape)
        {
            return;
        }

        var odd = ReservedBits.MisalignedBits(value & 0x0000_ffff_ffff_ffff, shape.Entries, shape.Format.Ds || shape.Format.Lpa);
        if (odd == 0)
        {
            return;
        }

        findings.Report(
            new Verdict
            {
                RuleId = RuleId.TtbrMisaligned,
                Where = writer,
                Space = null,
                Pa = value & 0x0000_ffff_ffff_fffe,
                New = value,
                Summary = $"{register} written with 0x{value:x}: bits 0x{odd:x} lie below the alignment of a first table of {shape.Entries} entries",
            },
            FoldKind.Place, (long)value, null);
    }
}
