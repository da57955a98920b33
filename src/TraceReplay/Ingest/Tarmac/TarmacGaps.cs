using System.Text;

namespace TraceReplay.Ingest.Tarmac;

/// <summary>Signs that a trace has accesses or instructions in a form that is not read: kinds of records like them, stores without a record.</summary>
internal sealed class TarmacGaps
{
    // Names kept; a damaged trace can have a new one on every line.
    private const int MostKinds = 100;
    private const int LongestKind = 12;

    private readonly HashSet<string> _kinds = [];
    private (TarmacSource Source, long Line)? _store;
    private bool _hasStores;

    /// <summary>Looks at a record of no known kind: a row a kind, a count for each.</summary>
    public void ReadUnknown(in TarmacLine line, LineContext context, ReadSession session)
    {
        if (!LooksLikeAccess(line))
        {
            return;
        }

        var kind = Encoding.ASCII.GetString(line.Type);
        if (_kinds.Count < MostKinds && _kinds.Add(kind))
        {
            context.Report(
                ImportProblems.UnknownRecord,
                $"{kind}: expected IT, IS, IF or ES for an instruction, R for a register, MW8, MR8, W08, R08, ST or LD for an access; records of this kind are left out");
        }
        else
        {
            session.Problems.AddRepeat(ImportProblems.UnknownRecord);
        }
    }

    /// <summary>A record of a store was read.</summary>
    public void ReadStore() => _hasStores = true;

    /// <summary>An A64 instruction was executed.</summary>
    /// <param name="opcode">Its encoding.</param>
    /// <param name="output">Stands at its line.</param>
    public void ReadInstruction(uint opcode, TarmacOutput output)
    {
        if (_store is null && !_hasStores && Stores(opcode))
        {
            _store = (output.Source, output.Number);
        }
    }

    /// <summary>The source has ended: reports, once, that no store of it was told.</summary>
    public void Finish(TarmacOutput output)
    {
        if (_store is { } store && !_hasStores)
        {
            // Told once, also where more pieces follow.
            _hasStores = true;
            output.Source = store.Source;
            store.Source.Session.Problems.Add(
                ImportProblems.NoStoreTraced, store.Line, "expected records of stores, such as MW8, W08 or ST: this instruction stores, and no store is told in the trace", default);
        }
    }

    // Upper-case words behind a time, or before a number; prose is neither. The x of 'MWx' is where others have the size.
    private static bool LooksLikeAccess(in TarmacLine line)
    {
        var kind = line.Type;
        var rest = line.Rest.TrimStart((byte)' ');
        return kind.Length is >= 2 and <= LongestKind
            && !rest.IsEmpty && (char.IsAsciiHexDigit((char)rest[0]) || rest[0] == (byte)'(' || line.HasTime)
            && !kind[..^1].ContainsAnyInRange((byte)'a', (byte)'z')
            && (kind[0] == (byte)'R' || kind[..2] is [(byte)'M', (byte)'W' or (byte)'R'] or [(byte)'I', (byte)'T' or (byte)'S']
                or [(byte)'E', (byte)'S'] or [(byte)'S', (byte)'T'] or [(byte)'L', (byte)'D']);
    }

    // STP and STR of general registers in their common forms (DDI 0487 C4.1, loads and stores): those that surely store.
    private static bool Stores(uint opcode) =>
        (opcode & 0x3e40_0000) == 0x2800_0000 || (opcode & 0x3fc0_0000) == 0x3900_0000 || (opcode & 0x3fe0_0000) == 0x3800_0000;
}
