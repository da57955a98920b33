using System.Buffers;

namespace TraceReplay.Ingest;

/// <summary>
/// Cuts a text line into its header fields, event name and payload. Lines that occur:
/// <code>
///             init-1       [000] .....     1.130139: pgtable_write: level=3 pa=0x4083dc40 new=0x0
///             bash-1977    ( 1977) [000] d..2. 17284.993652: tlbi: op=vale1is arg=0x2c000ffff8a92f
///      kworker/0:1-ev-12   [000]   123.456789123: tlbi:                 op=vmalle1is
///             init-1       [001] .....            4: barrier: dsb ishst
/// init     1 [000]     1.130139: pgtrace:pgtable_write: level=3 pa=0x4083dc40 new=0x0
///     init-43      1.....     1.514726: pgtable_write:        level=3 pa=0x4083dc40 new=0x0
/// </code>
/// </summary>
internal static class FtraceLineTokenizer
{
    /// <summary>Highest CPU number accepted; more is taken for damage.</summary>
    public const int HighestCpu = 1023;

    /// <summary>Longest command name: the kernel's TASK_COMM_LEN is 16 with the terminating zero.</summary>
    public const int LongestComm = 15;

    /// <summary>Room after the command name for '-pid', a tgid column and their padding.</summary>
    public const int LongestTaskColumns = 48;

    // Four or five in released kernels.
    private const int LongestFlags = 10;

    // Names of kernel functions, which stand in place of the event in trace_printk lines, are shorter than 512.
    private const int LongestEvent = 512;

    private static readonly SearchValues<byte> TgidColumn = SearchValues.Create("0123456789- "u8);

    /// <summary>
    /// Cuts the line. A command name can itself look like a header ("a-1 [0] 1: b"), and so can a payload, so the CPU
    /// column is the last one that leaves a command name of a length the kernel allows.
    /// </summary>
    public static NumberResult Tokenize(ReadOnlySpan<byte> line, TaskStyle style, out FtraceLine tokens)
    {
        tokens = default;
        var start = line.IndexOfAnyExcept((byte)' ');
        if (start < 0)
        {
            return NumberResult.Malformed;
        }

        var result = TokenizeAtBracket(line, start, style, out tokens);
        var isDoubtful = result == NumberResult.Malformed || tokens.Comm.Length > LongestComm;
        if (isDoubtful && style == TaskStyle.Dash && TokenizeLatency(line, start, out var parts))
        {
            tokens = parts;
            return NumberResult.Ok;
        }

        return result;
    }

    private static NumberResult TokenizeAtBracket(ReadOnlySpan<byte> line, int start, TaskStyle style, out FtraceLine tokens)
    {
        tokens = default;
        var result = NumberResult.Malformed;
        var windowEnd = Math.Min(line.Length, start + LongestComm + LongestTaskColumns);
        for (var at = start; ; at++)
        {
            // Past the window only the first match counts: a command name longer than the kernel's is not doubted.
            var found = at < windowEnd ? line[at..windowEnd].IndexOf((byte)'[') : -1;
            if (found < 0)
            {
                if (result != NumberResult.Malformed)
                {
                    return result;
                }

                at = Math.Max(at, windowEnd);
                found = at < line.Length ? line[at..].IndexOf((byte)'[') : -1;
                if (found < 0)
                {
                    return result;
                }
            }

            at += found;
            var candidate = TokenizeAt(line, start, at, style, out var parts);
            if (candidate != NumberResult.Malformed && (result == NumberResult.Malformed || parts.Comm.Length <= LongestComm))
            {
                result = candidate;
                tokens = parts;
            }
        }
    }

    private static NumberResult TokenizeAt(ReadOnlySpan<byte> line, int start, int bracket, TaskStyle style, out FtraceLine parts)
    {
        parts = default;
        var rest = line[(bracket + 1)..];
        var digits = CountDigits(rest);
        if (digits == 0 || digits >= rest.Length || rest[digits] != (byte)']')
        {
            return NumberResult.Malformed;
        }

        if (!ReadTask(line[start..bracket], style, ref parts))
        {
            return NumberResult.Malformed;
        }

        var cpu = TraceNumber.ParseInt(rest[..digits], 0, HighestCpu, out parts.Cpu);
        rest = SkipBlanks(rest[(digits + 1)..]);
        parts.TimeAt = line.Length - rest.Length;
        var time = ReadTime(ref rest, out parts.Time, out parts.IsCounter);
        if (time == NumberResult.Malformed)
        {
            var flags = rest.IndexOf((byte)' ');
            if (flags is <= 0 or > LongestFlags)
            {
                return NumberResult.Malformed;
            }

            rest = SkipBlanks(rest[flags..]);
            parts.TimeAt = line.Length - rest.Length;
            time = ReadTime(ref rest, out parts.Time, out parts.IsCounter);
            if (time == NumberResult.Malformed)
            {
                return NumberResult.Malformed;
            }
        }

        ReadEvent(SkipTimeDifference(SkipBlanks(rest)), style, ref parts);
        return cpu != NumberResult.Ok ? cpu : time;
    }

    /// <summary>Cuts a line from its time on; false when there is none.</summary>
    /// <param name="line">The line.</param>
    /// <param name="style">How it spells its task.</param>
    /// <param name="parts">The parts; <see cref="FtraceLine.TimeAt"/> is given.</param>
    public static bool TokenizeFromTime(ReadOnlySpan<byte> line, TaskStyle style, ref FtraceLine parts)
    {
        var rest = line[parts.TimeAt..];
        if (ReadTime(ref rest, out parts.Time, out parts.IsCounter) != NumberResult.Ok)
        {
            return false;
        }

        ReadEvent(SkipTimeDifference(SkipBlanks(rest)), style, ref parts);
        return true;
    }

    // The latency form of trace-cmd report -l: the CPU and the flags are one word, and the time is that of the other forms
    // ('comm-pid 1d..1. 1.5: event:'). Again the last place that leaves a command name of a length the kernel allows.
    private static bool TokenizeLatency(ReadOnlySpan<byte> line, int start, out FtraceLine parts)
    {
        parts = default;
        var end = Math.Min(line.Length, start + LongestComm + 1);
        for (var dash = end - 1; dash >= start; dash--)
        {
            if (line[dash] != (byte)'-')
            {
                continue;
            }

            var rest = line[(dash + 1)..];
            var pid = CountDigits(rest);
            var blank = SkipBlanks(rest[pid..]);
            var cpu = CountDigits(blank);
            var word = blank.IndexOf((byte)' ');
            if (pid == 0 || blank.Length == rest.Length - pid || cpu == 0 || word - cpu is < 4 or > LongestFlags ||
                TraceNumber.ParseInt(rest[..pid], 0, int.MaxValue, out parts.Pid) != NumberResult.Ok ||
                TraceNumber.ParseInt(blank[..cpu], 0, HighestCpu, out parts.Cpu) != NumberResult.Ok)
            {
                continue;
            }

            var after = SkipBlanks(blank[word..]);
            parts.TimeAt = line.Length - after.Length;
            if (ReadTime(ref after, out parts.Time, out parts.IsCounter) == NumberResult.Ok)
            {
                parts.Comm = line[start..dash];
                parts.IsLatency = true;
                ReadEvent(SkipTimeDifference(SkipBlanks(after)), TaskStyle.Dash, ref parts);
                return true;
            }
        }

        return false;
    }

    // 'trace-cmd report --ts-diff' prints '(+511)' between the time and the event.
    private static ReadOnlySpan<byte> SkipTimeDifference(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("(+"u8))
        {
            return text;
        }

        var close = 2 + CountDigits(text[2..]);
        return close > 2 && close < text.Length && text[close] == (byte)')' ? SkipBlanks(text[(close + 1)..]) : text;
    }

    // From the right: blanks, an optional '( tgid)' column, the pid, the character that parts it from the command name.
    private static bool ReadTask(ReadOnlySpan<byte> text, TaskStyle style, ref FtraceLine parts)
    {
        var end = text.Length;
        if (end == 0 || text[end - 1] != (byte)' ')
        {
            return false;
        }

        text = text.TrimEnd((byte)' ');
        if (text.Length > 0 && text[^1] == (byte)')')
        {
            var open = text.LastIndexOf((byte)'(');
            if (open < 0 || text[(open + 1)..^1].ContainsAnyExcept(TgidColumn))
            {
                return false;
            }

            text = text[..open].TrimEnd((byte)' ');
        }

        var pidStart = text.Length;
        while (pidStart > 0 && IsDigit(text[pidStart - 1]))
        {
            pidStart--;
        }

        if (pidStart == text.Length || (pidStart == 0 && style == TaskStyle.Dash) ||
            TraceNumber.ParseInt(text[pidStart..], 0, int.MaxValue, out parts.Pid) != NumberResult.Ok)
        {
            return false;
        }

        var before = text[..pidStart];
        if (style == TaskStyle.Dash)
        {
            parts.Comm = before[..^1];
            return before[^1] == (byte)'-';
        }

        // perf script without the field comm.
        if (before.IsEmpty)
        {
            return true;
        }

        // perf script -F pid,tid prints 'pid/tid'; the thread is what ftrace calls pid.
        if (before[^1] == (byte)'/')
        {
            before = before[..^1].TrimEnd("0123456789"u8);
        }
        else if (before[^1] == (byte)'-')
        {
            parts.Pid = -parts.Pid;
            before = before[..^1];
        }

        parts.Comm = before.TrimEnd((byte)' ');
        return before.IsEmpty || before[^1] == (byte)' ';
    }

    // 'seconds.fraction:' or 'count:'.
    private static NumberResult ReadTime(ref ReadOnlySpan<byte> rest, out long time, out bool isCounter)
    {
        time = 0;
        isCounter = false;
        var whole = CountDigits(rest);
        if (whole == 0 || whole >= rest.Length)
        {
            return NumberResult.Malformed;
        }

        if (rest[whole] == (byte)':')
        {
            var result = TraceNumber.Parse(rest[..whole], out var ticks);
            time = (long)ticks;
            isCounter = true;
            rest = rest[(whole + 1)..];
            return result == NumberResult.Ok && ticks > long.MaxValue ? NumberResult.OutOfRange : result;
        }

        if (rest[whole] != (byte)'.')
        {
            return NumberResult.Malformed;
        }

        var fraction = rest[(whole + 1)..];
        var digits = CountDigits(fraction);
        if (digits is 0 or > 9 || digits >= fraction.Length || fraction[digits] != (byte)':')
        {
            return NumberResult.Malformed;
        }

        var nanoseconds = 0L;
        for (var i = 0; i < 9; i++)
        {
            nanoseconds = (nanoseconds * 10) + (i < digits ? fraction[i] - '0' : 0);
        }

        var parsed = TraceNumber.Parse(rest[..whole], out var seconds);
        rest = fraction[(digits + 1)..];
        if (parsed != NumberResult.Ok || seconds > (long.MaxValue / 1_000_000_000) - 1)
        {
            return NumberResult.OutOfRange;
        }

        time = ((long)seconds * 1_000_000_000) + nanoseconds;
        return NumberResult.Ok;
    }

    private static void ReadEvent(ReadOnlySpan<byte> text, TaskStyle style, ref FtraceLine parts)
    {
        if (style == TaskStyle.Space)
        {
            // A sampled tracepoint has its period before the name.
            var period = CountDigits(text);
            if (period > 0 && period < text.Length && text[period] == (byte)' ')
            {
                text = SkipBlanks(text[period..]);
            }

            var system = text.IndexOf((byte)':');
            if (system > 0 && system + 1 < text.Length && text[system + 1] != (byte)' ' && text[(system + 1)..].Contains((byte)':'))
            {
                text = text[(system + 1)..];
            }
        }

        parts.Payload = text;
        var colon = text[..Math.Min(text.Length, LongestEvent)].IndexOf((byte)':');

        // 'function [module]' is the only name with a blank: trace_printk prints it in place of an event.
        if (colon > 0 && (!text[..colon].Contains((byte)' ') || text[colon - 1] == (byte)']'))
        {
            parts.Event = text[..colon];
            parts.Payload = SkipBlanks(text[(colon + 1)..]);
        }

        parts.Payload = parts.Payload.TrimEnd((byte)' ');
    }

    private static ReadOnlySpan<byte> SkipBlanks(ReadOnlySpan<byte> text)
    {
        var i = 0;
        while ((uint)i < (uint)text.Length && text[i] == (byte)' ')
        {
            i++;
        }

        return text[i..];
    }

    private static int CountDigits(ReadOnlySpan<byte> text)
    {
        var i = 0;
        while ((uint)i < (uint)text.Length && IsDigit(text[i]))
        {
            i++;
        }

        return i;
    }

    private static bool IsDigit(byte b) => (uint)(b - '0') <= 9;
}
