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
    private readonly Dictionary<FoldKey, Fold> _folds = [];

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
        var store = StoreOf(verdict);
        if (FoldIn(verdict.RuleId, kind, key, verdict.Severity, verdict.Space, store) is { } known)
        {
            return known;
        }

        var finding = Make(explain is null ? verdict : verdict with { Evidence = explain() });
        if (finding.Id == 0)
        {
            return finding;
        }

        _findings.Add(finding);
        _folds[new FoldKey(verdict.RuleId, kind, key)] = new Fold(finding, guard, store.Seq);
        sink.FindingStore(finding, store);
        return finding;
    }

    /// <summary>Folds a store into the finding of an earlier verdict of this rule and key, whose words are kept; null where none goes on.</summary>
    /// <param name="rule">Id of the rule.</param>
    /// <param name="kind">What it is folded by.</param>
    /// <param name="key">The one of that kind.</param>
    /// <param name="severity">Overrides the rule's severity where the circumstances lower it.</param>
    /// <param name="space">Space of the descriptor; null where it is not known.</param>
    /// <param name="store">The store.</param>
    public Finding? FoldIn(string rule, FoldKind kind, long key, Severity? severity, AddressSpace? space, in FoldedStore store)
    {
        if (!_folds.TryGetValue(new FoldKey(rule, kind, key), out var fold) || !fold.IsOpen)
        {
            return null;
        }

        var finding = fold.Finding;
        if (fold.LastSeq != store.Seq || kind == FoldKind.Tlbi)
        {
            finding.Count++;
        }

        fold.LastSeq = store.Seq;
        finding.Severity = Worse(finding.Severity, SeverityOf(finding.Rule, severity, space));
        sink.FindingStore(finding, store);
        return finding;
    }

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
        var severity = SeverityOf(rule, verdict.Severity, verdict.Space);
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

    private Severity? SeverityOf(Rule rule, Severity? told, AddressSpace? space)
    {
        var lowered = told is { } lower && lower < rule.Severity ? lower : rule.Severity;
        return policy.SeverityOf(rule.Id, KeyOf(space), lowered);
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

    private static FoldedStore StoreOf(Verdict verdict) =>
        new(verdict.Where.Header.Seq, verdict.Pa, verdict.Va, verdict.Old, verdict.New, verdict.StaleEvent?.Seq);

    // The text is left out of the hash, which would take longer than the rest of folding: few rules share a kind and a key.
    private readonly record struct FoldKey(string Rule, FoldKind Kind, long Key)
    {
        public override int GetHashCode() => HashCode.Combine(Key, Kind, Rule.Length);
    }

    private sealed class Fold(Finding finding, StaleRecord? guard, long lastSeq)
    {
        private readonly int _generation = guard?.Generation ?? 0;

        public Finding Finding { get; } = finding;

        public long LastSeq { get; set; } = lastSeq;

        public bool IsOpen => guard is null || (guard.IsOpen && guard.Generation == _generation);
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
