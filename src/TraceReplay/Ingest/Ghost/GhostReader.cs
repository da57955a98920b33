namespace TraceReplay.Ingest.Ghost;

/// <summary>The console of pKVM with its ghost model: each step of the model as one line, between what else the console prints.</summary>
public sealed class GhostReader : ITraceReader
{
    public string Name => "pkvm-ghost";

    // 'W 0x.. 0x.. at FILE:LINE in FUNC' and its like: the place in the source is what no other format has.
    public bool Recognises(ReadOnlySpan<byte> head) =>
        TextHead.AnyLine(head, static line => GhostLine.TryParse(line, out var step) && GhostSteps.IsStep(step.Name) && !step.Source.IsEmpty);

    /// <remarks>A step is told by the CPU only where <c>ID: n; CPU: n;</c> stands before it; else all are taken to be of CPU 0.</remarks>
    public TextSummary Read(Stream text, ReadSession session) => new GhostTextParser(text, session).Run();
}
