using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Notes what is odd about a store itself: its encoding, its width, how it was done, and what it found in memory.</summary>
internal sealed class StoreNotes(MachineState machine, FindingCollector findings, NameCache names, LineIndex lines, Policy policy)
{
    /// <summary>A store to a live table in its place, after it was judged.</summary>
    public void Stored(TableUse use, int index, bool known, ulong oldValue, ulong newValue, TransitionClass transition, in StoreContext store)
    {
        if ((newValue & DescriptorBits.Valid) == 0)
        {
            return;
        }

        var kind = use.Space.Format.Kind(newValue, use.Level);
        if (kind == DescriptorKind.Invalid || (newValue & use.Space.Comparer.ReservedIn(kind, use.Level)) != 0)
        {
            JudgeEncoding(use, index, kind, known ? oldValue : null, newValue, store);
        }

        if (policy.LinuxStrict && known && IsAllowed(transition))
        {
            JudgeLinux(use, index, oldValue, newValue, store);
        }

        if (transition is TransitionClass.AccessFlagClear or TransitionClass.PermissionRestrict or TransitionClass.PermissionRelax)
        {
            JudgeHardwareRace(use, index, oldValue, newValue, store);
        }
    }

    private static bool IsAllowed(TransitionClass transition) => transition is TransitionClass.Rewrite or TransitionClass.SoftwareBits
        or TransitionClass.AccessFlagSet or TransitionClass.AccessFlagClear or TransitionClass.PermissionRelax or TransitionClass.PermissionRestrict
        or TransitionClass.GlobalToNonGlobal;

    // Linux asks of its own mappings: those of the upper range.
    private void JudgeLinux(TableUse use, int index, ulong oldValue, ulong newValue, in StoreContext store)
    {
        if (use.Space is not { Half: 1, Regime: TranslationRegime.El1 or TranslationRegime.El2Host }
            || use.Space.Format.Kind(newValue, use.Level) == DescriptorKind.Table || LinuxAttributeChange.IsSafe(oldValue, newValue, policy.LinuxVersion))
        {
            return;
        }

        findings.Report(
            About(
                RuleId.LinuxUnsafeChange, use, index, oldValue, newValue, store,
                $"changed in place as the architecture allows: pgattr_change_is_safe() of Linux {policy.LinuxVersion} refuses it"),
            FoldKind.Place, store.Pc is { } pc ? (long)pc : store.How, null);
    }

    /// <summary>A store that is not a whole descriptor.</summary>
    public void NotWhole(TableUse use, int index, in PageTableWrite e)
    {
        if (!IsSurelyWalked(use.Space))
        {
            return;
        }

        findings.Report(
            About(
                RuleId.StoreSize, use, index, null, e.New, new StoreContext(e.Header, e.Pc, e.How),
                $"{e.SizeBytes} bytes of a live level-{use.Level} descriptor were stored: a walk may read half of the old and half of the new value"),
            FoldKind.Place, (long)use.Base, null);
    }

    /// <summary>A store to memory of which neither a table nor a level is known.</summary>
    public void LevelUnknown(ulong pa, ulong newValue, in StoreContext store) => findings.Report(
        new Verdict
        {
            RuleId = RuleId.LevelUnknown,
            Where = store,
            Space = null,
            Pa = pa,
            New = newValue,
            Summary = "the trace tells neither the level of this store nor a table that holds it: 0b11 is a table above level 3 and a page at it, so it is not judged",
        },
        FoldKind.Place, 0, null);

    /// <summary>A store found a value that replay did not expect, beyond what hardware changes on its own.</summary>
    /// <param name="use">The table in its place; null where none is known.</param>
    /// <param name="pa">Descriptor.</param>
    /// <param name="expected">The value last known.</param>
    /// <param name="found">The value the store found.</param>
    /// <param name="lastSeq">The last store to it in the trace; 0 for none.</param>
    /// <param name="store">The store that found it.</param>
    public void ChangedUnseen(TableUse? use, ulong pa, ulong expected, ulong found, long lastSeq, in StoreContext store)
    {
        // Lost events explain anything; and where tables are not told, a page that no root is known to reach may have been freed, cleared
        // and used again without a word.
        var isExplained = (machine.DoubtfulBefore != 0 && lastSeq <= machine.DoubtfulBefore) || use is null || !IsSurelyWalked(use.Space)
            || (!machine.Facts.HasTables && (lastSeq == 0 || !use.Space.IsRooted));
        var rule = isExplained ? RuleId.TraceGap : RuleId.ValueChangedUnseen;
        var key = isExplained ? 0 : (long)(pa >> TableFrame.Shift);
        ulong? va = use is null ? null : StoreJudge.VaOf(use, use.IndexOf(pa));

        // A kernel that boots over what another one left finds a million such values: words and evidence are those of the first of a page.
        if (findings.FoldIn(
            rule, FoldKind.Place, key, null, use?.Space,
            new FoldedStore(store.Header.Seq, pa, va, expected, found, lastSeq == 0 ? null : lastSeq)) is not null)
        {
            return;
        }

        findings.Report(
            new Verdict
            {
                RuleId = rule,
                Confidence = machine.Facts.HasTables ? Confidence.Certain : Confidence.Likely,
                Where = store,
                Space = use?.Space,
                Pa = pa,
                Level = use?.Level,
                Va = va,
                Old = expected,
                New = found,
                StaleStore = lines.EventAt(lastSeq),
                Summary = Unseen(expected, found, lastSeq, store),
            },
            FoldKind.Place, key, null);
    }

    private string Unseen(ulong expected, ulong found, long lastSeq, in StoreContext store)
    {
        var writer = lastSeq == 0 ? "the value was told before" : $"the last store to it in the trace, at {lines.PlaceOf(lastSeq)}, left";
        return $"the store at {store.Header.PlaceText} found 0x{found:x}; {writer} 0x{expected:x}: something else wrote to it and is not in the trace";
    }

    private void JudgeEncoding(
        TableUse use, int index, DescriptorKind kind, ulong? oldValue, ulong newValue, in StoreContext store)
    {
        // A value that stays is no news, and what is stored to a page that only a walk cache leads to is data.
        if (newValue == oldValue || !IsSurelyWalked(use.Space) || use.IsStaleLinked)
        {
            return;
        }

        var (rule, what) = kind != DescriptorKind.Invalid
            ? (RuleId.DescriptorReservedBits, $"RES0 bits 0x{newValue & use.Space.Comparer.ReservedIn(kind, use.Level):x} are set in a {Noun(kind)} at level {use.Level}")
            : (RuleId.DescriptorReservedEncoding, use.Level == 3 ? "bits 1:0 are 0b01 at level 3" : $"a block at level {use.Level}, where the granule has none");
        findings.Report(
            About(rule, use, index, oldValue, newValue, store, $"0x{newValue:x} was stored: {what}"),
            FoldKind.Place, store.Pc is { } pc ? (long)pc : (long)use.Base, null);
    }

    // Hardware sets AF, and the dirty state (AP[2], S2AP[1]) where DBM is set, at any time between the load that the new value was made from and the store.
    private void JudgeHardwareRace(TableUse use, int index, ulong oldValue, ulong newValue, in StoreContext store)
    {
        var format = use.Space.Format;
        var clearsAccess = format.HardwareAccessFlag && (oldValue & ~newValue & DescriptorBits.AccessFlag) != 0;
        var software = format with { HardwareDirty = false };
        var clearsDirty = format.HardwareDirty == true && (oldValue & newValue & DescriptorBits.Dbm) != 0
            && software.IsWritable(oldValue) && !software.IsWritable(newValue);
        if ((!clearsAccess && !clearsDirty) || !names.IsPlain(store.How) || !IsSurelyWalked(use.Space))
        {
            return;
        }

        findings.Report(
            About(
                RuleId.HardwareDirtyRace, use, index, oldValue, newValue, store,
                $"a plain store cleared {(clearsDirty ? "the dirty state" : "the access flag")} of a live entry that hardware may update at the same moment"),
            FoldKind.Place, store.Pc is { } pc ? (long)pc : (long)use.Base, null);
    }

    private static Verdict About(
        string rule, TableUse use, int index, ulong? oldValue, ulong newValue, in StoreContext store, string summary) =>
        Verdict.At(rule, use, index, store, summary) with
        {
            Confidence = StaleRecords.ConfidenceOf(use.Space),
            Old = oldValue,
            New = newValue,
        };

    /// <summary>True for a space that is live by more than the lack of anything that says otherwise.</summary>
    public static bool IsSurelyWalked(AddressSpace space) => space.IsLive && (space.IsRooted || space.Evidence >= LivenessEvidence.Likely);

    private static string Noun(DescriptorKind kind) => kind switch
    {
        DescriptorKind.Table => "table descriptor",
        DescriptorKind.Block => "block",
        _ => "page",
    };
}
