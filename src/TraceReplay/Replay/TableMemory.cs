namespace TraceReplay.Replay;

/// <summary>Physical memory as far as it holds tables.</summary>
internal sealed class TableMemory
{
    private readonly Dictionary<ulong, TableFrame> _frames = [];
    private TableFrame? _lastFrame;

    /// <summary>The frame of a physical address, made on first use.</summary>
    public TableFrame Frame(ulong pa)
    {
        var page = pa >> TableFrame.Shift;
        if (_lastFrame is { } last && last.Base >> TableFrame.Shift == page)
        {
            return last;
        }

        if (!_frames.TryGetValue(page, out var frame))
        {
            frame = new TableFrame(page << TableFrame.Shift);
            _frames.Add(page, frame);
        }

        _lastFrame = frame;
        return frame;
    }

    /// <summary>The frame of a physical address, or null when nothing is known of it.</summary>
    public TableFrame? FindFrame(ulong pa) => _frames.GetValueOrDefault(pa >> TableFrame.Shift);

    /// <summary>Collects the known frames that overlap a run of bytes. A run that no memory is large enough for costs no more than what is known.</summary>
    public void CollectFrames(ulong start, ulong bytes, List<TableFrame> into)
    {
        var first = start >> TableFrame.Shift;
        var last = (start + bytes - 1) >> TableFrame.Shift;
        if (last - first < (ulong)_frames.Count)
        {
            for (var page = first; page <= last; page++)
            {
                if (_frames.TryGetValue(page, out var frame))
                {
                    into.Add(frame);
                }
            }

            return;
        }

        foreach (var (page, frame) in _frames)
        {
            if (page >= first && page <= last)
            {
                into.Add(frame);
            }
        }

        into.Sort((left, right) => left.Base.CompareTo(right.Base));
    }

    /// <summary>Value at a physical address, or null when the trace does not tell it.</summary>
    public ulong? ValueAt(ulong pa)
    {
        if (FindFrame(pa) is not { } frame)
        {
            return null;
        }

        var index = TableFrame.IndexOf(pa);
        return frame.IsKnown(index) ? frame[index] : null;
    }

    /// <summary>The frames of a table, in address order.</summary>
    public TableFrame[] FramesOf(ulong tableBase, int entries)
    {
        var first = tableBase >> TableFrame.Shift;
        var last = (tableBase + ((ulong)entries << 3) - 1) >> TableFrame.Shift;
        var frames = new TableFrame[last - first + 1];
        for (var i = 0; i < frames.Length; i++)
        {
            frames[i] = Frame((first + (ulong)i) << TableFrame.Shift);
        }

        return frames;
    }
}
