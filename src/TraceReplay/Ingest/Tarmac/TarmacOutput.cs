using System.Globalization;
using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>Sends the events of a Tarmac trace: sets their line, time and CPU.</summary>
internal sealed class TarmacOutput : ILinePosition
{
    private readonly HashSet<(ProblemKind Kind, string Key)> _reported = [];
    private TarmacSource? _source;
    private long? _line;

    /// <summary>The file whose line is read, or of whose earlier line events are sent.</summary>
    public TarmacSource Source
    {
        get => _source ?? throw new InvalidOperationException("no line is read");
        set
        {
            if (!ReferenceEquals(_source, value))
            {
                _source = value;
                value.File?.Entered();
            }
        }
    }

    /// <summary>The file whose line was read last; null before the first.</summary>
    public TarmacSource? LastSource => _source;

    /// <summary>The context in which events are sent; its lines are those of this object.</summary>
    public LineContext Context => Source.Context;

    public long Number => _line ?? Source.Lines.Number;

    /// <summary>The line that is read; empty for an earlier one, which is not kept.</summary>
    public ReadOnlySpan<byte> Line => _line is null ? Source.Lines.Line : default;

    /// <summary>Time of the last line of the file that had one.</summary>
    public long Time => Source.Time;

    /// <summary>The CPU whose line is read.</summary>
    public TarmacCpu Cpu => Source.Cpu;

    /// <summary>Its number in the file of the line.</summary>
    public int CpuNumber => Cpu.Number - (Source.File?.CpuOffset ?? 0);

    /// <summary>Sends what waits, so that events stay in order; called before any other is sent.</summary>
    public Action? Settle { get; set; }

    /// <summary>An event of the line being read follows.</summary>
    public LineContext Begin()
    {
        Settle?.Invoke();
        var context = Context;
        context.CheckTime(Time, Source.Clock);
        (context.Time, context.Cpu, context.Task) = (Time, CpuNumber, Cpu.Task);
        return context;
    }

    /// <summary>Events of an earlier line follow, until the action returns.</summary>
    /// <param name="system">The instruction of that line.</param>
    /// <param name="cpu">Its CPU.</param>
    /// <param name="send">Sends them.</param>
    public void At(SystemEvent system, TarmacCpu cpu, Action send)
    {
        var source = Source;
        var then = system.Source;
        var (currentCpu, currentTime) = (then.Cpu, then.Time);
        (Source, _line, then.Cpu, then.Time) = (then, system.Line, cpu, system.Time);
        send();
        (Source, _line, then.Cpu, then.Time) = (source, null, currentCpu, currentTime);
    }

    public void Table(TracedTable table, int? root, ulong? parent) => Begin().Sink.On(new TableKnown(
        Context.NextHeader(), table.Base, table.Level, table.Entries, root, parent, table.Format.Granule.Bytes));

    public void Entry(TracedTable table, ulong pa, ulong value) => Begin().Sink.On(
        new DescriptorValueKnown(Context.NextHeader(), DescriptorSource.Initial, pa, value, null, table.Level));

    public void HardwareUpdate(TracedTable table, ulong pa, ulong old, ulong value) => Begin().Sink.On(
        new DescriptorValueKnown(Context.NextHeader(), DescriptorSource.Hardware, pa, value, old, table.Level));

    public void Write(TracedTable table, ulong pa, ulong? old, ulong value, int bytes) => Begin().Sink.On(
        new PageTableWrite(
            Context.NextHeader(), pa, value, old, table.Level, null, bytes, Source.Session.Names.Intern(StoreInstruction.NameOf(Cpu.Opcode)), Cpu.Pc));

    public void Gone(TracedTable table, bool isFree, ReadOnlySpan<byte> why) => Begin().Sink.On(
        new TableGone(Context.NextHeader(), isFree, table.Base, table.Level, Context.Intern(why)));

    /// <summary>Reports that no more memory is kept: a row for the first page, a count for each access.</summary>
    public void ReportFull(int limit) => ReportOnce(
        ImportProblems.MemoryNotKept, "",
        $"expected stores to at most {limit} pages of 4 KB; stores to others are not followed from here on");

    /// <summary>Reports a store whose physical address is not told: a row for the first, a count for each.</summary>
    public void ReportNoAddress() => ReportOnce(
        ImportProblems.AddressNotTraced, "",
        $"expected a physical address behind the virtual one ('MW8 va:pa value'), since the MMU may be on; stores without one are left out");

    /// <summary>Reports that a root cannot be followed: a row a register, a count for each.</summary>
    public void ReportNoControl(string register) => ReportOnce(
        ImportProblems.TablesNotFollowed, register,
        $"expected {register.ToUpper(CultureInfo.InvariantCulture)} before the root: its tables are not followed until it is told");

    private void ReportOnce(ProblemKind kind, string key, FormattableString detail)
    {
        if (_reported.Add((kind, key)))
        {
            Context.Report(kind, detail);
        }
        else
        {
            Source.Session.Problems.AddRepeat(kind);
        }
    }
}
