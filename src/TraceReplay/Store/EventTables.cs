namespace TraceReplay.Store;

/// <summary>One event table: its name and the columns after those that all share.</summary>
/// <param name="Name">As in <c>schema/tables/020_event.sql</c>.</param>
/// <param name="OwnColumns">In the order in which they are written and read.</param>
internal sealed record EventTable(string Name, string[] OwnColumns)
{
    /// <summary>Columns of every event table, first.</summary>
    public static readonly string[] SharedColumns = ["seq", "line", "time_ns", "cpu", "task_id"];

    /// <summary>All columns, comma separated.</summary>
    public string ColumnList => string.Join(", ", SharedColumns.Concat(OwnColumns));

    /// <summary>Number of columns.</summary>
    public int ColumnCount => SharedColumns.Length + OwnColumns.Length;
}

/// <summary>The event tables, for both directions.</summary>
internal static class EventTables
{
    public static readonly EventTable PageTableWrite = new("pgtable_write", ["pa", "new", "old", "level", "alias_va", "size_bytes", "how_id", "pc"]);
    public static readonly EventTable Tlbi = new("tlbi", ["op_id", "operand", "pc"]);
    public static readonly EventTable Barrier = new("barrier", ["kind_id", "pc"]);
    public static readonly EventTable SystemRegisterWrite = new("sysreg_write", ["register_id", "value", "pc"]);
    public static readonly EventTable TableKnown = new("table_known", ["base", "level", "entries", "root", "parent_pa", "granule_bytes", "is_from_image"]);
    public static readonly EventTable DescriptorKnown = new("descriptor_known", ["source", "pa", "value", "old", "level"]);
    public static readonly EventTable TableGone = new("table_gone", ["is_free", "base", "level", "why_id"]);
    public static readonly EventTable MachineFact = new("machine_fact", ["key_id", "value_id"]);
    public static readonly EventTable PageAllocation = new("page_allocation", ["is_free", "frame_number", "page_order"]);
    public static readonly EventTable ContextSwitch = new("context_switch", ["previous_pid", "next_pid"]);
    public static readonly EventTable LockOperation = new("lock_operation", ["action", "address"]);
    public static readonly EventTable LockHint = new("lock_hint", ["hint", "location", "value"]);
    public static readonly EventTable Marker = new("marker", ["text_id"]);
    public static readonly EventTable LostEvents = new("lost_events", ["count"]);
    public static readonly EventTable TlbEntry = new(
        "tlb_entry", ["is_eviction", "is_walk_cache", "va", "size_bytes", "pa", "exception_level", "vmid", "asid"]);
}
