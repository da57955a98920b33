using System.Globalization;
using CsvHelper;
using TraceReplay.Events;

namespace TraceReplay.Export;

/// <summary>Writes events as CSV, one row an event: RFC 4180 quoting, UTF-8, lines ending in <c>\n</c>, absent values empty.</summary>
/// <remarks>
/// <c>name</c> is the operation, barrier, register, reason or text; <c>address</c> the descriptor or table; <c>value</c> what was stored,
/// told or given as operand; <c>more</c> the rest, as <c>key=value</c>. Times are as in the database: nanoseconds, or bare ticks.
/// </remarks>
public sealed class CsvEventWriter : IEventSink, IDisposable
{
    private static readonly string[] Columns =
        ["seq", "line", "time", "cpu", "comm", "pid", "event", "name", "address", "level", "value", "old", "pc", "more"];

    private readonly CsvWriter _csv;
    private readonly NameTable _names;

    /// <summary>Makes a writer and writes the header.</summary>
    /// <param name="text">Receives the rows; not closed.</param>
    /// <param name="names">The names that the events refer to.</param>
    public CsvEventWriter(TextWriter text, NameTable names)
    {
        ArgumentNullException.ThrowIfNull(names);
        _names = names;
        _csv = CsvWriter.Create(text, CsvWriterOptions.Default with { NewLine = "\n" }, leaveOpen: true);
        _csv.WriteHeader(Columns);
    }

    public void On(in PageTableWrite e) => Row(
        e.Header, "pgtable_write", e.How, e.Pa, e.Level, e.New, e.Old, e.Pc,
        (e.SizeBytes == 8 ? "" : $"size={e.SizeBytes} ") + (e.Alias is { } alias ? $"va=0x{alias:x}" : ""));

    public void On(in TlbiInstruction e) => Row(e.Header, "tlbi", e.Operation, value: e.Operand, pc: e.Pc);

    public void On(in BarrierInstruction e) => Row(e.Header, "barrier", e.Kind, pc: e.Pc);

    public void On(in SystemRegisterWrite e) => Row(e.Header, "sysreg_write", e.Register, value: e.Value, pc: e.Pc);

    public void On(in TableKnown e) => Row(
        e.Header, "pgtable_table", 0, e.Base, e.Level,
        more: (e.Entries is { } entries ? $"entries={entries} " : "") + (e.Root is { } root ? $"root={root} " : "")
            + (e.Parent is { } parent ? $"parent=0x{parent:x} " : "") + (e.GranuleBytes is { } granule ? $"granule={granule}" : ""));

    public void On(in DescriptorValueKnown e) => Row(
        e.Header,
        e.Source switch
        {
            DescriptorSource.Initial or DescriptorSource.Image => "pgtable_entry",
            DescriptorSource.Hardware => "pgtable_hw_update",
            _ => "pgtable_final",
        },
        0, e.Pa, e.Level, e.Value, e.Old);

    public void On(in TableGone e) => Row(e.Header, e.IsFree ? "pgtable_free" : "pgtable_orphan", e.Why, e.Base, e.Level);

    public void On(in MachineFact e) => Row(e.Header, "pgtable_meta", e.Key, more: _names.Name(e.Value));

    public void On(in PageAllocation e) => Row(
        e.Header, e.IsFree ? "mm_page_free" : "mm_page_alloc", 0, more: $"pfn=0x{e.FrameNumber:x} order={e.Order}");

    public void On(in ContextSwitch e) => Row(
        e.Header, "sched_switch", 0,
        more: string.Create(CultureInfo.InvariantCulture, $"prev_pid={e.PreviousPid} next_pid={e.NextPid}"));

    public void On(in LockOperation e) => Row(e.Header, "pgtable_lock", LockNames.Of(e.Action), e.Address);

    public void On(in LockHint e) => Row(e.Header, "pgtable_hint", LockNames.Of(e.Kind), e.Location, value: e.Value);

    public void On(in Marker e) => Row(e.Header, "marker", e.Text);

    public void On(in LostEvents e) => Row(e.Header, "lost_events", 0, more: e.Count is { } count ? $"count={count}" : "");

    public void On(in TlbEntry e) => Row(
        e.Header, e.IsEviction ? "tlb_evict" : "tlb_fill", 0, e.Va, value: e.Pa, more: FtraceWriter.TagsOf(e));

    /// <summary>Hands what is left to the text.</summary>
    public void Dispose() => _csv.Dispose();

    private void Row(
        in EventHeader header, string kind, int name, ulong? address = null, int? level = null, ulong? value = null, ulong? old = null,
        ulong? pc = null, string more = "") => Row(header, kind, _names.Name(name), address, level, value, old, pc, more);

    private void Row(
        in EventHeader header, string kind, string name, ulong? address = null, int? level = null, ulong? value = null, ulong? old = null,
        ulong? pc = null, string more = "")
    {
        var task = _names.Task(header.Task);
        _csv.WriteField(header.Seq);
        _csv.WriteField(header.Line);
        _csv.WriteField(header.Time);
        _csv.WriteField(header.Cpu);
        _csv.WriteField(task.Comm);
        _csv.WriteField(header.Task == 0 ? null : (object)task.Pid);
        _csv.WriteField(kind);
        _csv.WriteField(name);
        _csv.WriteField(Hex(address));
        _csv.WriteField((object?)level);
        _csv.WriteField(Hex(value));
        _csv.WriteField(Hex(old));
        _csv.WriteField(Hex(pc));
        _csv.WriteField(more.TrimEnd());
        _csv.EndRecord();
    }

    private static string? Hex(ulong? value) => value is { } known ? string.Create(CultureInfo.InvariantCulture, $"0x{known:x16}") : null;
}
