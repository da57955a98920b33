using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>
/// Judges translation registers on their own: roots that CnP says are common and are not, fields changed that a TLB may hold, and shapes
/// that cannot be.
/// </summary>
internal sealed class RegisterJudge(MachineState machine, FindingCollector findings, TaintedSpaces tainted)
{
    // Fields of TCR_ELx that may be cached in a TLB (R_VNRFW), by the half whose walks use them: TnSZ, IRGN, ORGN, SH, TG, HPD, E0PD.
    private const ulong Tcr0 = 0x3f | (0xffUL << 8) | (1UL << 41) | (1UL << 55);
    private const ulong Tcr1 = (0x3fUL << 16) | (0xffUL << 24) | (1UL << 42) | (1UL << 56);

    // A1, IPS, HD, DS: both halves.
    private const ulong TcrBoth = (1UL << 22) | (7UL << 32) | (1UL << 40) | (1UL << 59);

    // T0SZ, SL0, IRGN0 to TG0, PS, HD and HPD or VS, DS, SL2.
    private const ulong OneRange = 0xff | (0xffUL << 8) | (7UL << 16) | (3UL << 22) | (1UL << 24) | (3UL << 32);

    // WXN, EE.
    private const ulong Sctlr = (1UL << 19) | (1UL << 25);

    // A kernel invalidates at once; so many events of the CPU later it has forgotten to.
    private const int EventsAllowed = 4096;

    private readonly Dictionary<(int Cpu, TranslationRegime Regime), Change> _changes = [];

    private readonly record struct Change(string Register, ulong Before, ulong After, StoreContext Writer, AddressSpace Tree);

    /// <summary>A control register of a CPU changed.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="regime">Regime that it controls.</param>
    /// <param name="register">Its name.</param>
    /// <param name="before">The value before; null where it was not told.</param>
    /// <param name="after">The value written.</param>
    /// <param name="writer">The write.</param>
    public void Written(ProcessingElement cpu, TranslationRegime regime, string register, ulong? before, ulong after, in StoreContext writer)
    {
        if (before is not { } old || old == after || !cpu.Registers(regime).MmuIsOn)
        {
            return;
        }

        for (var half = 0; half < RootSlot.Halves(regime); half++)
        {
            if (((old ^ after) & CachedFields(register, regime, half)) != 0 && TreeHeldBy(cpu, RootSlot.Of(regime, half)) is { } tree)
            {
                _changes.TryAdd((cpu.Cpu, regime), new Change(register, old, after, writer, tree));
            }
        }
    }

    /// <summary>A root was written. The alignment of its table rests on TCR; where that is not told, a guess would accuse small roots.</summary>
    /// <param name="regime">Regime that walks it.</param>
    /// <param name="half">0, or 1 for TTBR1.</param>
    /// <param name="control">The regime's TCR, null where it was not told.</param>
    /// <param name="register">Its name.</param>
    /// <param name="value">The value written.</param>
    /// <param name="writer">The write.</param>
    public void RootWritten(
        TranslationRegime regime, int half, TranslationControl? control, string register, ulong value, in StoreContext writer)
    {
        const ulong baseAddress = 0x0000_ffff_ffff_fffe;
        const int asidShift = 48;
        if (regime == TranslationRegime.El2 && value >> asidShift is not 0 and var asid)
        {
            ReportRoot(register, value, $"EL2 with E2H=0 has no ASIDs, and 0x{asid:x} stands in the field", writer);
            return;
        }

        if (control is null || machine.Configuration.ShapeOf(regime, half, control) is not { } shape)
        {
            return;
        }

        var odd = ReservedBits.MisalignedBits(value & baseAddress, shape.Entries, shape.Format.Ds || shape.Format.Lpa);
        if (odd != 0)
        {
            ReportRoot(register, value, $"bits 0x{odd:x} lie below the alignment of a first table of {shape.Entries} entries", writer);
        }
    }

    private void ReportRoot(string register, ulong value, string what, in StoreContext writer)
    {
        const ulong baseAddress = 0x0000_ffff_ffff_fffe;
        findings.Report(
            new Verdict
            {
                RuleId = RuleId.TtbrMisaligned,
                Where = writer,
                Space = null,
                Pa = value & baseAddress,
                New = value,
                Summary = $"{register.ToUpperInvariant()} written with 0x{value:x}: {what}",
            },
            FoldKind.Place, (long)value, null);
    }

    /// <summary>A TLBI was executed: one of everything makes up for a change.</summary>
    public void Executed(in TlbiEvent tlbi)
    {
        if (_changes.Count == 0 || tlbi.Operation.Method != TlbiMethod.All)
        {
            return;
        }

        if (tlbi.Target.Stage1 is { } regime)
        {
            Forget(tlbi, regime);
            if (regime == TranslationRegime.El1)
            {
                Forget(tlbi, TranslationRegime.El1Guest);
            }
        }

        if (tlbi.Target.Stage2 || tlbi.DropsCombined)
        {
            Forget(tlbi, TranslationRegime.Stage2);
        }
    }

    /// <summary>A CPU loads a tree: a change of a cached field before must have been followed by an invalidation.</summary>
    public void Loaded(AddressSpace space, ProcessingElement cpu, ulong? register, in StoreContext writer)
    {
        CheckCommon(space, cpu, register, writer);
        if (_changes.Count > 0 && space.HasContent() && _changes.Remove((cpu.Cpu, space.Regime), out var change))
        {
            Report(change, Confidence.Likely);
        }
    }

    /// <summary>Time has passed.</summary>
    public void Advance(in EventHeader now)
    {
        if (_changes.Count == 0)
        {
            return;
        }

        foreach (var (key, change) in _changes)
        {
            if (now.Seq - change.Writer.Header.Seq > EventsAllowed)
            {
                _changes.Remove(key);
                Report(change, Confidence.Likely);
                return;
            }
        }
    }

    /// <summary>The end of the trace, which may have come before the invalidation.</summary>
    public void Finish()
    {
        foreach (var change in _changes.Values)
        {
            Report(change, Confidence.Possible);
        }

        _changes.Clear();
    }

    /// <summary>VTCR_EL2 holds a size and a start level that do not fit: every access faults.</summary>
    public void NoShape(ulong vtcr, in StoreContext writer) => findings.Report(
        new Verdict
        {
            RuleId = RuleId.Stage2ShapeInconsistent,
            Where = writer,
            Space = null,
            Pa = 0,
            New = vtcr,
            Summary = $"VTTBR_EL2 is loaded while VTCR_EL2 is 0x{vtcr:x}, whose T0SZ, SL0 and TG0 do not fit together: every access faults at level 0",
        },
        FoldKind.Place, (long)vtcr, null);

    /// <summary>128-bit descriptors are switched on: nothing after this can be judged.</summary>
    public void Unsupported(string register, in StoreContext writer) => findings.Report(
        new Verdict
        {
            RuleId = RuleId.UnsupportedD128,
            Where = writer,
            Space = null,
            Pa = 0,
            Summary = $"{register.ToUpperInvariant()}.D128=1 switches to 128-bit descriptors (VMSAv9-128), which are not understood: nothing after this line is judged",
        },
        FoldKind.Event, writer.Header.Seq, null);

    private static ulong CachedFields(string register, TranslationRegime regime, int half) => register[..register.IndexOf('_', StringComparison.Ordinal)] switch
    {
        "mair" => ulong.MaxValue,
        "sctlr" => Sctlr,
        "tcr" when RootSlot.Halves(regime) == 2 => TcrBoth | (half == 0 ? Tcr0 : Tcr1),
        "tcr" or "vtcr" => OneRange,
        _ => 0,
    };

    private AddressSpace? TreeHeldBy(ProcessingElement cpu, int slot)
    {
        foreach (var space in tainted.Of(slot))
        {
            if (space.HoldsTaintOf(cpu.Cpu) && space.HasContent())
            {
                return space;
            }
        }

        return null;
    }

    private void Forget(in TlbiEvent tlbi, TranslationRegime regime)
    {
        foreach (var key in _changes.Keys.Where(key => key.Regime == regime).ToList())
        {
            if (tlbi.IsBroadcast || key.Cpu == tlbi.Header.Cpu)
            {
                _changes.Remove(key);
            }
        }
    }

    private void Report(in Change change, Confidence confidence) => findings.Report(
        new Verdict
        {
            RuleId = RuleId.RegisterChange,
            Confidence = confidence,
            Where = change.Writer,
            Space = change.Tree,
            Pa = change.Tree.Root.Base,
            Old = change.Before,
            New = change.After,
            StaleStore = change.Tree.LastLoad,
            Evidence = new Evidence(null, $"no TLBI of everything followed on CPU {change.Writer.Header.Cpu}", null, null, ""),
            Summary = $"{change.Register.ToUpperInvariant()} changed from 0x{change.Before:x} to 0x{change.After:x}, in fields that TLB entries are made with, while CPU "
                + $"{change.Writer.Header.Cpu} may hold entries of root 0x{change.Tree.Root.Base:x}; no invalidation of everything followed",
        },
        FoldKind.Event, change.Writer.Header.Seq, null);

    // With CnP=1 CPUs share TLB entries of one tag: the roots must be the same.
    private void CheckCommon(AddressSpace space, ProcessingElement cpu, ulong? register, in StoreContext writer)
    {
        if (register is not { } value || (value & 1) == 0 || space.AsidUnknown)
        {
            return;
        }

        var tag = cpu.Registers(space.Regime).Asid;
        foreach (var other in machine.Cpus)
        {
            var registers = other.Registers(space.Regime);
            var theirs = (space.Half == 0 ? registers.Ttbr0 : registers.Ttbr1) ?? 0;
            if (other.Cpu == cpu.Cpu || other.Current[space.Slot] is not { } running || ReferenceEquals(running, space)
                || (theirs & 1) == 0 || registers.Asid != tag || running.AsidUnknown || running.Root.Base == space.Root.Base
                || (space.Regime.OfTlb() == TranslationRegime.El1 && running.Vmid != space.Vmid))
            {
                continue;
            }

            var isUser = space.Half == 0 && !space.IsStage2 && space.HasContent() && running.HasContent();
            ReportCommon(isUser ? RuleId.AsidShared : RuleId.CommonNotPrivate, space, running, cpu, other, tag, value, writer);
            return;
        }
    }

    private void ReportCommon(
        string rule, AddressSpace space, AddressSpace running, ProcessingElement cpu, ProcessingElement other, ushort tag, ulong value,
        in StoreContext writer) => findings.Report(
        new Verdict
        {
            RuleId = rule,
            Where = writer,
            Space = space,
            Pa = space.Root.Base,
            Asid = tag,
            Old = running.Root.Base,
            New = value,
            StaleStore = running.LastLoad,
            Evidence = new Evidence(null, "none can count: both roots are in use", null, null, ""),
            Summary = $"CPU {cpu.Cpu} runs root 0x{space.Root.Base:x} and CPU {other.Cpu} root 0x{running.Root.Base:x} under the same "
                + $"{(space.IsStage2 ? "VMID" : "ASID")} {tag}, both with CnP=1: they may use each other's entries",
        },
        FoldKind.Event, (writer.Header.Seq << 3) | (uint)space.Slot, null);
}
