using System.Globalization;
using TraceReplay.Events;

namespace TraceReplay.Export;

/// <summary>Writes events as ftrace text: what reading it gives are the same events.</summary>
/// <remarks>Two numbers are not the events' own but the text's: the line, and with it the sequence number where lines were skipped.</remarks>
public sealed class FtraceWriter : IEventSink
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int MicrosecondNs = 1000;

    private readonly TextWriter _text;
    private readonly NameTable _names;
    private readonly TraceClock _clock;

    /// <summary>Makes a writer and writes the head of the trace.</summary>
    /// <param name="text">Receives the lines; not closed.</param>
    /// <param name="names">The names that the events refer to.</param>
    /// <param name="clock">Form of the timestamps.</param>
    /// <param name="cpuCount">CPUs that the header names, 0 for none.</param>
    /// <param name="overwritten">Events that the ring buffer lost by overwriting.</param>
    public FtraceWriter(TextWriter text, NameTable names, TraceClock clock, int cpuCount, long overwritten = 0)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(names);
        _text = text;
        _names = names;
        _clock = clock;
        _text.Write("# tracer: nop\n#\n");
        if (cpuCount > 0)
        {
            // The counts are not known before the events; what they differ by is what was overwritten.
            _text.Write(string.Create(CultureInfo.InvariantCulture, $"# entries-in-buffer/entries-written: 0/{overwritten}   #P:{cpuCount}\n#\n"));
        }

        _text.Write("#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n");
        _text.Write("#              | |         |   |||||     |         |\n");
    }

    public void On(in PageTableWrite e)
    {
        Begin(e.Header, "pgtable_write");
        Level(e.Level);
        Field("pa", e.Pa);
        Optional("old", e.Old);
        Field("new", e.New);
        Optional("va", e.Alias);
        if (e.SizeBytes != 8)
        {
            Number("size", e.SizeBytes);
        }

        Name("how", e.How);
        Optional("pc", e.Pc);
        _text.Write('\n');
    }

    public void On(in TlbiInstruction e)
    {
        Begin(e.Header, "tlbi");
        Name("op", e.Operation);
        if (e.Operand != 0)
        {
            Field("arg", e.Operand);
        }

        Optional("pc", e.Pc);
        _text.Write('\n');
    }

    public void On(in BarrierInstruction e)
    {
        Begin(e.Header, "barrier");
        _text.Write(' ');
        _text.Write(_names.Name(e.Kind));
        Optional("pc", e.Pc);
        _text.Write('\n');
    }

    public void On(in SystemRegisterWrite e)
    {
        Begin(e.Header, "sysreg_write");
        Name("reg", e.Register);
        Field("val", e.Value);
        Optional("pc", e.Pc);
        _text.Write('\n');
    }

    public void On(in TableKnown e)
    {
        Begin(e.Header, "pgtable_table");
        Field("base", e.Base);
        Number("level", e.Level);
        Optional("entries", e.Entries);
        Optional("root", e.Root);
        Optional("parent", e.Parent);
        Optional("granule", e.GranuleBytes);
        _text.Write('\n');
    }

    public void On(in DescriptorValueKnown e)
    {
        var isHardware = e.Source == DescriptorSource.Hardware;
        Begin(e.Header, e.Source switch
        {
            DescriptorSource.Initial or DescriptorSource.Image => "pgtable_entry",
            DescriptorSource.Hardware => "pgtable_hw_update",
            _ => "pgtable_final",
        });
        Level(e.Level);
        Field("pa", e.Pa);
        Optional("old", e.Old);
        Field(isHardware ? "new" : "val", e.Value);
        _text.Write('\n');
    }

    public void On(in TableGone e)
    {
        Begin(e.Header, e.IsFree ? "pgtable_free" : "pgtable_orphan");
        Field("base", e.Base);
        Level(e.Level);
        Name("why", e.Why);
        _text.Write('\n');
    }

    public void On(in MachineFact e)
    {
        Begin(e.Header, "pgtable_meta");
        Name(_names.Name(e.Key), e.Value);
        _text.Write('\n');
    }

    public void On(in PageAllocation e)
    {
        Begin(e.Header, e.IsFree ? "mm_page_free" : "mm_page_alloc");

        // Without a page pointer an allocation of frame 0 is one that failed.
        _text.Write(" page=1");
        Field("pfn", e.FrameNumber);
        Number("order", e.Order);
        _text.Write('\n');
    }

    public void On(in ContextSwitch e)
    {
        Begin(e.Header, "sched_switch");
        Number("prev_pid", e.PreviousPid);
        _text.Write(" ==>");
        Number("next_pid", e.NextPid);
        _text.Write('\n');
    }

    public void On(in LockOperation e)
    {
        Begin(e.Header, "pgtable_lock");
        _text.Write(" ev=");
        _text.Write(LockNames.Of(e.Action));
        Field("addr", e.Address);
        _text.Write('\n');
    }

    public void On(in LockHint e)
    {
        Begin(e.Header, "pgtable_hint");
        _text.Write(" kind=");
        _text.Write(LockNames.Of(e.Kind));
        Field("location", e.Location);
        Field("value", e.Value);
        _text.Write('\n');
    }

    public void On(in Marker e)
    {
        Begin(e.Header, "tracing_mark_write");
        _text.Write(' ');
        _text.Write(_names.Name(e.Text));
        _text.Write('\n');
    }

    public void On(in LostEvents e) => _text.Write(e.Count is { } count
        ? string.Create(CultureInfo.InvariantCulture, $"CPU:{e.Header.Cpu} [LOST {count} EVENTS]\n")
        : string.Create(CultureInfo.InvariantCulture, $"CPU:{e.Header.Cpu} [LOST EVENTS]\n"));

    public void On(in TlbEntry e)
    {
        Begin(e.Header, e.IsEviction ? "tlb_evict" : "tlb_fill");
        Field("va", e.Va);
        Optional("pa", e.Pa);
        _text.Write(' ');
        _text.Write(TagsOf(e));
        _text.Write('\n');
    }

    /// <summary>Size, exception level and tags of a TLB's entry, as keys.</summary>
    internal static string TagsOf(in TlbEntry e) => string.Create(
        CultureInfo.InvariantCulture,
        $"size=0x{e.SizeBytes:x} el={e.ExceptionLevel}{(e.Vmid is { } vmid ? $" vmid=0x{vmid:x}" : "")}{(e.Asid is { } asid ? $" asid=0x{asid:x}" : "")}{(e.IsWalkCache ? " walk=1" : "")}");

    private void Begin(in EventHeader header, string name)
    {
        var task = _names.Task(header.Task);
        var pid = Math.Max(task.Pid, 0);
        _text.Write(string.Create(CultureInfo.InvariantCulture, $"{task.Comm,16}-{pid,-7} [{header.Cpu:000}] ..... "));
        _text.Write(_clock == TraceClock.Counter
            ? string.Create(CultureInfo.InvariantCulture, $"{header.Time,12}")
            : Seconds(header.Time));
        _text.Write(": ");
        _text.Write(name);
        _text.Write(':');
    }

    // Six digits as ftrace prints them; nine where microseconds would lose something.
    private static string Seconds(long time)
    {
        var (seconds, fraction) = Math.DivRem(time, NanosecondsPerSecond);
        return fraction % MicrosecondNs == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds,5}.{fraction / MicrosecondNs:000000}")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds,5}.{fraction:000000000}");
    }

    private void Level(int? level) => Optional("level", level);

    private void Field(string key, ulong value) => _text.Write(string.Create(CultureInfo.InvariantCulture, $" {key}=0x{value:x}"));

    private void Number(string key, long value) => _text.Write(string.Create(CultureInfo.InvariantCulture, $" {key}={value}"));

    private void Optional(string key, ulong? value)
    {
        if (value is { } known)
        {
            Field(key, known);
        }
    }

    private void Optional(string key, int? value)
    {
        if (value is { } known)
        {
            Number(key, known);
        }
    }

    private void Name(string key, int name)
    {
        if (name != 0)
        {
            _text.Write(' ');
            _text.Write(key);
            _text.Write('=');
            _text.Write(_names.Name(name));
        }
    }
}
