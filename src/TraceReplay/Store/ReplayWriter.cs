using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Arm;
using TraceReplay.Events;
using TraceReplay.Replay;
using TraceReplay.Rules;

namespace TraceReplay.Store;

/// <summary>Writes what replay derives into its tables, in place of what an earlier replay wrote. The caller holds a transaction around it.</summary>
public sealed class ReplayWriter : IReplaySink, IDisposable
{
    // In the order that references allow them to be emptied.
    private static readonly string[] Tables =
    [
        "finding_run", "finding_store", "finding", "waiver", "baseline_finding", "root_swap", "kernel_run", "tlbi_site", "transition_count", "transition",
        "stale_record", "stale_run", "table_use", "root_load", "address_space", "replay",
    ];

    private readonly SqliteConnection _connection;
    private readonly RowQueue? _queue;
    private readonly RowInserter[] _inserters;
    private readonly Policy _policy;
    private readonly RowInserter _rootLoad;
    private readonly RowInserter _tableUse;
    private readonly RowInserter _staleRecord;
    private readonly RowInserter _staleRun;
    private readonly RowInserter _transition;
    private readonly RowInserter _transitionCount;
    private readonly RowInserter _tlbiSite;
    private readonly RowInserter _kernelRun;
    private readonly RowInserter _rootSwap;
    private readonly RowInserter _space;
    private readonly RowInserter _finding;
    private readonly RowInserter _findingStore;
    private readonly RowInserter _findingRun;
    private readonly RowInserter _rule;
    private readonly bool _keepsHistory;
    private readonly KeyRuns _staleRuns;
    private readonly FindingStoreRows _findingStores;
    private bool _isFinished;

    /// <param name="connection">An open database; its replay tables are emptied.</param>
    /// <param name="policy">What is asked of the trace.</param>
    public ReplayWriter(SqliteConnection connection, Policy policy)
        : this(connection, policy, null, keepsHistory: true, keepsFindingStores: true)
    {
    }

    /// <param name="connection">An open database; its replay tables are emptied.</param>
    /// <param name="policy">What is asked of the trace.</param>
    /// <param name="queue">Where rows are written; null to write them on the thread that replays.</param>
    /// <param name="keepsHistory">False to leave out what only the queries about the state over time read.</param>
    /// <param name="keepsFindingStores">False to keep of the stores of a finding only enough to tell the pages of tables that they are in.</param>
    internal ReplayWriter(SqliteConnection connection, Policy policy, RowQueue? queue, bool keepsHistory, bool keepsFindingStores)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(policy);
        _keepsHistory = keepsHistory;
        _connection = connection;
        _policy = policy;
        _queue = queue;

        // Two threads that use a connection at once corrupt SQLite's memory.
        queue?.Drain();
        DropIndexes();
        Empty(Tables);
        Empty("rule");

        var database = connection.Handle ?? throw new ArgumentException("the connection is not open", nameof(connection));
        _rootLoad = new(database, "root_load", "seq, cpu, half, space_id, asid", 5, queue);
        _tableUse = new(database, "table_use", "id, space_id, base, level, entries, va_base, parent_pa, from_seq, to_seq", 9, queue);
        _staleRecord = new(
            database, "stale_record",
            "id, break_seq, pa, level, space_id, va, size_bytes, group_bytes, asid, old, new, class, tlbi_seq, complete_seq, "
            + "break_line, tlbi_line, complete_line, window_ns", 18, queue);
        _staleRun = new(database, "stale_run", "page, first_id, last_id, entries", 4, queue);
        _staleRuns = KeyRuns.OfPages(_staleRun);
        _transition = new(
            database, "transition",
            "seq, space_id, class, is_live, via_break, pa, level, va, old, new, stale_id, finding_id, verdict, linux_verdict", 14, queue);
        _transitionCount = new(database, "transition_count", "class, is_live, via_break, count", 4, queue);
        _tlbiSite = new(database, "tlbi_site", "op_id, pc, count, covered, records, ineffective, first_seq", 7, queue);
        _kernelRun = new(database, "kernel_run", "kind, va_start, va_end, first_seq, last_seq, stores, cpu, task_id", 8, queue);
        _rootSwap = new(
            database, "root_swap",
            "seq, half, old_space_id, new_space_id, tables_copied, tables_shared, entries_compared, lost_updates, late_writes, done_seq", 10, queue);
        _space = new(
            database, "address_space",
            "id, root_pa, regime, half, start_level, entries, granule_bytes, incarnation, first_seq, last_seq", 10, queue);
        _finding = new(
            database, "finding",
            "id, rule, severity, confidence, tag, seq, line, time_ns, cpu, task_id, pa, level, va, asid, space_id, old, new, "
            + "old_decoded, new_decoded, difference, stale_seq, stale_line, tlbi_seq, tlbi_line, tlbi_why, barrier_seq, "
            + "barrier_line, barrier_why, fill_seq, count, pc, how_id, summary", 33, queue);
        _findingStore = new(database, "finding_store", "finding_id, seq, pa, va, old, new, stale_seq", 7, queue);
        _findingRun = new(database, "finding_run", "finding_id, first_id, last_id", 3, queue);
        _findingStores = new FindingStoreRows(_findingStore, _findingRun, keepsFindingStores);
        _rule = new(database, "rule", "id, title, severity, arm_rule, explanation, condition", 6, queue);
        _inserters =
        [
            _rootLoad, _tableUse, _staleRecord, _staleRun, _transition, _transitionCount, _tlbiSite, _kernelRun, _rootSwap, _space,
            _finding, _findingStore, _findingRun, _rule,
        ];
        foreach (var rule in RuleCatalogue.All)
        {
            _rule.Row().Add(rule.Id).Add(rule.Title).Add(NameOf(rule.Severity)).Add(rule.ArmRules).Add(rule.Explanation)
                .Add(rule.Condition).Insert();
        }

        // Findings refer to them.
        _rule.Flush();
    }

    /// <summary>Takes back all that was written, for a replay that begins again.</summary>
    public void Clear()
    {
        foreach (var inserter in _inserters)
        {
            inserter.Discard();
        }

        _staleRuns.Clear();
        _findingStores.Clear();
        _queue?.Drain();
        Empty(Tables);
    }

    public void RootLoad(long seq, int cpu, int half, AddressSpace space, ushort? asid)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (!_keepsHistory)
        {
            return;
        }

        _rootLoad.Row().Add(seq).Add(cpu).Add(half).Add(space.Id).Add((int?)asid).Insert();
    }

    public void TableUse(TableUse use, long? toSeq)
    {
        ArgumentNullException.ThrowIfNull(use);
        if (!_keepsHistory)
        {
            return;
        }

        var space = use.Space;
        var va = space.IsRooted ? use.IaBase : space.VaBase is { } vaBase ? vaBase + use.IaBase : (ulong?)null;
        _tableUse.Row().Add(use.Id).Add(SpaceId(space)).Add(use.Base).Add(use.Level).Add(use.Entries).Add(va)
            .Add(use.Parent is null ? null : use.ParentPa).Add(use.FromSeq).Add(toSeq).Insert();
    }

    public void StaleRecordMade(long id, ulong pa)
    {
        if (_keepsHistory)
        {
            _staleRuns.AddPage(id, pa);
        }
    }

    public void StaleRecord(StaleRecord record, EventHeader? complete)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!_keepsHistory)
        {
            return;
        }

        var space = record.Space;
        var va = space.IsRooted ? record.Ia : space.VaBase is { } vaBase ? vaBase + record.Ia : (ulong?)null;
        var group = record.IsContiguous ? record.Size * (ulong)space.Format.GroupMembers(record.Level) : (ulong?)null;
        int? asid = record.ObligationCount == 1 && record.Obligations[0] is { IsGlobal: false, AllAsids: false, AsidUnknown: false } only
            ? only.Asid
            : null;
        _staleRecord.Row().Add(record.Id).Add(record.Break.Header.Seq).Add(record.Pa).Add(record.Level).Add(SpaceId(space)).Add(va)
            .Add(record.Size).Add(group).Add(asid).Add(record.Value).Add(record.NewValue).Add(DescriptorText.Name(record.Class))
            .Add(record.TlbiSeq == 0 ? null : (long?)record.TlbiSeq).Add(complete?.Seq)
            .Add(record.Break.Header.Line).Add(record.TlbiSeq == 0 ? null : (long?)record.TlbiLine).Add(complete?.Line)
            .Add(complete?.Time - record.Break.Header.Time).Insert();
    }

    public void Transition(in Transition transition)
    {
        if (!_keepsHistory)
        {
            return;
        }

        var row = _transition.Row().Add(transition.Seq).Add(SpaceId(transition.Space)).Add(DescriptorText.Name(transition.Class))
            .Add(transition.IsLive).Add(transition.ViaBreak).Add(transition.Pa).Add(transition.Level).Add(transition.Va)
            .Add(transition.Old).Add(transition.New).Add(IdOrNull(transition.StaleId)).Add(IdOrNull(transition.FindingId))
            .Add(transition.Verdict);
        (LinuxVerdict(transition) is { } verdict ? row.Add(verdict) : row.Add((long?)null)).Insert();
    }

    public void TransitionCount(TransitionClass transitionClass, bool isLive, bool viaBreak, long count) =>
        _transitionCount.Row().Add(DescriptorText.Name(transitionClass)).Add(isLive).Add(viaBreak).Add(count).Insert();

    public void TlbiSite(in TlbiSite site) =>
        _tlbiSite.Row().Add(site.Operation).Add(site.Pc).Add(site.Count).Add(site.Covered).Add(site.Records).Add(site.Ineffective)
            .Add(site.FirstSeq).Insert();

    public void KernelRun(in KernelRun run) =>
        _kernelRun.Row().Add(run.Kind).Add(run.VaStart).Add(run.VaEnd).Add(run.FirstSeq).Add(run.LastSeq).Add(run.Stores).Add(run.Cpu)
            .Add(run.Task).Insert();

    public void RootSwap(RootSwap swap)
    {
        ArgumentNullException.ThrowIfNull(swap);
        _rootSwap.Row().Add(swap.Seq).Add(swap.Half).Add(swap.Old.Id).Add(swap.New.Id).Add(swap.TablesCopied).Add(swap.TablesShared)
            .Add(swap.EntriesCompared).Add(swap.LostUpdates).Add(swap.LateWrites).Add(swap.DoneSeq).Insert();
    }

    public void Space(AddressSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (space.IsRooted)
        {
            _space.Row().Add(space.Id).Add(space.Root.Base).Add(space.Regime.Text()).Add(space.Half).Add(space.Root.Level).Add(space.Root.Entries)
                .Add(space.Format.Granule.Bytes).Add(space.Incarnation).Add(space.FirstSeq).Add(space.LastSeq).Insert();
        }
    }

    public void FindingStore(Finding finding, in FoldedStore store)
    {
        ArgumentNullException.ThrowIfNull(finding);
        _findingStores.Add(finding.Id, store);
    }

    public void Finding(Finding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        _finding.Row().Add(finding.Id).Add(finding.Rule.Id).Add(NameOf(finding.Severity)).Add(NameOf(finding.Confidence))
            .Add(finding.Tag).Add(finding.Where.Seq).Add(finding.Where.Line).Add(finding.Where.Time).Add(finding.Where.Cpu)
            .Add(finding.Where.Task).Add(finding.Pa).Add(finding.Level).Add(finding.Va).Add((int?)finding.Asid)
            .Add(IdOrNull(finding.SpaceId)).Add(finding.Old).Add(finding.New).Add(finding.OldDecoded).Add(finding.NewDecoded)
            .Add(finding.Difference).Add(finding.Stale?.Seq).Add(finding.Stale?.Line).Add(finding.TlbiSeq).Add(finding.TlbiLine)
            .Add(finding.TlbiWhy).Add(finding.BarrierSeq).Add(finding.BarrierLine).Add(finding.BarrierWhy).Add(finding.FillSeq).Add(finding.Count)
            .Add(finding.Pc).Add(finding.How).Add(finding.Summary).Insert();
    }

    /// <summary>Writes what is left, and the row that tells how the events were replayed; once, after the last event.</summary>
    public void Finish(ReplaySummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        _staleRuns.Flush();
        _findingStores.Flush();
        foreach (var inserter in _inserters)
        {
            inserter.Flush();
        }

        _queue?.Drain();
        _findingStores.Finish(_connection);
        _isFinished = true;
        using var row = new RowInserter(
            _connection.Handle!, "replay",
            "id, bbm_level, granule_bytes, granule_source, final_compared, final_differing, final_unknown, events, undecided_writes, policy", 10);
        row.Row().Add(1).Add(summary.BbmLevel).Add(summary.GranuleBytes).Add(NameOf(summary.GranuleSource)).Add(summary.FinalCompared)
            .Add(summary.FinalDiffering).Add(summary.FinalUnknown).Add(summary.Events).Add(summary.UndecidedWrites)
            .Add(_policy.ToJson(isIndented: false)).Insert();
        row.Flush();
    }

    public void Dispose()
    {
        if (!_isFinished)
        {
            _queue?.Abandon();
        }

        foreach (var inserter in _inserters)
        {
            inserter.Dispose();
        }
    }

    private void Empty(params string[] tables)
    {
        foreach (var table in tables)
        {
            _connection.Execute($"DELETE FROM {table}");
        }
    }

    // A table is filled faster without its indexes; the caller makes them again afterwards.
    private void DropIndexes()
    {
        string[] names = [.. _connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")];
        foreach (var name in names.Where(name => Tables.Any(table => name.StartsWith(table + "_", StringComparison.Ordinal))))
        {
            _connection.Execute($"DROP INDEX \"{name}\"");
        }
    }

    // Linux asks when it stores a leaf into a table of the kernel, of the value it finds there; the upper range is the kernel's.
    private string? LinuxVerdict(in Transition transition)
    {
        if (transition.ViaBreak || transition.Va is not { } va || (long)va >= 0
            || transition.Space.Regime is not (TranslationRegime.El1 or TranslationRegime.El2Host)
            || transition.Space.Format.Kind(transition.New, transition.Level) is not (DescriptorKind.Block or DescriptorKind.Page))
        {
            return null;
        }

        return LinuxAttributeChange.IsSafe(transition.Old, transition.New, _policy.LinuxVersion) ? "safe" : "unsafe";
    }

    // Spaces without a root have no row.
    private static int? SpaceId(AddressSpace? space) => space is { IsRooted: true } ? space.Id : null;

    private static int? IdOrNull(int id) => id == 0 ? null : id;

    private static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
