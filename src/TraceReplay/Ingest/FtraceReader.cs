namespace TraceReplay.Ingest;

/// <summary><c>/sys/kernel/tracing/trace</c> and <c>trace_pipe</c>, with or without flags and a tgid column.</summary>
public sealed class FtraceReader : ITraceReader
{
    public string Name => "ftrace";

    public bool Recognises(ReadOnlySpan<byte> head) =>
        head.StartsWith("# tracer:"u8) || TextHead.AnyEvent(head, TaskStyle.Dash);

    public TextSummary Read(Stream text, ReadSession session) => new FtraceTextParser(text, session, TaskStyle.Dash).Run();
}
