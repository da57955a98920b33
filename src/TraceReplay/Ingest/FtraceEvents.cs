namespace TraceReplay.Ingest;

/// <summary>Turns a payload into events of the context's sink, or reports why not.</summary>
internal delegate void PayloadParser(ReadOnlySpan<byte> payload, LineContext context);

/// <summary>The vocabulary: event name -> payload parser.</summary>
internal static class FtraceEvents
{
    private sealed record Row(byte[] Name, bool IsText, PayloadParser Parse);

    // Searched from the top: the most frequent come first. IsText: the payload is free text, which can hold an event.
    private static readonly Row[] Table =
    [
        Event("barrier",             InstructionPayloads.Barrier),
        Event("pgtable_write",       PageTablePayloads.Write),
        Event("tlbi",                InstructionPayloads.Tlbi),
        Event("pgtable_final",       PageTablePayloads.Final),
        Event("pgtable_entry",       PageTablePayloads.Entry),
        Event("sysreg_write",        InstructionPayloads.SystemRegisterWrite),
        Event("ttbr_write",          InstructionPayloads.SystemRegisterWrite),
        Event("pgtable_hw_update",   PageTablePayloads.HardwareUpdate),
        Event("pgtable_table",       PageTablePayloads.Table),
        Event("pgtable_free",        PageTablePayloads.Free),
        Event("pgtable_orphan",      PageTablePayloads.Orphan),
        Event("pgtable_meta",        PageTablePayloads.Meta),
        Event("pgtable_lock",        LockPayloads.Lock),
        Event("pgtable_hint",        LockPayloads.Hint),
        Event("mm_page_alloc",       KernelPayloads.PageAlloc),
        Event("mm_page_free",        KernelPayloads.PageFree),
        Event("mm_page_free_batched", KernelPayloads.PageFreeBatched),
        Event("sched_switch",        KernelPayloads.SchedSwitch),
        Event("tlb_fill",            TlbPayloads.Fill),
        Event("tlb_evict",           TlbPayloads.Evict),
        Text("tracing_mark_write",   KernelPayloads.Marker),
        Text("bprint",               KernelPayloads.Marker),
        Text("print",                KernelPayloads.Marker),
    ];

    /// <summary>Names of the vocabulary.</summary>
    public static IEnumerable<string> Names => Table.Select(row => System.Text.Encoding.UTF8.GetString(row.Name));

    /// <summary>
    /// Parses one event. A <c>trace_printk</c> shows its function in place of the event
    /// (<c>set_pte: pgtable_write: pa=...</c>), so an unknown event whose text starts with a known one is that one.
    /// </summary>
    public static void Parse(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context)
    {
        if (context.Hook is { } hook && hook.Take(name, payload, context))
        {
            context.MayGoOn = true;
            return;
        }

        ParseVocabulary(name, payload, context);
    }

    /// <summary>Parses one event by the vocabulary alone.</summary>
    public static void ParseVocabulary(ReadOnlySpan<byte> name, ReadOnlySpan<byte> payload, LineContext context)
    {
        var row = Find(name);
        context.MayGoOn = row is not { IsText: false };
        if (row is { IsText: false })
        {
            row.Parse(payload, context);
        }
        else if (FindEmbedded(payload, out var rest) is { } embedded)
        {
            embedded.Parse(rest, context);
        }
        else if (row is not null)
        {
            row.Parse(payload, context);
        }
        else
        {
            context.Skip(name);
        }
    }

    /// <summary>True for the name of an event of the vocabulary whose payload is not free text.</summary>
    public static bool IsEvent(ReadOnlySpan<byte> name) => Find(name) is { IsText: false };

    /// <summary>True for the name of an event whose payload is free text.</summary>
    public static bool IsText(ReadOnlySpan<byte> name) => Find(name) is { IsText: true };

    /// <summary>The parser of an event of the vocabulary.</summary>
    public static PayloadParser ParserOf(string name) => Find(System.Text.Encoding.UTF8.GetBytes(name))!.Parse;

    // 'event: ...' or 'function: event: ...'.
    private static Row? FindEmbedded(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> payload)
    {
        payload = text;
        for (var depth = 0; depth < 2; depth++)
        {
            var colon = payload.IndexOf((byte)':');
            if (colon <= 0)
            {
                return null;
            }

            var row = Find(payload[..colon]);
            payload = payload[(colon + 1)..].TrimStart((byte)' ');
            if (row is { IsText: false })
            {
                return row;
            }
        }

        return null;
    }

    private static Row? Find(ReadOnlySpan<byte> name)
    {
        foreach (var row in Table)
        {
            if (name.SequenceEqual(row.Name))
            {
                return row;
            }
        }

        return null;
    }

    private static Row Event(string name, PayloadParser parse) => new(System.Text.Encoding.UTF8.GetBytes(name), false, parse);

    private static Row Text(string name, PayloadParser parse) => new(System.Text.Encoding.UTF8.GetBytes(name), true, parse);
}
