namespace TraceReplay.Ingest.Tarmac;

/// <summary>Tarmac traces: every instruction, register write and memory access, as Fast Models, gem5 and RTL of Arm's CPUs print them.</summary>
public sealed class TarmacReader : ITraceReader
{
    internal const string FormatName = "tarmac";

    public string Name => FormatName;

    public bool Recognises(ReadOnlySpan<byte> head) => TextHead.AnyLine(head, IsOfTarmac);

    public TextSummary Read(Stream text, ReadSession session)
    {
        if (session.Carried is TarmacGroup.Member member)
        {
            return member.Read(text);
        }

        // Registers, memory and tables are those that the piece before left.
        var state = session.Carried as TarmacState ?? new TarmacState(session);
        session.Carried = state;
        return new TarmacTextParser(text, session, state).Run();
    }

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
