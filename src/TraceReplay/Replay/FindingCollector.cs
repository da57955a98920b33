using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Rules;

namespace TraceReplay.Replay;

/// <summary>What a judge found, before it is folded with what belongs to the same fault.</summary>
internal sealed record Verdict
{
    public required string RuleId { get; init; }

    /// <summary>Overrides the rule's severity where the circumstances lower it.</summary>
    public Severity? Severity { get; init; }

    public Confidence Confidence { get; init; } = Confidence.Certain;

    public required StoreContext Where { get; init; }

    public required AddressSpace? Space { get; init; }

    public required ulong Pa { get; init; }

    public int? Level { get; init; }

    public ulong? Va { get; init; }

    public ushort? Asid { get; init; }

    public ulong? Old { get; init; }

    /// <summary>Level at which <see cref="Old"/> stood, where it is not that of the descriptor stored to.</summary>
    public int? OldLevel { get; init; }

    public ulong? New { get; init; }

    public DescriptorDifference Difference { get; init; }

    public StaleRecord? Stale { get; init; }

    /// <summary>The event that made <see cref="Old"/> stale, where no record of it is kept; else that of <see cref="Stale"/>.</summary>
    public EventHeader? StaleStore { get; init; }

    /// <summary>The event that made <see cref="Old"/> stale; null where it is not known.</summary>
    public EventHeader? StaleEvent => StaleStore ?? Stale?.Break.Header;

    /// <summary>What is wrong in one sentence; the evidence is added to it.</summary>
    public required string Summary { get; init; }

    public Evidence Evidence { get; init; }

    /// <summary>About an entry of a table in its place.</summary>
    public static Verdict At(string rule, TableUse use, int index, in StoreContext where, string summary) => new()
    {
        RuleId = rule,
        Where = where,
        Space = use.Space,
        Pa = use.PaOf(index),
        Level = use.Level,
        Va = StoreJudge.VaOf(use, index),
        Summary = summary,
    };
}

/// <summary>The TLBI and barrier nearest to counting, and why they did not.</summary>
internal readonly record struct Evidence(
    EventHeader? Tlbi, string TlbiWhy, long? BarrierSeq, long? BarrierLine, string BarrierWhy)
{
    public static Evidence None { get; } = new(null, "", null, null, "");
}

/// <summary>Collects findings: one a fault, with the stores that belong to it.</summary>
internal sealed class FindingCollector(IReplaySink sink, Policy policy, MachineState machine)
{
    private readonly List<Finding> _findings = [];
    private readonly Dictionary<(string Rule, long Kind, long Key), Fold> _folds = [];

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What TLBs are traced to hold.</summary>
    public TlbFills? Fills { get; set; }

    /// <summary>
    /// Reports a verdict, folded into an earlier finding of the same rule and key while that one's fault goes on: until the stale
    /// record that guards it is completed, or for good where there is none.
    /// </summary>
    /// <param name="verdict">What was found.</param>
    /// <param name="kind">What it is folded by.</param>
    /// <param name="key">The one of that kind.</param>
    /// <param name="guard">While this stays open the fault goes on; null: for good.</param>
    /// <param name="explain">Finds the evidence, for a finding that is new.</param>
    public Finding Report(Verdict verdict, FoldKind kind, long key, StaleRecord? guard, Func<Evidence>? explain = null)
    {
        var foldKey = (verdict.RuleId, (long)kind, key);
        if (_folds.TryGetValue(foldKey, out var fold) && fold.IsOpen)
        {
            if (fold.LastSeq != verdict.Where.Header.Seq || kind == FoldKind.Tlbi)
            {
                fold.Finding.Count++;
            }

            _folds[foldKey] = fold with { LastSeq = verdict.Where.Header.Seq };
            fold.Finding.Severity = Worse(fold.Finding.Severity, SeverityOf(verdict));
            StoreOf(fold.Finding, verdict);
            return fold.Finding;
        }

        var finding = Make(explain is null ? verdict : verdict with { Evidence = explain() });
        if (finding.Id == 0)
        {
            return finding;
        }

        _findings.Add(finding);
        _folds[foldKey] = new Fold(finding, guard, guard?.Generation ?? 0, verdict.Where.Header.Seq);
        StoreOf(finding, verdict);
        return finding;
    }

    /// <summary>True where a verdict of this rule and key would be folded into an earlier finding, whose words are kept.</summary>
    public bool GoesOn(string rule, FoldKind kind, long key) => _folds.TryGetValue((rule, (long)kind, key), out var fold) && fold.IsOpen;

    /// <summary>Findings whose window touches a gap in the trace cannot be relied on (the gap may hold the missing TLBI).</summary>
    public void Doubt(long gapStart, long gapEnd)
    {
        for (var i = _findings.Count - 1; i >= 0; i--)
        {
            var finding = _findings[i];
            if (finding.Where.Seq < gapStart)
            {
                break;
            }

            var windowStart = finding.Stale?.Seq ?? finding.Where.Seq;
            if (windowStart <= gapEnd && !IsSelfEvident(finding.Rule.Id))
            {
                finding.Confidence = Confidence.Unknown;
            }
        }
    }

    // What one store does to the value it overwrites, how members of a group differ, or how a descriptor reads, does not rest on events
    // in between.
    private static bool IsSelfEvident(string rule) =>
        rule.StartsWith("bbm-", StringComparison.Ordinal) || rule.StartsWith("cont-", StringComparison.Ordinal)
        || rule.StartsWith("desc-", StringComparison.Ordinal)
        || rule is RuleId.StoreSize or RuleId.TtbrMisaligned or RuleId.LevelUnknown or RuleId.TraceGap or RuleId.LostEvents;

    /// <summary>Hands the findings to the sink.</summary>
    public void Finish()
    {
        foreach (var finding in _findings)
        {
            sink.Finding(finding);
        }
    }

    private Finding Make(Verdict verdict)
    {
        var rule = RuleCatalogue.Get(verdict.RuleId);
        var severity = SeverityOf(verdict);
        var comparer = verdict.Space?.Comparer;
        string Decode(ulong? value, int? at) =>
            value is { } v && comparer is not null && at is { } level ? DescriptorText.Describe(v, level, comparer) : "";
        var proof = verdict.Stale is { IsOpen: true } stale && Fills is { Any: true } fills ? fills.ProofOf(stale, verdict.New) : null;
        var confidence = ConfidenceOf(verdict);
        return new Finding
        {
            Id = severity is null ? 0 : _findings.Count + 1,
            Rule = rule,
            Severity = severity ?? rule.Severity,
            Confidence = (Confidence)Math.Min((int)(proof is not null && confidence != Confidence.Unknown ? Confidence.Certain : confidence), (int)MergedOrder.Limit(verdict, IsSelfEvident(rule.Id), machine.Facts.Clock)),
            Where = verdict.Where.Header,
            Pc = verdict.Where.Pc,
            How = verdict.Where.How,
            Pa = verdict.Pa,
            Level = verdict.Level,
            Va = verdict.Va,
            Asid = verdict.Asid,
            SpaceId = verdict.Space?.Id ?? 0,
            Old = verdict.Old,
            New = verdict.New,
            OldDecoded = Decode(verdict.Old, verdict.OldLevel ?? verdict.Level),
            NewDecoded = Decode(verdict.New, verdict.Level),
            Difference = verdict.Difference == DescriptorDifference.None ? "" : DescriptorText.Describe(verdict.Difference),
            Stale = verdict.StaleEvent,
            TlbiSeq = verdict.Evidence.Tlbi?.Seq,
            TlbiLine = verdict.Evidence.Tlbi?.Line,
            TlbiWhy = verdict.Evidence.TlbiWhy ?? "",
            BarrierSeq = verdict.Evidence.BarrierSeq,
            BarrierLine = verdict.Evidence.BarrierLine,
            BarrierWhy = verdict.Evidence.BarrierWhy ?? "",
            FillSeq = proof?.Seq,
            Summary = verdict.Summary,
        };
    }

    private static Severity Worse(Severity known, Severity? found) => found is { } severity && severity > known ? severity : known;

    private Severity? SeverityOf(Verdict verdict)
    {
        var rule = RuleCatalogue.Get(verdict.RuleId);
        var lowered = verdict.Severity is { } told && told < rule.Severity ? told : rule.Severity;
        return policy.SeverityOf(rule.Id, KeyOf(verdict.Space), lowered);
    }

    private Confidence ConfidenceOf(Verdict verdict)
    {
        var rule = verdict.RuleId;

        // A trace that tells no TLBI does not tell that there was none.
        if (!machine.Facts.HasTlbis && rule is (RuleId.TableReuse or RuleId.PageReuse or RuleId.AsidReuse or RuleId.VmidReuse or RuleId.RegisterChange))
        {
            return Confidence.Unknown;
        }

        var restsOnTlbis = rule.StartsWith("brk-", StringComparison.Ordinal)
            || rule is RuleId.TableReuse or RuleId.PermissionStale;
        if (!restsOnTlbis)
        {
            return verdict.Confidence;
        }

        // Which addresses an entry translates and a TLBI covers is a guess where nothing tells the size of a page, or the units of a range.
        var restsOnAddresses = rule is RuleId.TlbiAddress or RuleId.TlbiRange or RuleId.TlbiTtl or RuleId.NoTlbi or RuleId.PartialGroup
            or RuleId.Stage2Incomplete;
        if (restsOnAddresses && (machine.Configuration.GranuleSource == GranuleSource.Assumed || !machine.Configuration.IsDsTold(verdict.Space?.Regime)))
        {
            return Confidence.Unknown;
        }

        // Which CPUs ran with a tree is a guess where no TTBR is told.
        var restsOnGuess = !machine.Facts.HasBarriers || (rule == RuleId.TlbiLocal && !machine.Facts.HasRoots);
        return !restsOnGuess || verdict.Confidence < Confidence.Possible ? verdict.Confidence : Confidence.Possible;
    }

    private static string? KeyOf(AddressSpace? space) => space?.Regime switch
    {
        null => null,
        TranslationRegime.El2Host => "el2-host",
        TranslationRegime.El2 => "el2",
        TranslationRegime.Stage2 => "stage2",
        _ => "el1",
    };

    private void StoreOf(Finding finding, Verdict verdict) => sink.FindingStore(
        finding, verdict.Where.Header.Seq, verdict.Pa, verdict.Va, verdict.Old, verdict.New, verdict.StaleEvent?.Seq);

    private readonly record struct Fold(Finding Finding, StaleRecord? Guard, int Generation, long LastSeq)
    {
        public bool IsOpen => Guard is null || (Guard.IsOpen && Guard.Generation == Generation);
    }
}

/// <summary>What makes two verdicts one fault.</summary>
internal enum FoldKind
{
    /// <summary>The stale record.</summary>
    Record = 0,

    /// <summary>The contiguous group.</summary>
    Group = 1,

    /// <summary>The TLBI that was not completed.</summary>
    Tlbi = 2,

    /// <summary>The place in code, or the table.</summary>
    Place = 3,

    /// <summary>The event: nothing else belongs to it.</summary>
    Event = 4,
}
