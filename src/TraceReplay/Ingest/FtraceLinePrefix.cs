namespace TraceReplay.Ingest;

/// <summary>
/// Cuts lines as <see cref="FtraceLineTokenizer"/> does, and remembers what the last one began with: the task, the CPU and the flags, up
/// to the time. Nine lines of ten begin as the one before.
/// </summary>
internal sealed class FtraceLinePrefix(TaskStyle style)
{
    private byte[] _line = [];
    private int _length;
    private int _windowEnd;
    private Range _comm;
    private int _pid;
    private int _cpu;

    /// <summary>Cuts a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="tokens">Its parts.</param>
    public NumberResult Tokenize(ReadOnlySpan<byte> line, out FtraceLine tokens)
    {
        if (_length > 0 && line.StartsWith(_line.AsSpan(0, _length)) && TokenizeRest(line, out tokens))
        {
            return NumberResult.Ok;
        }

        var result = FtraceLineTokenizer.Tokenize(line, style, out tokens);
        Remember(line, result, in tokens);
        return result;
    }

    // Behind the prefix, a bracket within the window can be the CPU column after all, and what was taken for it part of the name.
    private bool TokenizeRest(ReadOnlySpan<byte> line, out FtraceLine tokens)
    {
        tokens = default;
        tokens.TimeAt = _length;
        if (_length < _windowEnd && line[_length..Math.Min(line.Length, _windowEnd)].Contains((byte)'['))
        {
            return false;
        }

        if (!FtraceLineTokenizer.TokenizeFromTime(line, style, ref tokens))
        {
            return false;
        }

        tokens.Comm = line[_comm];
        tokens.Pid = _pid;
        tokens.Cpu = _cpu;
        return true;
    }

    private void Remember(ReadOnlySpan<byte> line, NumberResult result, in FtraceLine tokens)
    {
        _length = 0;
        var prefix = line[..tokens.TimeAt];
        if (result != NumberResult.Ok || tokens.IsLatency || tokens.Comm.Length > FtraceLineTokenizer.LongestComm)
        {
            return;
        }

        var start = line.IndexOfAnyExcept((byte)' ');
        var windowEnd = start + FtraceLineTokenizer.LongestComm + FtraceLineTokenizer.LongestTaskColumns;
        var bracket = prefix.LastIndexOf((byte)'[');
        if (bracket < 0 || bracket >= windowEnd || !line.Overlaps(tokens.Comm, out var commAt))
        {
            return;
        }

        if (_line.Length < prefix.Length)
        {
            _line = new byte[2 * prefix.Length];
        }

        prefix.CopyTo(_line);
        _length = prefix.Length;
        _windowEnd = windowEnd;
        _comm = commAt..(commAt + tokens.Comm.Length);
        _pid = tokens.Pid;
        _cpu = tokens.Cpu;
    }
}
