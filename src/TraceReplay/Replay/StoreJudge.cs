using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>What a store was.</summary>
/// <param name="Class">Class of the change; none where neither value is cacheable.</param>
/// <param name="Record">Record of the old value, where it became stale.</param>
internal readonly record struct JudgedStore(TransitionClass Class, StaleRecord? Record);

/// <summary>Judges one store to one table in its place: against the value it overwrites, and against every value still cached.</summary>
internal sealed class StoreJudge(
    MachineState machine, StaleRecords records, BreakExplainer explainer, FindingCollector findings, TransitionLog transitions,
    ToleratedRaces races, LineIndex lines, Requirements requirements)
{
    private static readonly Evidence Overwritten = new(null, "none can count: the old value was in memory until this store", null, null, "");

    private static readonly Evidence OneMemberOnly = new(
        null, "none for this member alone can count: an entry for the whole group may come from the members that stayed", null, null, "");

    private readonly StaleConflicts _conflicts = new(machine, requirements);

    /// <summary>Called with each record of a restriction: lost permissions, or global to non-global.</summary>
    public Action<StaleRecord>? Restricted { get; set; }

    /// <summary>Judges a store. Memory still holds the old value.</summary>
    /// <param name="use">The table, in its place.</param>
    /// <param name="index">Entry.</param>
    /// <param name="known">False when the old value is not told.</param>
    /// <param name="oldValue">Value in memory.</param>
    /// <param name="newValue">Value stored.</param>
    /// <param name="store">Who stores.</param>
    /// <param name="isCounted">True for the one place in which the transition is logged.</param>
    /// <returns>The class of the change, and the record of the old value where it became stale.</returns>
    public JudgedStore Judge(
        TableUse use, int index, bool known, ulong oldValue, ulong newValue, in StoreContext store, bool isCounted)
    {
        var space = use.Space;
        var format = space.Format;
        var oldCacheable = known && format.IsCacheable(oldValue, use.Level);
        var newCacheable = format.IsCacheable(newValue, use.Level);
        if (!oldCacheable && !newCacheable)
        {
            return default;
        }

        var isLive = space.IsLive;
        if (oldCacheable && newCacheable && IsScratch(use, oldValue, newValue))
        {
            return default;
        }

        if (oldCacheable && newCacheable)
        {
            return JudgeOverwrite(use, index, oldValue, newValue, store, isLive, isCounted);
        }

        if (oldCacheable)
        {
            if (isCounted)
            {
                transitions.Count(TransitionClass.Break, isLive, viaBreak: false);
            }

            var broken = isLive ? records.Add(use, index, oldValue, newValue, TransitionClass.Break, store) : null;
            return new JudgedStore(TransitionClass.Break, broken);
        }

        var conflict = isLive ? JudgeMake(use, index, newValue, store, except: null) : null;
        if (isLive && conflict is null)
        {
            conflict = JudgePartialGroup(use, index, newValue, store);
        }

        if (isCounted)
        {
            transitions.Count(TransitionClass.Make, isLive, viaBreak: false);
            LogRemake(use, index, newValue, store, isLive, conflict);
        }

        return new JudgedStore(TransitionClass.Make, null);
    }

    /// <summary>A valid value in the subtree below a table that was just unlinked is stale too.</summary>
    public void AddSubtree(TableUse child, ulong replacement, in StoreContext store)
    {
        for (var index = 0; index < child.Entries; index++)
        {
            if (child.ValueAt(index) is { } value && child.Space.Format.IsCacheable(value, child.Level))
            {
                records.Add(child, index, value, replacement, TransitionClass.Break, store);
            }
        }

        for (var below = child.FirstChild; below is not null; below = below.NextSibling)
        {
            if (below.StalePointer is null)
            {
                AddSubtree(below, replacement, store);
            }
        }
    }

    // A slot that nothing shows to be part of a live tree, given another table: Linux fills tables through a descriptor on its stack
    // (__split_huge_pmd_locked), and the next one stands in the same slot.
    private static bool IsScratch(TableUse use, ulong oldValue, ulong newValue) =>
        !use.Space.IsRooted && use.Parent is null && use.Space.Evidence <= LivenessEvidence.Presumed
        && use.Space.Format.Kind(oldValue, use.Level) == DescriptorKind.Table
        && use.Space.Format.Kind(newValue, use.Level) == DescriptorKind.Table
        && use.Space.Format.NextTable(oldValue) != use.Space.Format.NextTable(newValue);

    private JudgedStore JudgeOverwrite(
        TableUse use, int index, ulong oldValue, ulong newValue, in StoreContext store, bool isLive, bool isCounted)
    {
        var change = TranslationComparer.Compare(machine, use, index, oldValue, newValue);
        if (change.Class is TransitionClass.Rewrite or TransitionClass.SoftwareBits)
        {
            if (isCounted)
            {
                transitions.Count(change.Class, isLive, viaBreak: false);
            }

            return new JudgedStore(change.Class, null);
        }

        StaleRecord? record = null;
        Finding? finding = null;
        if (isLive)
        {
            if (change.Class != TransitionClass.AccessFlagSet)
            {
                record = records.Add(use, index, oldValue, newValue, change.Class, store);
            }

            // Without a record no CPU can have cached the old value.
            var requirement = requirements.Of(
                change, StaleConflicts.HasNoTranslate(use, oldValue, newValue), use.Space.Format, oldValue, newValue);
            if (requirement != Requirement.None && record is not null)
            {
                finding = ReportOverwrite(use, index, oldValue, newValue, change, requirement, store, record);
            }

            finding ??= JudgeMake(use, index, newValue, store, except: record);
            if (record is not null && IsRestriction(change.Class))
            {
                Restricted?.Invoke(record);
            }
        }

        if (isCounted)
        {
            transitions.Count(change.Class, isLive, viaBreak: false);
            var verdict = finding?.Rule.Id ?? (isLive ? "allowed" : "offline");
            transitions.Log(
                use, index, change.Class, isLive, viaBreak: false, oldValue, newValue, store, record?.Id ?? 0, finding?.Id ?? 0, verdict);
        }

        return new JudgedStore(change.Class, record);
    }

    private Finding ReportOverwrite(
        TableUse use, int index, ulong oldValue, ulong newValue, in DescriptorChange change, Requirement requirement,
        in StoreContext store, StaleRecord? record)
    {
        var rule = OverwriteRule(change.Class, use.Space.Format.Kind(oldValue, use.Level));
        var isGroup = ContiguousGroup.IsMember(use, oldValue) || ContiguousGroup.IsMember(use, newValue);
        if (record is not null)
        {
            record.IsReported = true;
            NoteUnloaded(use.Space, record);
        }

        var members = isGroup ? use.Space.Format.GroupMembers(use.Level) : 0;
        var verdict = Verdict.At(rule, use, index, store,
            $"live level-{use.Level} {Noun(use, oldValue)} overwritten without break-before-make: {DescriptorText.Describe(change.Difference)} changed") with
        {
            Severity = SeverityOf(requirement),
            Confidence = ConfidenceOf(use.Space, change),
            Asid = AsidOf(use.Space, record),
            Old = oldValue,
            New = newValue,
            Difference = change.Difference,
            Stale = record,
            Evidence = Overwritten,
        };
        return members > 0
            ? findings.Report(verdict, FoldKind.Group, GroupKey(use, index, members), record)
            : findings.Report(verdict, FoldKind.Event, store.Header.Seq, null);
    }

    /// <summary>A value was made: does it conflict with one that may still be cached for the same addresses?</summary>
    private Finding? JudgeMake(TableUse use, int index, ulong newValue, in StoreContext store, StaleRecord? except)
    {
        var pending = use.Space.Pending;
        if (pending.Count == 0 || (except is not null && pending.Count == 1) || !machine.Facts.HasTlbis)
        {
            return null;
        }

        var worst = _conflicts.FindWorst(use, index, newValue, except);
        foreach (var record in _conflicts.Restricted)
        {
            Restricted?.Invoke(record);
        }

        if (worst is not { } conflict)
        {
            return null;
        }

        // Tagged with an ASID that the space had before a rollover: usable again only after a load under it.
        if (conflict.Stale.IsSuperseded)
        {
            use.Space.ChangedWhileUnloaded.Add((conflict.Stale, conflict.Stale.Generation));
            return null;
        }

        return ReportMake(use, index, newValue, conflict.Stale, conflict.Change, conflict.Requirement, store);
    }

    private Finding? ReportMake(
        TableUse use, int index, ulong newValue, StaleRecord stale, in DescriptorChange change, Requirement requirement,
        in StoreContext store)
    {
        var explanation = explainer.Explain(stale, store.Header.Cpu, store.Header.Task);
        if (!machine.Facts.HasBarriers && explanation.RuleId is RuleId.NoDsbBeforeTlbi or RuleId.NoDsbAfterTlbi or RuleId.WeakDsb)
        {
            return null;
        }

        stale.IsReported = true;
        var members = stale.IsContiguous || ContiguousGroup.IsMember(use, newValue) ? use.Space.Format.GroupMembers(use.Level) : 0;
        var (fold, key) = explanation.Fold == FoldKind.Record && members > 0
            ? (FoldKind.Group, GroupKey(use, index, members))
            : (explanation.Fold, explanation.FoldKey);
        var verdict = Verdict.At(explanation.RuleId, use, index, store, Summarise(use, stale, change, explanation)) with
        {
            Severity = SeverityOf(requirement),
            Confidence = Min(ConfidenceOf(use.Space, change), machine.Facts.HasBarriers ? Confidence.Certain : Confidence.Possible),
            Asid = AsidOf(use.Space, stale),
            Old = stale.Value,
            New = newValue,
            Difference = change.Difference,
            Stale = stale,
            Evidence = explanation.Evidence,
        };
        var finding = findings.Report(verdict, fold, key, stale);
        NoteUnloaded(use.Space, stale);
        races.Watch(finding, stale, change, store);
        return finding;
    }

    // Harmful at the latest when a CPU walks the tree again without having invalidated it.
    private static void NoteUnloaded(AddressSpace space, StaleRecord record)
    {
        if (space.IsRooted && !space.IsLoaded)
        {
            space.ChangedWhileUnloaded.Add((record, record.Generation));
        }
    }

    private static string Summarise(TableUse use, StaleRecord stale, in DescriptorChange change, in BreakExplanation explanation)
    {
        var what = DescriptorText.Describe(change.Difference);
        var why = explanation.Evidence.Tlbi is { } tlbi ? $"the TLBI at {tlbi.PlaceText} {explanation.Evidence.TlbiWhy}" : "no TLBI for it since";
        return $"level-{use.Level} entry made while the value removed at {stale.Break.Header.PlaceText} may still be cached (difference: {what}); {why}";
    }

    // Some members of a group were broken and made differently while others stayed valid with the Contiguous bit.
    private Finding? JudgePartialGroup(TableUse use, int index, ulong newValue, in StoreContext store)
    {
        var (frame, at) = use.Locate(index);
        var previous = frame.PreviousOf(at);
        if ((previous & DescriptorBits.Contiguous) == 0 || !ContiguousGroup.IsMember(use, previous)
            || use.Space.Comparer.AreEquivalent(previous, newValue, use.Level))
        {
            return null;
        }

        var members = use.Space.Format.GroupMembers(use.Level);
        var first = index & ~(members - 1);
        var brokenSeq = frame.StoreSeqOf(at);
        for (var i = first; i < first + members; i++)
        {
            var (memberFrame, memberAt) = use.Locate(i);
            // What was stored before events were lost may have been broken with the rest of the group.
            var stayed = i != index && machine.IsReliable(memberFrame, memberAt) && memberFrame.StoreSeqOf(memberAt) < brokenSeq
                && ContiguousGroup.IsMember(use, memberFrame[memberAt]);
            if (stayed)
            {
                return findings.Report(
                    Verdict.At(RuleId.PartialGroup, use, index, store,
                        $"member {index - first} of a contiguous group was broken and made differently while member {i - first} stayed valid with the Contiguous bit") with
                    {
                        Confidence = StaleRecords.ConfidenceOf(use.Space),
                        Old = previous,
                        New = newValue,
                        Difference = use.Space.Comparer.Compare(previous, newValue, use.Level).Difference,
                        StaleStore = lines.EventAt(brokenSeq),
                        Evidence = OneMemberOnly,
                    },
                    FoldKind.Group, GroupKey(use, index, members) ^ (memberFrame.StoreSeqOf(memberAt) << 24), null);
            }
        }

        return null;
    }

    private void LogRemake(TableUse use, int index, ulong newValue, in StoreContext store, bool isLive, Finding? conflict)
    {
        var (frame, at) = use.Locate(index);
        var previous = frame.PreviousOf(at);
        if (previous == 0 || !use.Space.Format.IsCacheable(previous, use.Level))
        {
            return;
        }

        // Only changes of size and of the Contiguous bit are listed when an invalid value stood in between.
        var kindChanged = use.Space.Format.Kind(previous, use.Level) != use.Space.Format.Kind(newValue, use.Level);
        if (!kindChanged && ((previous ^ newValue) & DescriptorBits.Contiguous) == 0)
        {
            return;
        }

        var change = TranslationComparer.Compare(machine, use, index, previous, newValue);
        if (change.Class is not (>= TransitionClass.Split and <= TransitionClass.SizeAndPermission
            or TransitionClass.ContiguousChange or TransitionClass.ContiguousAndOther))
        {
            return;
        }

        transitions.Count(change.Class, isLive, viaBreak: true);
        var verdict = conflict?.Rule.Id ?? (isLive ? "completed" : "offline");
        transitions.Log(use, index, change.Class, isLive, viaBreak: true, previous, newValue, store, 0, conflict?.Id ?? 0, verdict);
    }

    private static bool IsRestriction(TransitionClass transition) =>
        transition is TransitionClass.PermissionRestrict or TransitionClass.TablePermission or TransitionClass.GlobalToNonGlobal;

    private static string OverwriteRule(TransitionClass transition, DescriptorKind oldKind) => transition switch
    {
        TransitionClass.OutputAddress or TransitionClass.OutputAddressReadOnly => RuleId.OutputAddressChange,
        TransitionClass.OutputAddressSpace => RuleId.OutputAddressSpace,
        TransitionClass.MemoryType => RuleId.MemoryType,
        TransitionClass.CacheabilityChange => RuleId.Cacheability,
        TransitionClass.ShareabilityChange => RuleId.Shareability,
        TransitionClass.NonGlobalToGlobal => RuleId.NonGlobalToGlobal,
        TransitionClass.SizeAndOther or TransitionClass.ContiguousAndOther => RuleId.SizeAndOther,
        TransitionClass.TableSwapEqual or TransitionClass.TableSwapDifferent => RuleId.TableSwap,
        TransitionClass.ContiguousChange => RuleId.ContiguousChange,
        TransitionClass.Fuse => RuleId.TableToBlock,
        TransitionClass.GlobalToNonGlobal => RuleId.GlobalToNonGlobal,
        TransitionClass.PermissionRestrict => RuleId.ExecutePermission,
        TransitionClass.SizeAndPermission when oldKind == DescriptorKind.Table => RuleId.TableToBlock,
        _ => RuleId.BlockToTable,
    };

    private static Severity SeverityOf(Requirement requirement) => requirement switch
    {
        Requirement.BreakBeforeMake => Severity.Error,
        Requirement.Hazard => Severity.Warning,
        _ => Severity.Info,
    };

    private static Confidence ConfidenceOf(AddressSpace space, in DescriptorChange change)
    {
        var confidence = StaleRecords.ConfidenceOf(space);
        var restsOnContents = change.Class == TransitionClass.OutputAddressReadOnly;
        var restsOnMair = space.Comparer.MemoryAttributeRegister is null
            && (change.Difference & DescriptorDifference.MemoryType) != 0 && change.Class == TransitionClass.MemoryType;
        return restsOnContents || restsOnMair ? Min(confidence, Confidence.Possible) : confidence;
    }

    private static Confidence Min(Confidence left, Confidence right) => left < right ? left : right;

    private static long GroupKey(TableUse use, int index, int members) => (long)use.PaOf(index & ~(members - 1));

    internal static ulong? VaOf(TableUse use, int index)
    {
        var ia = use.IaOf(index);
        return use.Space.IsRooted ? ia : use.Space.VaBase is { } vaBase ? vaBase + ia : null;
    }

    private static ushort? AsidOf(AddressSpace space, StaleRecord? record)
    {
        if (record is null || record.ObligationCount != 1)
        {
            return record is null && space.Asids.Count == 1 ? space.Asids.First() : null;
        }

        ref readonly var obligation = ref record.Obligations[0];
        return obligation.IsGlobal || obligation.AllAsids || obligation.AsidUnknown ? null : obligation.Asid;
    }

    private static string Noun(TableUse use, ulong value) => use.Space.Format.Kind(value, use.Level) switch
    {
        DescriptorKind.Table => "table descriptor",
        DescriptorKind.Block => "block",
        _ => "page",
    };
}
