using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Payloads of the kernel's own events: page allocator, scheduler, markers.</summary>
internal static class KernelPayloads
{
    // Far above the kernel's MAX_PAGE_ORDER; more is damage.
    private const int HighestOrder = 32;

    /// <summary><c>page=0000000089b05fb9 pfn=0x43815 order=0 migratetype=0 gfp_flags=GFP_ATOMIC</c></summary>
    public static void PageAlloc(ReadOnlySpan<byte> payload, LineContext context)
    {
        if (!ReadFrames(payload, context, "mm_page_alloc", needsOrder: true, out var frames))
        {
            return;
        }

        if (frames.Number == 0 && frames.HasNoPage)
        {
            // The event is also traced when the allocation failed.
            context.Skip("mm_page_alloc page=(null)"u8);
            return;
        }

        context.Sink.On(new PageAllocation(context.NextHeader(), IsFree: false, frames.Number, frames.Order));
    }

    /// <summary><c>page=0000000089b05fb9 pfn=0x43815 order=0</c></summary>
    public static void PageFree(ReadOnlySpan<byte> payload, LineContext context)
    {
        if (ReadFrames(payload, context, "mm_page_free", needsOrder: true, out var frames))
        {
            context.Sink.On(new PageAllocation(context.NextHeader(), IsFree: true, frames.Number, frames.Order));
        }
    }

    /// <summary><c>page=0000000089b05fb9 pfn=0x43815 order=0</c>; always single pages, older kernels print no order.</summary>
    public static void PageFreeBatched(ReadOnlySpan<byte> payload, LineContext context)
    {
        if (ReadFrames(payload, context, "mm_page_free_batched", needsOrder: false, out var frames))
        {
            context.Sink.On(new PageAllocation(context.NextHeader(), IsFree: true, frames.Number, frames.Order));
        }
    }

    /// <summary>
    /// <c>prev_comm=init prev_pid=1 prev_prio=120 prev_state=R ==> next_comm=kworker/0:1 next_pid=10 next_prio=120</c>, or what
    /// trace-cmd's plug-in makes of it: <c>init:1 [120] R ==> kworker/0:1:10 [120]</c>. Command names can hold blanks.
    /// </summary>
    public static void SchedSwitch(ReadOnlySpan<byte> payload, LineContext context)
    {
        var arrow = payload.IndexOf("==> next_comm="u8);
        if (arrow < 0)
        {
            arrow = payload.LastIndexOf(" ==> "u8);
        }

        if (arrow < 0 || !FindPid(payload[..arrow], " prev_pid="u8, out var previousText) ||
            !FindPid(payload[(arrow + 4)..], " next_pid="u8, out var nextText))
        {
            context.ReportMissing("sched_switch", "prev_pid= ==> next_pid=");
            return;
        }

        if (context.Required("prev_pid", previousText, 0, int.MaxValue, out var previous) &&
            context.Required("next_pid", nextText, 0, int.MaxValue, out var next))
        {
            context.Sink.On(new ContextSwitch(context.NextHeader(), previous, next));
        }
    }

    /// <summary>Free text. trace-cmd prints the function that wrote it in front: it is left out, so that all formats give one text.</summary>
    public static void Marker(ReadOnlySpan<byte> payload, LineContext context)
    {
        var writer = "tracing_mark_write: "u8;
        var text = payload.StartsWith(writer) ? payload[writer.Length..] : payload;
        context.Sink.On(new Marker(context.NextHeader(), context.Intern(text)));
    }

    private struct Frames
    {
        public ulong Number;
        public int Order;
        public bool HasNoPage;
    }

    private static bool ReadFrames(ReadOnlySpan<byte> payload, LineContext context, string name, bool needsOrder, out Frames frames)
    {
        frames = new Frames { HasNoPage = true };
        var hasNumber = false;
        var hasOrder = !needsOrder;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("pfn"u8))
            {
                hasNumber = context.Required("pfn", value, out frames.Number);
                if (!hasNumber)
                {
                    return false;
                }
            }
            else if (key.SequenceEqual("order"u8))
            {
                hasOrder = context.Required("order", value, 0, HighestOrder, out frames.Order);
                if (!hasOrder)
                {
                    return false;
                }
            }
            else if (key.SequenceEqual("page"u8))
            {
                // A null pointer is '(null)', padded with blanks by older kernels, or zeros.
                frames.HasNoPage = value.IsEmpty || value[0] == (byte)'(' || !value.ContainsAnyExcept((byte)'0', (byte)'x');
            }
        }

        if (!hasNumber || !hasOrder)
        {
            context.ReportMissing(name, needsOrder ? "pfn= and order=" : "pfn=");
            return false;
        }

        return true;
    }

    // The key starts with the blank that parts it from a command name it may be the end of.
    private static bool FindPid(ReadOnlySpan<byte> half, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> pid)
    {
        var at = half.LastIndexOf(key);
        if (at >= 0 || half.StartsWith(key[1..]))
        {
            pid = half[(at < 0 ? key.Length - 1 : at + key.Length)..];
            var end = pid.IndexOf((byte)' ');
            pid = end < 0 ? pid : pid[..end];
            return true;
        }

        // comm:pid [prio]
        var bracket = half.LastIndexOf(" ["u8);
        var colon = bracket < 0 ? -1 : half[..bracket].LastIndexOf((byte)':');
        pid = colon < 0 ? default : half[(colon + 1)..bracket];
        return colon >= 0;
    }
}
