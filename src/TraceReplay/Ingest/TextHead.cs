namespace TraceReplay.Ingest;

/// <summary>Looks through the first lines of a source for a sign of its format.</summary>
internal static class TextHead
{
    internal delegate bool LineTest(ReadOnlySpan<byte> line);

    /// <summary>True when a whole line of the head passes; the last one may be cut and counts only if it is the only one.</summary>
    public static bool AnyLine(ReadOnlySpan<byte> head, LineTest test)
    {
        while (!head.IsEmpty)
        {
            var feed = head.IndexOf((byte)'\n');
            var line = feed < 0 ? head : head[..feed];
            if (test(line.TrimEnd((byte)'\r')))
            {
                return true;
            }

            head = feed < 0 ? default : head[(feed + 1)..];
        }

        return false;
    }

    /// <summary>True when a line is an event of this style.</summary>
    public static bool AnyEvent(ReadOnlySpan<byte> head, TaskStyle style) =>
        AnyLine(head, line => FtraceLineTokenizer.Tokenize(line, style, out var tokens) == NumberResult.Ok && !tokens.Event.IsEmpty);
}
