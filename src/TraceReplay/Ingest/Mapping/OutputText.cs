namespace TraceReplay.Ingest.Mapping;

/// <summary>A text of an output: as written, with fields in braces, such as <c>{op}is</c>.</summary>
internal sealed class OutputText
{
    private readonly List<(byte[] Literal, int Slot)> _parts = [];

    /// <summary>Compiles it.</summary>
    /// <exception cref="ExpressionException">A brace is not closed, or a field is not known.</exception>
    public static OutputText Parse(string text, ExpressionScope scope)
    {
        var output = new OutputText();
        while (text.Length > 0)
        {
            var open = text.IndexOf('{', StringComparison.Ordinal);
            if (open < 0)
            {
                output._parts.Add((System.Text.Encoding.UTF8.GetBytes(text), -1));
                break;
            }

            var close = text.IndexOf('}', open);
            if (close < 0)
            {
                throw new ExpressionException($"expected '}}' behind '{text[open..]}'");
            }

            output._parts.Add((System.Text.Encoding.UTF8.GetBytes(text[..open]), -1));
            output._parts.Add(([], scope.Slot(text[(open + 1)..close])));
            text = text[(close + 1)..];
        }

        return output;
    }

    /// <summary>Appends the text for one event.</summary>
    /// <param name="fields">The event.</param>
    /// <param name="output">Where to.</param>
    /// <param name="isWord">True when blanks of a field would begin another key; they become underscores.</param>
    public void Write(EventFields fields, OutputBuffer output, bool isWord)
    {
        foreach (var (literal, slot) in _parts)
        {
            var text = slot < 0 ? literal : fields.Text(slot);
            foreach (var b in text)
            {
                output.Append(isWord && b is (byte)' ' or (byte)'\t' ? (byte)'_' : b);
            }
        }
    }
}
