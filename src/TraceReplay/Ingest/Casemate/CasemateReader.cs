namespace TraceReplay.Ingest.Casemate;

/// <summary>Logs of casemate, the run-time checker for pKVM's tables: one s-expression a record, on one line or several.</summary>
public sealed class CasemateReader : ITraceReader
{
    public string Name => "casemate";

    public bool Recognises(ReadOnlySpan<byte> head) => TextHead.AnyLine(head, BeginsRecord);

    /// <remarks>The number of a record stands for its time, and a record of several lines is at the last of them.</remarks>
    public TextSummary Read(Stream text, ReadSession session) => new CasemateTextParser(text, session).Run();

    /// <summary>
    /// True for the start of a record: <c>(barrier (id 9) ...</c>, <c>(barrier 4 1 ...</c>, or <c>(barrier</c> alone where each argument
    /// has a line of its own.
    /// </summary>
    internal static bool BeginsRecord(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] != (byte)'(')
        {
            return false;
        }

        var end = line.IndexOfAny(" \t)"u8);
        return CasemateEvents.IsName(end < 0 ? line[1..] : line[1..end]);
    }
}
