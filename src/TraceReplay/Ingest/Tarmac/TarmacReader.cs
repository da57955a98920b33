namespace TraceReplay.Ingest.Tarmac;

/// <summary>Tarmac traces: every instruction, register write and memory access, as Fast Models, gem5 and RTL of Arm's CPUs print them.</summary>
public sealed class TarmacReader : ITraceReader
{
    public string Name => "tarmac";

    public bool Recognises(ReadOnlySpan<byte> head) => TextHead.AnyLine(head, IsOfTarmac);

    public TextSummary Read(Stream text, ReadSession session) => new TarmacTextParser(text, session).Run();

    // Lines of registers and memory alone are too short to tell the format by: an instruction is.
    private static bool IsOfTarmac(ReadOnlySpan<byte> line) =>
        line.StartsWith("Tarmac Text Rev"u8)
        || (TarmacLine.TryParse(line, out var parsed) && parsed.HasTime && parsed.Kind switch
        {
            TarmacKind.Instruction or TarmacKind.CycleInstruction => TarmacInstruction.TryParse(parsed, out _),
            TarmacKind.Register => parsed.HasUnit && TarmacRegister.TryParse(parsed.Rest, out _),
            TarmacKind.Store or TarmacKind.Load => parsed.HasUnit && TarmacAccess.TryParse(parsed.Type, parsed.Rest, out _),
            _ => false,
        });
}
