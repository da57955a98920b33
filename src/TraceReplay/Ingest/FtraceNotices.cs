using System.Text;

namespace TraceReplay.Ingest;

/// <summary>Lines of a text trace that are not events: headers, notices of lost events, stack traces.</summary>
internal static class FtraceNotices
{
    // 'CPU n', 'LOST' or 'DROPPED', 'EVENTS' and a number, in any order.
    private const int MostLostWords = 6;

    /// <summary>
    /// Reads a notice of lost events, whatever program worded it: <c>CPU:0 [LOST 875 EVENTS]</c> and <c>CPU:0 [LOST EVENTS]</c>
    /// (trace_pipe), <c>CPU:1 [123 EVENTS DROPPED]</c> and <c>CPU:1 [EVENTS DROPPED]</c> (trace-cmd),
    /// <c>[CPU 1: LOST 12 EVENTS]</c>, <c>LOST 12 events!</c> (perf). The CPU is null when it names none.
    /// </summary>
    public static bool IsLostEvents(ReadOnlySpan<byte> line, out int? cpu, out long? count)
    {
        (cpu, count) = (null, null);
        var isPerf = line.StartsWith("LOST "u8) && line.EndsWith((byte)'!');
        bool hasVerb = false, hasNoun = false, hasNumber = false, isCpuNext = false;
        for (var words = 0; NextWord(ref line, out var word); words++)
        {
            if (words == MostLostWords)
            {
                return false;
            }

            if (isCpuNext)
            {
                if (TraceNumber.ParseInt(word, 0, FtraceLineTokenizer.HighestCpu, out var number) != NumberResult.Ok)
                {
                    return false;
                }

                (cpu, isCpuNext) = (number, false);
            }
            else if (!hasVerb && (Ascii.EqualsIgnoreCase(word, "lost"u8) || Ascii.EqualsIgnoreCase(word, "dropped"u8)))
            {
                hasVerb = true;
            }
            else if (!hasNoun && Ascii.EqualsIgnoreCase(word, "events"u8))
            {
                hasNoun = true;
            }
            else if (cpu is null && Ascii.EqualsIgnoreCase(word, "cpu"u8))
            {
                isCpuNext = true;
            }
            else if (!hasNumber && TraceNumber.Parse(word, out var lost) is var result && result != NumberResult.Malformed)
            {
                // More than can be counted are lost all the same.
                hasNumber = true;
                count = result == NumberResult.Ok && lost <= long.MaxValue ? (long)lost : null;
            }
            else
            {
                return false;
            }
        }

        // 'dropped events: 0' without a CPU is a line of the buffer's statistics.
        return hasVerb && hasNoun && (cpu is not null || isPerf);
    }

    /// <summary>Reads <c>PERF_RECORD_LOST lost 12</c>, which <c>perf script --show-lost-events</c> prints in place of an event.</summary>
    public static bool IsPerfLost(ReadOnlySpan<byte> text, out long? count)
    {
        count = null;
        if (!text.StartsWith("PERF_RECORD_LOST"u8))
        {
            return false;
        }

        var at = text.IndexOf(" lost "u8);
        if (at >= 0 && TraceNumber.Parse(text[(at + 6)..].Trim((byte)' '), out var lost) == NumberResult.Ok && lost <= long.MaxValue)
        {
            count = (long)lost;
        }

        return true;
    }

    /// <summary>
    /// Reads <c>##### CPU 1 buffer started ####</c>: the ring buffer of this CPU overwrote what it did before this line, while
    /// other CPUs' events of that time are there.
    /// </summary>
    public static bool IsBufferStart(ReadOnlySpan<byte> line, out int cpu)
    {
        cpu = 0;
        var prefix = "##### CPU "u8;
        var end = line.IndexOf(" buffer started"u8);
        return line.StartsWith(prefix) && end > prefix.Length &&
            TraceNumber.ParseInt(line[prefix.Length..end], 0, FtraceLineTokenizer.HighestCpu, out cpu) == NumberResult.Ok;
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

    // The next run of bytes that are neither blanks nor punctuation.
    private static bool NextWord(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> word)
    {
        var marks = " \t:[]!,."u8;
        rest = rest.TrimStart(marks);
        var end = rest.IndexOfAny(marks);
        word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return !word.IsEmpty;
    }
}
