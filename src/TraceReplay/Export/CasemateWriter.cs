using System.Globalization;
using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Export;

/// <summary>Writes events as a casemate log: one s-expression a line, such as <c>(tlbi (id 4) (tid 0) vae2is (addr 0x1000) (level 3) (src "t:9"))</c>.</summary>
/// <remarks>
/// Casemate knows whole-descriptor stores, memory that starts as zero, DSBs of four kinds, ISB, TLBIs by all or by page, and two root
/// registers. What it cannot express is left out and counted in <see cref="Skipped"/>. Casemate asks for the
/// lock of every tree: the log of a trace that tells none it accepts only where it is told to allow races (<c>-R</c>).
/// </remarks>
public sealed class CasemateWriter : IEventSink
{
    private const int DefaultEntries = 512;
    private const ulong AsidBits = 0xffffUL << 48;
    private const int TtlShift = 44;

    // Level hint values below this name no granule, and so no level.
    private const ulong FirstTtl = 4;

    private static readonly string[] BarrierKinds = ["sy", "ish", "ishst", "nsh"];

    private readonly TextWriter _text;
    private readonly NameTable _names;
    private readonly string[] _sources;
    private readonly SortedDictionary<string, long> _skipped = new(StringComparer.Ordinal);
    private long _id;

    /// <summary>Makes a writer.</summary>
    /// <param name="text">Receives the lines; not closed.</param>
    /// <param name="names">The names that the events refer to.</param>
    /// <param name="sources">Names of the traces, at least one, for the source location of each line: of pieces of one capture that of the first.</param>
    public CasemateWriter(TextWriter text, NameTable names, IReadOnlyList<string> sources)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(sources);
        _text = text;
        _names = names;
        _sources = [.. sources.Select(source => source.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))];
    }

    /// <summary>What was left out, and how often.</summary>
    public IReadOnlyDictionary<string, long> Skipped => _skipped;

    public void On(in PageTableWrite e)
    {
        if (e.SizeBytes == 8)
        {
            Write(e.Header, "mem-write", $"(mem-order {OrderOf(e.How)}) (address 0x{e.Pa:x}) (value 0x{e.New:x})");
        }
        else if (e.SizeBytes % 8 == 0 && e.New == 0)
        {
            Write(e.Header, "mem-set", $"(address 0x{e.Pa:x}) (size 0x{e.SizeBytes:x}) (value 0x0)");
        }
        else
        {
            Skip("store of less or more than one descriptor");
        }
    }

    public void On(in TlbiInstruction e)
    {
        var name = _names.Name(e.Operation);
        switch (TlbiOperations.Find(name))
        {
            case null or { Method: TlbiMethod.CleanOnly }:
                Skip($"tlbi {name}");
                break;
            case { IsRange: true }:
                Skip("tlbi of a range");
                break;
            case { Method: TlbiMethod.All }:
                Write(e.Header, "tlbi", name);
                break;
            case { Method: TlbiMethod.Asid }:
                Skip("tlbi by ASID");
                break;
            case { Method: TlbiMethod.Address } when (e.Operand & AsidBits) != 0:
                Skip("tlbi with an ASID");
                break;
            default:
                // Bits 43:0 are address bits 55:12, of which bit 55 tells the half.
                var address = (ulong)((long)(e.Operand << 20) >> 8) & ~0xfffUL;
                var ttl = (e.Operand >> TtlShift) & 15;
                Write(e.Header, "tlbi", $"{name} (addr 0x{address:x}) (level {(ttl < FirstTtl ? 0 : ttl & 3)})");
                break;
        }
    }

    public void On(in BarrierInstruction e)
    {
        var kind = _names.Name(e.Kind);
        if (kind == "isb")
        {
            Write(e.Header, "barrier", "isb");
        }
        else if (kind.StartsWith("dsb ", StringComparison.Ordinal) && BarrierKinds.Contains(kind[4..]))
        {
            Write(e.Header, "barrier", $"dsb (kind {kind[4..]})");
        }
        else
        {
            Skip($"barrier {kind}");
        }
    }

    public void On(in SystemRegisterWrite e)
    {
        var register = _names.Name(e.Register);
        if (register is "vttbr_el2" or "ttbr0_el2")
        {
            Write(e.Header, "sysreg-write", $"(sysreg {register}) (value 0x{e.Value:x})");
        }
        else
        {
            Skip($"write of {register}");
        }
    }

    public void On(in TableKnown e) =>
        Write(e.Header, "mem-init", $"(address 0x{e.Base:x}) (size 0x{(e.Entries ?? DefaultEntries) * 8:x})");

    public void On(in DescriptorValueKnown e)
    {
        switch (e.Source)
        {
            case DescriptorSource.Initial or DescriptorSource.Image:
                Write(e.Header, "mem-write", $"(mem-order plain) (address 0x{e.Pa:x}) (value 0x{e.Value:x})");
                break;
            case DescriptorSource.Final:
                Write(e.Header, "mem-read", $"(address 0x{e.Pa:x}) (value 0x{e.Value:x})");
                break;
            default:
                Skip("update by hardware");
                break;
        }
    }

    public void On(in TableGone e)
    {
        if (e.IsFree)
        {
            Write(e.Header, "hint", $"(kind release) (location 0x{e.Base:x}) (value 0x0)");
        }
        else
        {
            Skip("pgtable_orphan");
        }
    }

    public void On(in MachineFact e) => Skip("pgtable_meta");

    public void On(in PageAllocation e) => Skip("page allocation");

    public void On(in ContextSwitch e) => Skip("sched_switch");

    public void On(in LockOperation e) => Write(e.Header, LockNames.Of(e.Action), $"(address 0x{e.Address:x})");

    public void On(in LockHint e) =>
        Write(e.Header, "hint", $"(kind {LockNames.Of(e.Kind)}) (location 0x{e.Location:x}) (value 0x{e.Value:x})");

    public void On(in Marker e) => Skip("marker");

    public void On(in LostEvents e) => Skip("lost events");

    public void On(in TlbEntry e) => Skip(e.IsEviction ? "tlb_evict" : "tlb_fill");

    private string OrderOf(int how) => _names.Name(how).StartsWith("release", StringComparison.Ordinal) ? "release" : "plain";

    private void Write(in EventHeader header, string transition, FormattableString rest) =>
        Write(header, transition, rest.ToString(CultureInfo.InvariantCulture));

    private void Write(in EventHeader header, string transition, string rest)
    {
        _text.Write(string.Create(
            CultureInfo.InvariantCulture, $"({transition} (id {_id}) (tid {header.Cpu}) {rest} (src \"{_sources[Math.Max(header.Input, 1) - 1]}:{header.Line}\"))\n"));
        _id++;
    }

    private void Skip(string what) => _skipped[what] = _skipped.GetValueOrDefault(what) + 1;
}
