using TraceReplay.Arm;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>Judges what the members of contiguous groups hold: whether they agree as D8.7.1 asks (R_QTRPM, R_SKQHL, R_JQQTC).</summary>
internal sealed class ContiguousMembers(MachineState machine, FindingCollector findings, LineIndex lines)
{
    private const DescriptorDifference SeriousDifferences = DescriptorDifference.MemoryType | DescriptorDifference.Cacheability
        | DescriptorDifference.Shareability | DescriptorDifference.NotGlobal | DescriptorDifference.AddressSpace;

    private Confidence _atMost;

    private readonly record struct Member(int Number, ulong Value);

    /// <summary>What the members of a group hold: how many of each kind, and the first of each that disagrees with the reference.</summary>
    private struct GroupReading
    {
        public int WithBit;
        public int Without;
        public int Invalid;
        public DescriptorDifference Difference;

        /// <summary>The first valid member with the Contiguous bit.</summary>
        public Member? Reference;
        public Member? WithoutBit;
        public Member? Gap;
        public Member? Elsewhere;
        public Member? Serious;
        public Member? Permission;
        public Member? AccessFlag;
    }

    /// <summary>Judges what the members of a live group hold.</summary>
    /// <param name="group">The group.</param>
    /// <param name="atMost">How sure it is that its update is over.</param>
    public void Judge(ContiguousGroup group, Confidence atMost)
    {
        _atMost = atMost;
        var reading = Read(group);
        if (reading.Reference is not { } reference)
        {
            return;
        }

        if (reading.WithoutBit is { } plain)
        {
            Report(
                group, RuleId.ContiguousPartialSet, null, reference, plain, DescriptorDifference.Contiguous,
                $"{reading.WithBit} of {reading.WithBit + reading.Without} valid members have the Contiguous bit, member {plain.Number} does not");
            return;
        }

        JudgeAgreement(group, reading, reference);
    }

    /// <summary>
    /// Judges a group in the middle of its update, at a DSB of the CPU that updates it: members that already differ are seen as they are.
    /// </summary>
    public void JudgeUnderWay(ContiguousGroup group)
    {
        _atMost = Confidence.Certain;
        var reading = Read(group);
        if (!group.DifferedUnderWay && reading is { WithoutBit: null, Reference: { } reference } && (reading.Serious ?? reading.Permission) is { } member)
        {
            group.DifferedUnderWay = true;
            Report(
                group, RuleId.ContiguousAttributes, Severity.Warning, reference, member, reading.Difference,
                $"members {reference.Number} and {member.Number} differ in {DescriptorText.Describe(reading.Difference)} while the group is updated one by one, "
                + "where no access can wait for the end of it");
        }
    }

    private void JudgeAgreement(ContiguousGroup group, in GroupReading reading, Member reference)
    {
        var format = group.Use.Space.Format;
        var span = format.Granule.EntrySpan(group.Use.Level);
        var groupOutput = format.OutputAddress(reference.Value, group.Use.Level) - ((ulong)reference.Number * span);
        if (reading.Elsewhere is { } elsewhere)
        {
            Report(
                group, RuleId.ContiguousDiscontiguous, null, reference, elsewhere, DescriptorDifference.OutputAddress,
                $"the output address of member {elsewhere.Number} does not follow from that of member {reference.Number}");
        }
        else if ((groupOutput & ((span * (ulong)group.Members) - 1)) != 0)
        {
            Report(
                group, RuleId.ContiguousMisaligned, null, null, reference, DescriptorDifference.OutputAddress,
                $"the group translates to 0x{groupOutput:x}, which is not aligned to its size");
        }

        if (reading.Serious is { } serious)
        {
            var difference = reading.Difference & SeriousDifferences;
            Report(
                group, RuleId.ContiguousAttributes, null, reference, serious, difference,
                $"members {reference.Number} and {serious.Number} differ in {DescriptorText.Describe(difference)}");
        }
        else if (reading.Permission is { } permission)
        {
            Report(
                group, RuleId.ContiguousAttributes, Severity.Warning, reference, permission, DescriptorDifference.Permissions,
                $"members {reference.Number} and {permission.Number} differ in permissions");
        }

        if (reading.Gap is { } gap)
        {
            Report(
                group, RuleId.ContiguousPartialValid, null, reference, gap, DescriptorDifference.None,
                $"valid members with the Contiguous bit: {reading.WithBit}, invalid members: {reading.Invalid}, the first is member {gap.Number}");
        }
        else if (reading.AccessFlag is { } flag)
        {
            Report(
                group, RuleId.ContiguousAccessFlag, null, reference, flag, DescriptorDifference.AccessFlag,
                $"members {reference.Number} and {flag.Number} differ in AF or dirty state");
        }
    }

    private GroupReading Read(ContiguousGroup group)
    {
        var use = group.Use;
        var format = use.Space.Format;
        var span = format.Granule.EntrySpan(use.Level);
        var reading = default(GroupReading);
        for (var number = 0; number < group.Members; number++)
        {
            if (machine.ReliableValueAt(use, group.First + number) is not { } value)
            {
                continue;
            }

            var member = new Member(number, value);
            var kind = format.Kind(value, use.Level);
            if (kind is not (DescriptorKind.Block or DescriptorKind.Page))
            {
                if (kind == DescriptorKind.Invalid)
                {
                    reading.Invalid++;
                    reading.Gap ??= member;
                }
            }
            else if ((value & DescriptorBits.Contiguous) == 0)
            {
                reading.Without++;
                reading.WithoutBit ??= member;
            }
            else
            {
                reading.WithBit++;
                reading.Reference ??= member;
                Compare(ref reading, use, reading.Reference.Value, member, span);
            }
        }

        return reading;
    }

    private static void Compare(ref GroupReading reading, TableUse use, Member reference, Member member, ulong span)
    {
        var format = use.Space.Format;
        var expected = format.OutputAddress(reference.Value, use.Level) + ((ulong)(member.Number - reference.Number) * span);
        var difference = use.Space.Comparer.CompareSizes(reference.Value, use.Level, 0, member.Value, use.Level, 0).Difference;
        reading.Difference |= difference;
        reading.Elsewhere ??= format.OutputAddress(member.Value, use.Level) != expected ? member : null;
        reading.Serious ??= (difference & SeriousDifferences) != 0 ? member : null;
        reading.Permission ??= (difference & DescriptorDifference.Permissions) != 0 ? member : null;
        reading.AccessFlag ??= (difference & DescriptorDifference.AccessFlag) != 0 ? member : null;
    }

    // Judged as it stands: what it disagrees with stands in old, the member that disagrees in new.
    private void Report(
        ContiguousGroup group, string rule, Severity? severity, Member? reference, Member member, DescriptorDifference difference, string what)
    {
        var use = group.Use;
        var end = machine.Cpu(group.Last.Header.Cpu).NextBarrier(group.Last.Header.Seq);
        findings.Report(
            Verdict.At(rule, use, group.First + member.Number, group.Last,
                $"contiguous group of {group.Members} level-{use.Level} entries: {what}") with
            {
                Severity = severity,
                Confidence = (Confidence)Math.Min((int)StaleRecords.ConfidenceOf(use.Space), (int)_atMost),
                Old = reference?.Value,
                New = member.Value,
                Difference = difference,
                StaleStore = reference is { } other ? lines.EventAt(StoreSeqOf(use, group.First + other.Number)) : null,
                Evidence = new Evidence(
                    null, "none can count: it is what memory holds", end?.Seq, end?.Line,
                    end is null ? "" : "ended the update: the group is judged as it stands"),
            },
            FoldKind.Event, group.Last.Header.Seq ^ (long)(group.Pa << 20), null);
    }

    private static long StoreSeqOf(TableUse use, int index)
    {
        var (frame, at) = use.Locate(index);
        return frame.StoreSeqOf(at);
    }

    /// <summary>A leaf must not have the bit where its granule and level have no groups.</summary>
    public void CheckAllowed(TableUse use, int index, ulong newValue, in StoreContext store)
    {
        var isLeaf = use.Space.Format.Kind(newValue, use.Level) is DescriptorKind.Block or DescriptorKind.Page;
        if (isLeaf && (newValue & DescriptorBits.Contiguous) != 0 && use.Space.IsLive)
        {
            ReportStore(RuleId.ContiguousNotAllowed, use, index, newValue, store, $"bit 52 is RES0 in a level-{use.Level} leaf of a {use.Space.Format.Granule} granule");
        }
    }

    /// <summary>A root table may have fewer entries than a group has members.</summary>
    public void CheckFits(TableUse use, int index, ulong newValue, in StoreContext store)
    {
        var members = use.Space.Format.GroupMembers(use.Level);
        if (use.Parent is null && use.Entries < members)
        {
            ReportStore(RuleId.ContiguousExceedsInput, use, index, newValue, store, $"a contiguous group of {members} entries in a root table of {use.Entries}");
        }
    }

    private void ReportStore(string rule, TableUse use, int index, ulong newValue, in StoreContext store, string summary)
    {
        if (!use.Space.IsLive)
        {
            return;
        }

        findings.Report(
            Verdict.At(rule, use, index, store, summary) with
            {
                Confidence = StaleRecords.ConfidenceOf(use.Space),
                New = newValue,
                Difference = DescriptorDifference.Contiguous,
            },
            FoldKind.Place, (long)use.Base, null);
    }
}
