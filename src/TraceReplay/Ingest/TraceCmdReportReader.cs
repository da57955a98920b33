namespace TraceReplay.Ingest;

/// <summary>The text of <c>trace-cmd report</c>: ftrace's lines with padded event names, after a line <c>cpus=N</c>.</summary>
public sealed class TraceCmdReportReader : ITraceReader
{
    public string Name => "trace-cmd-report";

    public bool Recognises(ReadOnlySpan<byte> head) => TextHead.AnyLine(head, IsCpusLine);

    public TextSummary Read(Stream text, ReadSession session) => new FtraceTextParser(text, session, TaskStyle.Dash).Run();

    private static bool IsCpusLine(ReadOnlySpan<byte> line) =>
        line.StartsWith("cpus="u8) && line.Length > 5 && !line[5..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
