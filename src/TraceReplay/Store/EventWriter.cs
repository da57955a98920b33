using Microsoft.Data.Sqlite;
using SQLitePCL;
using TraceReplay.Events;

namespace TraceReplay.Store;

/// <summary>Writes events into the event tables. The caller holds a transaction around it.</summary>
public sealed class EventWriter : IEventSink, IDisposable
{
    private readonly sqlite3 _database;
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
    private readonly RowInserter _marker;
    private readonly RowInserter _lostEvents;

    /// <param name="connection">An open database with the event tables.</param>
    public EventWriter(SqliteConnection connection)
    {
        _database = connection.Handle ?? throw new ArgumentException("the connection is not open", nameof(connection));
        _pageTableWrite = new(_database, EventTables.PageTableWrite);
        _tlbi = new(_database, EventTables.Tlbi);
        _barrier = new(_database, EventTables.Barrier);
        _systemRegisterWrite = new(_database, EventTables.SystemRegisterWrite);
        _tableKnown = new(_database, EventTables.TableKnown);
        _descriptorKnown = new(_database, EventTables.DescriptorKnown);
        _tableGone = new(_database, EventTables.TableGone);
        _machineFact = new(_database, EventTables.MachineFact);
        _pageAllocation = new(_database, EventTables.PageAllocation);
        _contextSwitch = new(_database, EventTables.ContextSwitch);
        _marker = new(_database, EventTables.Marker);
        _lostEvents = new(_database, EventTables.LostEvents);
    }

    public void On(in PageTableWrite e) => _pageTableWrite.Row(e.Header)
        .Add(e.Pa).Add(e.New).Add(e.Old).Add(e.Level).Add(e.Alias).Add(e.SizeBytes).Add(e.How).Add(e.Pc).Insert();

    public void On(in TlbiInstruction e) => _tlbi.Row(e.Header).Add(e.Operation).Add(e.Operand).Add(e.Pc).Insert();

    public void On(in BarrierInstruction e) => _barrier.Row(e.Header).Add(e.Kind).Add(e.Pc).Insert();

    public void On(in SystemRegisterWrite e) => _systemRegisterWrite.Row(e.Header).Add(e.Register).Add(e.Value).Add(e.Pc).Insert();

    public void On(in TableKnown e) => _tableKnown.Row(e.Header)
        .Add(e.Base).Add(e.Level).Add(e.Entries).Add(e.Root).Add(e.Parent).Add(e.GranuleBytes).Insert();

    public void On(in DescriptorValueKnown e) => _descriptorKnown.Row(e.Header)
        .Add((long)e.Source).Add(e.Pa).Add(e.Value).Add(e.Old).Add(e.Level).Insert();

    public void On(in TableGone e) => _tableGone.Row(e.Header).Add(e.IsFree).Add(e.Base).Add(e.Level).Add(e.Why).Insert();

    public void On(in MachineFact e) => _machineFact.Row(e.Header).Add(e.Key).Add(e.Value).Insert();

    public void On(in PageAllocation e) => _pageAllocation.Row(e.Header).Add(e.IsFree).Add(e.FrameNumber).Add(e.Order).Insert();

    public void On(in ContextSwitch e) => _contextSwitch.Row(e.Header).Add(e.PreviousPid).Add(e.NextPid).Insert();

    public void On(in Marker e) => _marker.Row(e.Header).Add(e.Text).Insert();

    public void On(in LostEvents e) => _lostEvents.Row(e.Header).Add(e.Count).Insert();

    /// <summary>Writes the names and tasks that the events refer to; once, after the last event.</summary>
    public void WriteNames(NameTable names)
    {
        using (var name = new RowInserter(_database, "name", "id, text", 2))
        {
            for (var id = 0; id < names.NameCount; id++)
            {
                name.Row().Add((long)id).Add(names.Name(id)).Insert();
            }
        }

        using var task = new RowInserter(_database, "task", "id, comm, pid", 3);
        for (var id = 0; id < names.TaskCount; id++)
        {
            var identity = names.Task(id);
            task.Row().Add((long)id).Add(identity.Comm).Add(identity.Pid).Insert();
        }
    }

    public void Dispose()
    {
        _pageTableWrite.Dispose();
        _tlbi.Dispose();
        _barrier.Dispose();
        _systemRegisterWrite.Dispose();
        _tableKnown.Dispose();
        _descriptorKnown.Dispose();
        _tableGone.Dispose();
        _machineFact.Dispose();
        _pageAllocation.Dispose();
        _contextSwitch.Dispose();
        _marker.Dispose();
        _lostEvents.Dispose();
    }
}
