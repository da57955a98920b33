using TraceReplay.Arm;
using TraceReplay.Events;

namespace TraceReplay.Replay;

/// <summary>Decodes a TLBI as it is executed: whose entries it drops, how far it reaches, and which addresses it names.</summary>
internal sealed class TlbiDecoder(MachineState machine, RegimeSelector selector)
{
    /// <summary>Decodes an instruction.</summary>
    public TlbiEvent Decode(in TlbiInstruction e, TlbiOperation operation, ProcessingElement cpu)
    {
        var target = selector.TargetOf(operation, cpu);
        return new TlbiEvent(
            e.Header, operation, target, selector.ReachOf(operation, cpu), e.Operand, DecodeOperand(operation, target, e.Operand, cpu), e.Pc ?? 0);
    }

    // By the TCR of the CPU that issues it: another may be in a guest, or in the middle of changing its own.
    private TlbiOperand DecodeOperand(TlbiOperation operation, in TlbiTarget target, ulong operand, ProcessingElement cpu)
    {
        var regime = operation.Method == TlbiMethod.Ipa ? TranslationRegime.Stage2 : target.Stage1 ?? machine.Configuration.Host;
        if (regime == TranslationRegime.El1 && selector.RunsGuest(cpu))
        {
            regime = TranslationRegime.El1Guest;
        }

        var control = cpu.Registers(regime).Control ?? machine.Configuration.Control(regime);
        var asid = (ushort)(operand >> 48);
        var tooWide = control is { Asid16: false } && asid > 0xff;
        switch (operation.Method)
        {
            case TlbiMethod.Address or TlbiMethod.AddressAnyAsid or TlbiMethod.Ipa:
                // The top bit of the address in the operand tells the half.
                var half = RootSlot.Halves(regime) == 2 ? (int)(operand >> (operation.IsRange ? 36 : 43)) & 1 : 0;
                var granule = control?.GranuleOf(half) ?? machine.Configuration.Granule;
                var decoded = TlbiOperand.Decode(operation, operand, granule, control?.Ds ?? (regime == machine.Configuration.Host && machine.Configuration.AssumedDs), machine.Configuration.HasTtl);
                return tooWide && operation.Method == TlbiMethod.Address && decoded.Defect == TlbiDefect.None
                    ? decoded with { Defect = TlbiDefect.AsidTooWide }
                    : decoded;
            case TlbiMethod.Asid:
                return new TlbiOperand(0, ulong.MaxValue, asid, null, tooWide ? TlbiDefect.AsidTooWide : TlbiDefect.None);
            default:
                return new TlbiOperand(0, ulong.MaxValue, 0, null, TlbiDefect.None);
        }
    }
}
