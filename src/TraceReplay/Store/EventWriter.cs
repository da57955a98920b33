using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>Writes events into the event tables. The caller holds a transaction around it.</summary>
public sealed class EventWriter : IEventSink, IDisposable
{
    private readonly sqlite3 _database;
    private readonly RowQueue? _queue;
    private readonly EventCounts _counts = new();
    private readonly RowInserter[] _inserters;
    private readonly RowInserter _pageTableWrite;
    private readonly RowInserter _tlbi;
    private readonly RowInserter _barrier;
    private readonly RowInserter _systemRegisterWrite;
    private readonly RowInserter _tableKnown;
    private readonly RowInserter _descriptorKnown;
    private readonly RowInserter _tableGone;
    private readonly RowInserter _machineFact;
    private readonly RowInserter _pageAllocation;
    private readonly RowInserter _contextSwitch;
    private readonly RowInserter _lockOperation;
    private readonly RowInserter _lockHint;
    private readonly RowInserter _marker;
    private readonly RowInserter _lostEvents;
    private readonly RowInserter _tlbEntry;
    private readonly RowInserter _eventCount;
    private readonly RowInserter _storeRun;
    private readonly KeyRuns _storeRuns;
    private readonly RowInserter _knownRun;
    private readonly KeyRuns _knownRuns;

    /// <param name="connection">An open database with the event tables.</param>
    public EventWriter(SqliteConnection connection)
        : this(connection, null)
    {
    }

    /// <param name="connection">An open database with the event tables.</param>
    /// <param name="queue">Where rows are written; null to write them on the thread that sends the events.</param>
    internal EventWriter(SqliteConnection connection, RowQueue? queue)
    {
        _queue = queue;
        _database = connection.Handle ?? throw new ArgumentException("the connection is not open", nameof(connection));
        _pageTableWrite = new(_database, EventTables.PageTableWrite, queue);
        _tlbi = new(_database, EventTables.Tlbi, queue);
        _barrier = new(_database, EventTables.Barrier, queue);
        _systemRegisterWrite = new(_database, EventTables.SystemRegisterWrite, queue);
        _tableKnown = new(_database, EventTables.TableKnown, queue);
        _descriptorKnown = new(_database, EventTables.DescriptorKnown, queue);
        _tableGone = new(_database, EventTables.TableGone, queue);
        _machineFact = new(_database, EventTables.MachineFact, queue);
        _pageAllocation = new(_database, EventTables.PageAllocation, queue);
        _contextSwitch = new(_database, EventTables.ContextSwitch, queue);
        _lockOperation = new(_database, EventTables.LockOperation, queue);
        _lockHint = new(_database, EventTables.LockHint, queue);
        _marker = new(_database, EventTables.Marker, queue);
        _lostEvents = new(_database, EventTables.LostEvents, queue);
        _tlbEntry = new(_database, EventTables.TlbEntry, queue);
        _eventCount = new(_database, "event_count", "kind, cpu, count", 3, queue);
        _storeRun = new(_database, "store_run", "page, first_seq, last_seq, entries", 4, queue);
        _storeRuns = KeyRuns.OfPages(_storeRun);
        _knownRun = new(_database, "known_run", "page, first_seq, last_seq, entries", 4, queue);
        _knownRuns = KeyRuns.OfPages(_knownRun);
        _inserters =
        [
            _pageTableWrite, _tlbi, _barrier, _systemRegisterWrite, _tableKnown, _descriptorKnown, _tableGone, _machineFact,
            _pageAllocation, _contextSwitch, _lockOperation, _lockHint, _marker, _lostEvents, _tlbEntry, _eventCount, _storeRun,
            _knownRun,
        ];
    }

    public void On(in PageTableWrite e)
    {
        _storeRuns.AddPage(e.Header.Seq, e.Pa);
        Row(_pageTableWrite, CountedKind.PageTableWrite, e.Header)
            .Add(e.Pa).Add(e.New).Add(e.Old).Add(e.Level).Add(e.Alias).Add(e.SizeBytes).Add(e.How).Add(e.Pc).Insert();
    }

    public void On(in TlbiInstruction e) => Row(_tlbi, CountedKind.Tlbi, e.Header).Add(e.Operation).Add(e.Operand).Add(e.Pc).Insert();

    public void On(in BarrierInstruction e) => Row(_barrier, CountedKind.Barrier, e.Header).Add(e.Kind).Add(e.Pc).Insert();

    public void On(in SystemRegisterWrite e) => Row(_systemRegisterWrite, CountedKind.SystemRegisterWrite, e.Header)
        .Add(e.Register).Add(e.Value).Add(e.Pc).Insert();

    public void On(in TableKnown e) => Row(_tableKnown, CountedKind.TableKnown, e.Header)
        .Add(e.Base).Add(e.Level).Add(e.Entries).Add(e.Root).Add(e.Parent).Add(e.GranuleBytes).Add(e.IsFromImage).Insert();

    public void On(in DescriptorValueKnown e)
    {
        _knownRuns.AddPage(e.Header.Seq, e.Pa);
        Row(_descriptorKnown, KindOf(e.Source), e.Header)
            .Add((long)e.Source).Add(e.Pa).Add(e.Value).Add(e.Old).Add(e.Level).Insert();
    }

    public void On(in TableGone e) => Row(_tableGone, e.IsFree ? CountedKind.TableFreed : CountedKind.TableOrphaned, e.Header)
        .Add(e.IsFree).Add(e.Base).Add(e.Level).Add(e.Why).Insert();

    public void On(in MachineFact e) => Row(_machineFact, CountedKind.MachineFact, e.Header).Add(e.Key).Add(e.Value).Insert();

    public void On(in PageAllocation e) => Row(_pageAllocation, e.IsFree ? CountedKind.PageFreed : CountedKind.PageAllocated, e.Header)
        .Add(e.IsFree).Add(e.FrameNumber).Add(e.Order).Insert();

    public void On(in ContextSwitch e) => Row(_contextSwitch, CountedKind.ContextSwitch, e.Header).Add(e.PreviousPid).Add(e.NextPid).Insert();

    public void On(in LockOperation e) => Row(_lockOperation, CountedKind.LockOperation, e.Header).Add((long)e.Action).Add(e.Address).Insert();

    public void On(in LockHint e) => Row(_lockHint, CountedKind.LockHint, e.Header).Add((long)e.Kind).Add(e.Location).Add(e.Value).Insert();

    public void On(in Marker e) => Row(_marker, CountedKind.Marker, e.Header).Add(e.Text).Insert();

    public void On(in LostEvents e) => Row(_lostEvents, CountedKind.LostEvents, e.Header).Add(e.Count).Insert();

    public void On(in TlbEntry e) => Row(_tlbEntry, e.IsEviction ? CountedKind.TlbEviction : CountedKind.TlbFill, e.Header)
        .Add(e.IsEviction).Add(e.IsWalkCache).Add(e.Va).Add(e.SizeBytes).Add(e.Pa).Add(e.ExceptionLevel).Add((int?)e.Vmid).Add((int?)e.Asid).Insert();

    /// <summary>Writes what is left of the events; once, after the last one.</summary>
    public void Flush()
    {
        _counts.Write(_eventCount);
        _storeRuns.Flush();
        _knownRuns.Flush();
        foreach (var inserter in _inserters)
        {
            inserter.Flush();
        }

        _queue?.Drain();
    }

    public void Dispose()
    {
        foreach (var inserter in _inserters)
        {
            inserter.Dispose();
        }
    }

    private static CountedKind KindOf(DescriptorSource source) => source switch
    {
        DescriptorSource.Hardware => CountedKind.HardwareUpdate,
        DescriptorSource.Final => CountedKind.FinalDescriptor,
        _ => CountedKind.InitialDescriptor,
    };

    private RowInserter Row(RowInserter table, CountedKind kind, in EventHeader header)
    {
        _counts.Add(kind, header.Cpu);
        return table.Row(header);
    }
}
