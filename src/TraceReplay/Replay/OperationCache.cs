using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>Decoded TLBIs and barriers by name id, so that each name is looked up once.</summary>
internal sealed class OperationCache(NameTable names)
{
    private readonly List<(bool Known, TlbiOperation? Operation)> _tlbis = [];
    private readonly List<(bool Known, BarrierOperation? Operation)> _barriers = [];

    public TlbiOperation? Tlbi(int name)
    {
        while (_tlbis.Count <= name)
        {
            _tlbis.Add((false, null));
        }

        if (!_tlbis[name].Known)
        {
            _tlbis[name] = (true, TlbiOperations.Find(names.Name(name)));
        }

        return _tlbis[name].Operation;
    }

    public BarrierOperation? Barrier(int name)
    {
        while (_barriers.Count <= name)
        {
            _barriers.Add((false, null));
        }

        if (!_barriers[name].Known)
        {
            _barriers[name] = (true, BarrierOperation.Find(names.Name(name)));
        }

        return _barriers[name].Operation;
    }
}
