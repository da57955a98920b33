namespace TraceReplay.Ingest;

/// <summary>The text of <c>perf script</c>: task and pid apart, events with the name of their system.</summary>
public sealed class PerfScriptReader : ITraceReader
{
    public string Name => "perf-script";

    public bool Recognises(ReadOnlySpan<byte> head) => TextHead.AnyEvent(head, TaskStyle.Space);

    public TextSummary Read(Stream text, ReadSession session) => new FtraceTextParser(text, session, TaskStyle.Space).Run();
}
