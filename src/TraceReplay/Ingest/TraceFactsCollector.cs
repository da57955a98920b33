using System.Globalization;
using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Gathers <see cref="TraceFacts"/> from the events of one source.</summary>
/// <param name="names">The names that the events refer to.</param>
public sealed class TraceFactsCollector(NameTable names) : IEventSink
{
    private const int PageLevel = 3;
    private const ulong PageAddressMask = 0xf300;

    // Each is a guest; the trace of a machine that starts more of them has told its first ones by then.
    private const int MostStage2Roots = 1024;

    private int _cpuCount;
    private ulong _pageAddressBits;
    private long _pageDescriptorCount;
    private int _lowestLevel = int.MaxValue;
    private bool _hasTables;
    private bool _hasRoots;
    private bool _hasBarriers;
    private bool _hasWork;
    private bool _isSeenFromReset;
    private int _hypervisorRegister;
    private ulong? _hypervisorConfiguration;
    private int _stage2Register;
    private bool _hasTlbis;

    private readonly Dictionary<ulong, int?> _stage2Vmids = [];

    // Names already looked at, so that each text is compared once.
    private int _lastRegister;
    private int _lastBarrier;

    /// <summary>The facts so far.</summary>
    /// <param name="clock">Form of the timestamps.</param>
    /// <param name="headerCpuCount">CPUs that a header names, 0 without one.</param>
    public TraceFacts Facts(TraceClock clock, int headerCpuCount) => new()
    {
        Clock = clock,
        CpuCount = Math.Max(_cpuCount, headerCpuCount),
        PageAddressBits = (int)_pageAddressBits,
        PageDescriptorCount = _pageDescriptorCount,
        LowestLevel = _lowestLevel == int.MaxValue ? null : _lowestLevel,
        HasTables = _hasTables,
        HasRoots = _hasRoots,
        HypervisorConfiguration = _hypervisorConfiguration,
        HasBarriers = _hasBarriers,
        HasTlbis = _hasTlbis,
        Stage2Vmids = string.Join(' ', _stage2Vmids.Select(pair => string.Create(CultureInfo.InvariantCulture, $"0x{pair.Key:x}:{pair.Value?.ToString(CultureInfo.InvariantCulture) ?? TraceFacts.SeveralVmids}"))),
    };

    public void On(in PageTableWrite e)
    {
        SeeCpu(e.Header.Cpu);
        _hasWork = true;
        SeeDescriptor(e.Level, e.New);
    }

    public void On(in TlbiInstruction e)
    {
        SeeCpu(e.Header.Cpu);
        _hasWork = true;
        _hasTlbis = true;
    }

    public void On(in BarrierInstruction e)
    {
        SeeCpu(e.Header.Cpu);
        if (!_hasBarriers && e.Kind != _lastBarrier)
        {
            _lastBarrier = e.Kind;
            _hasBarriers = names.Name(e.Kind).StartsWith("dsb", StringComparison.Ordinal);
        }
    }

    public void On(in SystemRegisterWrite e)
    {
        SeeCpu(e.Header.Cpu);
        if (e.Register == _hypervisorRegister)
        {
            SeeHypervisorConfiguration(e.Value);
            return;
        }

        if (e.Register == _stage2Register)
        {
            SeeStage2Root(e.Value);
            return;
        }

        if (e.Register == _lastRegister || (_hasRoots && _hypervisorRegister != 0 && _stage2Register != 0))
        {
            return;
        }

        _lastRegister = e.Register;
        var register = names.Name(e.Register);
        _hasRoots |= register is "ttbr0_el1" or "ttbr1_el1" or "ttbr0_el2";
        if (register == "hcr_el2")
        {
            _hypervisorRegister = e.Register;
            SeeHypervisorConfiguration(e.Value);
        }
        else if (register == "vttbr_el2")
        {
            _stage2Register = e.Register;
            SeeStage2Root(e.Value);
        }
    }

    // Bits 5:2 are address bits 51:48 where addresses have so many, and otherwise zero, as no root is smaller than 64 bytes.
    private void SeeStage2Root(ulong value)
    {
        var root = (value & 0x0000_ffff_ffff_ffc0) | ((value & 0x3c) << 46);
        if (_stage2Vmids.TryGetValue(root, out var known))
        {
            _stage2Vmids[root] = known == (int)(value >> 48) ? known : null;
        }
        else if (root != 0 && _stage2Vmids.Count < MostStage2Roots)
        {
            _stage2Vmids.Add(root, (int)(value >> 48));
        }
    }

    // A trace that begins mid-life may show the write of a CPU that comes up, or of one that enters a guest, before that of its host.
    private void SeeHypervisorConfiguration(ulong value)
    {
        _isSeenFromReset |= _hypervisorConfiguration is null && !_hasWork;
        var isBetter = _hypervisorConfiguration is null
            || (!_isSeenFromReset && new HypervisorConfiguration(value).RunsVheHost);
        _hypervisorConfiguration = isBetter ? value : _hypervisorConfiguration;
    }

    public void On(in TableKnown e)
    {
        SeeCpu(e.Header.Cpu);
        _hasTables = true;
        _lowestLevel = Math.Min(_lowestLevel, e.Level);
    }

    public void On(in DescriptorValueKnown e)
    {
        SeeCpu(e.Header.Cpu);
        SeeDescriptor(e.Level, e.Value);
    }

    public void On(in TableGone e) => SeeCpu(e.Header.Cpu);

    public void On(in MachineFact e)
    {
        SeeCpu(e.Header.Cpu);
        if (names.Name(e.Key) == "traces")
        {
            var kinds = names.Name(e.Value).Split(',');
            _hasRoots |= kinds.Contains("roots");
            _hasTlbis |= kinds.Contains("tlbis");
            _hasBarriers |= kinds.Contains("barriers");
        }
    }

    public void On(in PageAllocation e) => SeeCpu(e.Header.Cpu);

    public void On(in ContextSwitch e) => SeeCpu(e.Header.Cpu);

    public void On(in LockOperation e) => SeeCpu(e.Header.Cpu);

    public void On(in LockHint e) => SeeCpu(e.Header.Cpu);

    public void On(in Marker e) => SeeCpu(e.Header.Cpu);

    public void On(in LostEvents e) => SeeCpu(e.Header.Cpu);

    public void On(in TlbEntry e) => SeeCpu(e.Header.Cpu);

    private void SeeCpu(int cpu) => _cpuCount = Math.Max(_cpuCount, cpu + 1);

    private void SeeDescriptor(int? level, ulong value)
    {
        if (level is not { } known)
        {
            return;
        }

        _lowestLevel = Math.Min(_lowestLevel, known);
        if (known == PageLevel && (value & 3) == 3)
        {
            _pageAddressBits |= value & PageAddressMask;
            _pageDescriptorCount++;
        }
    }
}
