using TraceReplay.Arm;

namespace TraceReplay.Replay;

/// <summary>A write of a translation register whose owner is not known yet.</summary>
internal readonly record struct HeldWrite(string Register, ulong Value, StoreContext Writer);

/// <summary>
/// Writes of EL1 registers by a hypervisor, until it is known for whom. KVM without VHE restores those of a guest before it writes VTTBR_EL2
/// and HCR_EL2 (<c>__kvm_vcpu_run</c>), under the names that the host's own have; with VHE it writes them by their EL12 names when a vCPU is
/// loaded, before VTTBR_EL2 (<c>kvm_vcpu_load_vhe</c>).
/// </summary>
internal sealed class HeldWrites(RegimeSelector selector)
{
    private readonly Dictionary<int, List<HeldWrite>> _ofHost = [];
    private readonly Dictionary<int, List<HeldWrite>> _ofGuest = [];

    /// <summary>True while a CPU has writes that may be its host's.</summary>
    public bool Any(int cpu) => _ofHost.Count > 0 && _ofHost.ContainsKey(cpu);

    /// <summary>Takes a write, where it may be for a guest that the CPU does not run yet.</summary>
    public bool Take(string register, ulong value, ProcessingElement cpu, in StoreContext writer)
    {
        if (selector.HypervisorOf(cpu) is not { } hypervisor || selector.RunsGuest(cpu))
        {
            return false;
        }

        var held = register.EndsWith("_el12", StringComparison.Ordinal) && hypervisor.HostAtEl2 ? _ofGuest
            : register.EndsWith("_el1", StringComparison.Ordinal) && !hypervisor.HostAtEl2 ? _ofHost
            : null;
        if (held is null)
        {
            return false;
        }

        if (!held.TryGetValue(cpu.Cpu, out var writes))
        {
            held.Add(cpu.Cpu, writes = []);
        }

        if (ReferenceEquals(held, _ofGuest))
        {
            // A vCPU may be loaded many times before it is entered.
            writes.RemoveAll(write => write.Register == register);
        }

        writes.Add(new HeldWrite(register, value, writer));
        return true;
    }

    /// <summary>The CPU goes on as it is, or enters a guest: the writes that are for what it runs now, in their order.</summary>
    public IReadOnlyList<HeldWrite> Release(ProcessingElement cpu)
    {
        List<HeldWrite> released = [];
        if (_ofHost.Remove(cpu.Cpu, out var writes))
        {
            released.AddRange(writes);
        }

        if (selector.RunsGuest(cpu) && _ofGuest.Remove(cpu.Cpu, out var restored))
        {
            released.AddRange(restored);
        }

        return released;
    }
}
