namespace TraceReplay.Replay;

/// <summary>Takes in the tables that a trace tells: they hold nothing but what is told, and what their pages were before has ended.</summary>
/// <remarks>
/// A tracer tells a table when it becomes known. One that is told again, or at another level, while its tree is one of which no TLB holds
/// anything any more was given back in between without a word: early boot clears its tables with the MMU off and fills them anew. What
/// stood there was of the former tree, and so were the tables below.
/// </remarks>
internal sealed class ToldTables(MachineState machine)
{
    private readonly List<TableUse> _former = [];
    private readonly List<TableFrame> _frames = [];

    /// <summary>A table is told.</summary>
    /// <param name="tableBase">Physical address.</param>
    /// <param name="level">Lookup level.</param>
    /// <param name="entries">Number of descriptors.</param>
    /// <param name="seq">The event.</param>
    public void Told(ulong tableBase, int level, int entries, long seq)
    {
        foreach (var use in machine.Memory.Frame(tableBase).Uses)
        {
            if ((use.Level != level || use.IsTold) && use.Holds(tableBase) && !use.IsStaleLinked && use.Space is { IsRooted: true, IsLive: false })
            {
                _former.Add(use);
            }
        }

        if (_former.Count > 0)
        {
            EndFormer(tableBase, entries, seq);
        }

        foreach (var use in machine.Memory.Frame(tableBase).Uses)
        {
            use.IsTold |= use.Base == tableBase && use.Level == level;
        }

        for (var pa = tableBase; pa < tableBase + ((ulong)entries << 3);)
        {
            var frame = machine.Memory.Frame(pa);
            var first = TableFrame.IndexOf(pa);
            var count = (int)Math.Min((ulong)(TableFrame.Entries - first), (tableBase + ((ulong)entries << 3) - pa) >> 3);
            frame.AssumeZero(first, count);
            pa += (ulong)count << 3;
        }
    }

    private void EndFormer(ulong tableBase, int entries, long seq)
    {
        foreach (var use in _former)
        {
            Collect(use);
            machine.Remove(use, seq);
        }

        _former.Clear();
        ForgetContent(tableBase, entries, seq);
        foreach (var below in _frames)
        {
            if (below.Uses.Length == 0)
            {
                below.Forget(0, TableFrame.Entries);
            }
        }

        _frames.Clear();
    }

    private void Collect(TableUse use)
    {
        _frames.AddRange(use.Frames);
        for (var child = use.FirstChild; child is not null; child = child.NextSibling)
        {
            Collect(child);
        }
    }

    // With what its descriptors led to where the page is linked by now.
    private void ForgetContent(ulong tableBase, int entries, long seq)
    {
        foreach (var frame in machine.Memory.FramesOf(tableBase, entries))
        {
            foreach (var use in frame.Uses)
            {
                for (var child = use.FirstChild; child is not null; child = child.NextSibling)
                {
                    if (child.StalePointer is null && child.ParentPa - tableBase < (ulong)entries << 3)
                    {
                        _former.Add(child);
                    }
                }
            }

            var start = Math.Max(tableBase, frame.Base);
            var end = Math.Min(tableBase + ((ulong)entries << 3), frame.Base + (1UL << TableFrame.Shift));
            frame.Forget(TableFrame.IndexOf(start), (int)((end - start) >> 3));
        }

        foreach (var child in _former)
        {
            machine.Remove(child, seq);
        }

        _former.Clear();
    }
}
