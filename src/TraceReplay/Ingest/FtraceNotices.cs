namespace TraceReplay.Ingest;

/// <summary>Lines of a text trace that are not events: headers, notices of lost events, stack traces.</summary>
internal static class FtraceNotices
{
    /// <summary>
    /// Reads <c>CPU:0 [LOST 875 EVENTS]</c>, <c>CPU:0 [LOST EVENTS]</c> (trace_pipe), <c>CPU:1 [123 EVENTS DROPPED]</c> and
    /// <c>CPU:1 [EVENTS DROPPED]</c> (trace-cmd).
    /// </summary>
    public static bool IsLostEvents(ReadOnlySpan<byte> line, out int cpu, out long? count)
    {
        cpu = 0;
        count = null;
        line = line.Trim((byte)' ');
        if (!line.StartsWith("CPU:"u8) || line[^1] != (byte)']')
        {
            return false;
        }

        var open = line.IndexOf((byte)'[');
        if (open < 0 || TraceNumber.ParseInt(line[4..open].TrimEnd((byte)' '), 0, FtraceLineTokenizer.HighestCpu, out cpu) != NumberResult.Ok)
        {
            return false;
        }

        var text = line[(open + 1)..^1];
        ReadOnlySpan<byte> number;
        if (text.StartsWith("LOST"u8) && text.EndsWith("EVENTS"u8))
        {
            number = text.Length > 10 ? text[4..^6] : default;
        }
        else if (text.EndsWith("EVENTS DROPPED"u8))
        {
            number = text[..^14];
        }
        else
        {
            return false;
        }

        number = number.Trim((byte)' ');
        if (!number.IsEmpty)
        {
            if (TraceNumber.Parse(number, out var lost) != NumberResult.Ok || lost > long.MaxValue)
            {
                return false;
            }

            count = (long)lost;
        }

        return true;
    }

    /// <summary>Reads <c># entries-in-buffer/entries-written: 12477/55803   #P:2</c>.</summary>
    public static bool IsBufferHeader(ReadOnlySpan<byte> line, out long inBuffer, out long written, out int cpuCount)
    {
        (inBuffer, written, cpuCount) = (0, 0, 0);
        var prefix = "# entries-in-buffer/entries-written:"u8;
        if (!line.StartsWith(prefix))
        {
            return false;
        }

        var rest = line[prefix.Length..].Trim((byte)' ');
        var cpus = rest.IndexOf("#P:"u8);
        if (cpus >= 0)
        {
            _ = TraceNumber.ParseInt(rest[(cpus + 3)..], 0, FtraceLineTokenizer.HighestCpu + 1, out cpuCount);
            rest = rest[..cpus].TrimEnd((byte)' ');
        }

        var slash = rest.IndexOf((byte)'/');
        if (slash < 0 || TraceNumber.Parse(rest[..slash], out var a) != NumberResult.Ok ||
            TraceNumber.Parse(rest[(slash + 1)..], out var b) != NumberResult.Ok || Math.Max(a, b) > long.MaxValue)
        {
            return false;
        }

        (inBuffer, written) = ((long)a, (long)b);
        return true;
    }

    /// <summary>Reads <c>cpus=2</c>, the first line of <c>trace-cmd report</c>.</summary>
    public static bool IsCpuCount(ReadOnlySpan<byte> line, out int cpuCount)
    {
        cpuCount = 0;
        return line.StartsWith("cpus="u8) &&
            TraceNumber.ParseInt(line[5..].TrimEnd((byte)' '), 0, FtraceLineTokenizer.HighestCpu + 1, out cpuCount) == NumberResult.Ok;
    }

    /// <summary>A line that belongs to the trace's head and tells nothing: <c>CPU 1 is empty</c>, <c>version = 7</c>.</summary>
    public static bool IsPreamble(ReadOnlySpan<byte> line) =>
        (line.StartsWith("CPU "u8) && line.EndsWith("is empty"u8)) || line.StartsWith("version = "u8) || line.StartsWith("version="u8);

    /// <summary>
    /// A line of a stack trace below an event: <c> => func</c> in ftrace, <c>    ffff800080012345 func+0x10 ([kernel.kallsyms])</c>
    /// in perf script.
    /// </summary>
    public static bool IsStackFrame(ReadOnlySpan<byte> line)
    {
        var text = line.TrimStart(" \t"u8);
        if (text.StartsWith("=> "u8))
        {
            return true;
        }

        var address = text.IndexOf((byte)' ');
        return text.Length < line.Length && address > 0 && text[^1] == (byte)')' && !text[..address].ContainsAnyExcept(TraceNumber.HexCharacters);
    }
}
