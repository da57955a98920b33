namespace TraceReplay.Ingest.Ghost;

/// <summary>One line of the console, without what stands around it.</summary>
/// <remarks>
/// <c>[   12.345678] ***ID: 5; CPU: 1; W 0x........eaa8edc8 0x.............400 at FILE:LINE in FUNC***</c>: the time of the kernel's log,
/// the marks or escape sequences of colours, and the number and CPU of the step may each be missing. The first digits of numbers are
/// printed as dots where they are zero.
/// </remarks>
internal ref struct GhostLine
{
    private const int MaxDigits = 16;

    // In place of a colour, before and behind a line.
    private static ReadOnlySpan<byte> Mark => "***"u8;

    private static ReadOnlySpan<byte> Envelope => "***ID:"u8;

    /// <summary>Nanoseconds, where the kernel's log tells them.</summary>
    public long? Time { get; private set; }

    /// <summary>Number of the step, where told.</summary>
    public ulong? Id { get; private set; }

    /// <summary>True where the number of a step is begun, behind a mark, or is there: the line is one of a step.</summary>
    public bool HasEnvelope { get; private set; }

    /// <summary>True where a mark or a colour stands before the line.</summary>
    public bool IsMarked { get; private set; }

    /// <summary>True where the words of the step end: the place in the source is begun.</summary>
    public bool HasPlace { get; private set; }

    /// <summary>True where another step is begun within the line, whose end of line was lost.</summary>
    public bool HasSecond { get; private set; }

    /// <summary>CPU, where told.</summary>
    public int? Cpu { get; private set; }

    /// <summary>The line without all that, the words of the step.</summary>
    public ReadOnlySpan<byte> Text { get; private set; }

    /// <summary>First word of the step.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The words between the name and the place in the source.</summary>
    public ReadOnlySpan<byte> Arguments { get; private set; }

    /// <summary><c>FILE:LINE</c>, or empty.</summary>
    public ReadOnlySpan<byte> Source { get; private set; }

    /// <summary>Splits a line; false for an empty one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out GhostLine parsed)
    {
        parsed = default;
        var text = StripColour(line).TrimEnd(" \t"u8);
        text = text[parsed.TakeTime(text)..];
        text = text.TrimStart((byte)' ');

        // What another writer printed may stand before it.
        var envelope = text.IndexOf(Envelope);
        text = envelope > 0 ? text[envelope..] : text;
        parsed.HasSecond = envelope >= 0 && text[Envelope.Length..].IndexOf(Envelope) >= 0;
        parsed.IsMarked = text.StartsWith(Mark) || line.IndexOf((byte)0x1b) >= 0;
        text = StripMarks(text).TrimStart((byte)' ');
        var isWhole = parsed.TakeHeader(text, out var header);
        parsed.HasEnvelope = parsed.Id is not null || (parsed.IsMarked && text.StartsWith("ID:"u8));
        if (!isWhole || header == text.Length)
        {
            parsed.Text = text;
            return parsed.HasEnvelope || !text.IsEmpty;
        }

        text = text[header..].TrimStart((byte)' ');
        parsed.Text = text;
        var at = text.IndexOf(" at "u8);
        var step = at < 0 ? text : text[..at];
        parsed.HasPlace = at >= 0;
        if (parsed.HasPlace)
        {
            var place = text[(at + 4)..];
            var end = place.IndexOf(" in "u8);
            parsed.Source = end < 0 ? default : place[..end];
        }

        var space = step.IndexOf((byte)' ');
        parsed.Name = space < 0 ? step : step[..space];
        parsed.Arguments = space < 0 ? default : step[(space + 1)..];
        return true;
    }

    /// <summary>Reads a number: hex, its leading zeros perhaps printed as dots, with or without <c>0x</c>.</summary>
    public static bool Number(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        var digits = text.StartsWith("0x"u8) ? text[2..] : text;
        digits = digits.TrimStart((byte)'.');
        return digits.Length <= MaxDigits && (digits.IsEmpty ? text.IndexOf((byte)'.') >= 0 : TraceNumber.ParseBareHex(digits, out value) == NumberResult.Ok);
    }

    // '[  162.133816] ' of the kernel's log.
    private int TakeTime(scoped ReadOnlySpan<byte> text)
    {
        const long nanosecondsPerMicrosecond = 1000;
        if (text.IsEmpty || text[0] != (byte)'[')
        {
            return 0;
        }

        var end = text.IndexOf((byte)']');
        var dot = text.IndexOf((byte)'.');
        if (end < 0 || dot < 0 || dot > end
            || TraceNumber.ParseInt(text[1..dot].TrimStart((byte)' '), 0, int.MaxValue, out var seconds) != NumberResult.Ok
            || TraceNumber.ParseInt(text[(dot + 1)..end], 0, 999_999, out var microseconds) != NumberResult.Ok)
        {
            return 0;
        }

        Time = ((seconds * 1_000_000L) + microseconds) * nanosecondsPerMicrosecond;
        return end + 1;
    }

    // 'ID: 5; CPU: 1; '; false where it is begun and not of that shape.
    private bool TakeHeader(scoped ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        if (!text.StartsWith("ID:"u8))
        {
            return true;
        }

        var first = text.IndexOf((byte)';');
        var rest = first < 0 ? default : text[(first + 1)..].TrimStart((byte)' ');
        var second = rest.IndexOf((byte)';');
        if (second < 0 || !rest.StartsWith("CPU:"u8)
            || TraceNumber.Parse(text[3..first].Trim((byte)' '), out var id) != NumberResult.Ok
            || TraceNumber.ParseInt(rest[4..second].Trim((byte)' '), 0, FtraceLineTokenizer.HighestCpu, out var cpu) != NumberResult.Ok)
        {
            return false;
        }

        (Id, Cpu) = (id, cpu);
        length = text.Length - rest.Length + second + 1;
        return true;
    }

    private static ReadOnlySpan<byte> StripMarks(ReadOnlySpan<byte> text)
    {
        text = text.StartsWith(Mark) ? text[Mark.Length..] : text;
        return text.EndsWith(Mark) ? text[..^Mark.Length] : text;
    }

    // Escape sequences end with a letter; a terminal's stand at both ends of a line and, in differences, within it.
    private static ReadOnlySpan<byte> StripColour(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf((byte)0x1b) < 0)
        {
            return line;
        }

        var plain = new byte[line.Length];
        var length = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != 0x1b)
            {
                plain[length++] = line[i];
                continue;
            }

            while (i + 1 < line.Length && !char.IsAsciiLetter((char)line[i]))
            {
                i++;
            }
        }

        return plain.AsSpan(0, length);
    }
}
