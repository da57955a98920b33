using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Payloads of the <c>pgtable_*</c> events.</summary>
internal static class PageTablePayloads
{
    private const int LowestLevel = -1;
    private const int HighestLevel = 3;

    // A descriptor; wider stores (pairs, DC ZVA) tell their size.
    private const int DescriptorBytes = 8;
    private const int LargestStoreBytes = 65536;

    // Sixteen concatenated stage-2 root tables of 64K granule.
    private const int MostEntries = 16 * 8192;

    /// <summary><c>level=3 pa=0x4083dc40 old=0x0 new=0xe8000048b90703 va=... size=8 how=set_pte pc=...</c></summary>
    public static void Write(ReadOnlySpan<byte> payload, LineContext context)
    {
        ulong pa = 0, @new = 0;
        ulong? old = null, alias = null, pc = null;
        int? level = null;
        bool hasPa = false, hasNew = false;
        var size = DescriptorBytes;
        var how = default(ReadOnlySpan<byte>);
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("level"u8))
            {
                level = context.Optional("level", value, LowestLevel, HighestLevel);
            }
            else if (key.SequenceEqual("pa"u8))
            {
                hasPa = !context.IsRepeated("pa", hasPa) && context.Required("pa", value, out pa);
                if (!hasPa)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("old"u8))
            {
                old = context.Optional("old", value);
            }
            else if (key.SequenceEqual("new"u8))
            {
                hasNew = !context.IsRepeated("new", hasNew) && context.Required("new", value, out @new);
                if (!hasNew)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("how"u8))
            {
                how = value;
            }
            else if (key.SequenceEqual("pc"u8))
            {
                pc = context.Optional("pc", value);
            }
            else if (key.SequenceEqual("va"u8))
            {
                alias = context.Optional("va", value);
            }
            else if (key.SequenceEqual("size"u8))
            {
                size = context.Optional("size", value, 1, LargestStoreBytes) ?? DescriptorBytes;
            }
        }

        if (how.EndsWith("_fail"u8))
        {
            // A compare-and-exchange that lost stored nothing.
            SkipFailed(how, context);
        }
        else if (!hasPa || !hasNew)
        {
            context.ReportMissing("pgtable_write", "pa= and new=");
        }
        else
        {
            context.CheckAligned("pa", pa);
            context.Sink.On(new PageTableWrite(context.NextHeader(), pa, @new, old, level, alias, size, context.Intern(how), pc));
        }
    }

    /// <summary><c>base=0x41650000 level=0 entries=512 granule=4k root=0 parent=...</c></summary>
    public static void Table(ReadOnlySpan<byte> payload, LineContext context)
    {
        ulong tableBase = 0;
        ulong? parent = null;
        int? entries = null, root = null, granule = null;
        var level = 0;
        bool hasBase = false, hasLevel = false;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("base"u8))
            {
                hasBase = !context.IsRepeated("base", hasBase) && context.Required("base", value, out tableBase);
                if (!hasBase)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("level"u8))
            {
                hasLevel = !context.IsRepeated("level", hasLevel) && context.Required("level", value, LowestLevel, HighestLevel, out level);
                if (!hasLevel)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("entries"u8))
            {
                entries = context.Optional("entries", value, 1, MostEntries);
            }
            else if (key.SequenceEqual("root"u8))
            {
                root = context.Optional("root", value, 0, 2);
            }
            else if (key.SequenceEqual("parent"u8))
            {
                parent = context.Optional("parent", value);
            }
            else if (key.SequenceEqual("granule"u8))
            {
                granule = Granule(value, context);
            }
        }

        if (!hasBase || !hasLevel)
        {
            context.ReportMissing("pgtable_table", "base= and level=");
            return;
        }

        context.CheckAligned("base", tableBase);
        context.Sink.On(new TableKnown(context.NextHeader(), tableBase, level, entries, root, parent, granule));
    }

    /// <summary><c>level=0 pa=0x41650000 val=0x41651003</c></summary>
    public static void Entry(ReadOnlySpan<byte> payload, LineContext context) =>
        Content(payload, context, "pgtable_entry", DescriptorSource.Initial);

    /// <summary><c>level=3 pa=0x43e18560 old=0x60000042da08c3 new=0x60000042da0cc3</c></summary>
    public static void HardwareUpdate(ReadOnlySpan<byte> payload, LineContext context) =>
        Content(payload, context, "pgtable_hw_update", DescriptorSource.Hardware);

    /// <summary><c>level=0 pa=0x41650000 val=0x41651003</c></summary>
    public static void Final(ReadOnlySpan<byte> payload, LineContext context) =>
        Content(payload, context, "pgtable_final", DescriptorSource.Final);

    /// <summary><c>base=0x41ee8000 level=0 why=level-conflict</c></summary>
    public static void Free(ReadOnlySpan<byte> payload, LineContext context) => Gone(payload, context, "pgtable_free", isFree: true);

    /// <summary><c>base=0x41ff1000 level=1</c></summary>
    public static void Orphan(ReadOnlySpan<byte> payload, LineContext context) => Gone(payload, context, "pgtable_orphan", isFree: false);

    /// <summary><c>granule=4k va_bits=48 tcr=0xb5b5503510</c>: one event a key.</summary>
    public static void Meta(ReadOnlySpan<byte> payload, LineContext context)
    {
        var count = 0;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (!key.IsEmpty && !value.IsEmpty)
            {
                context.Sink.On(new MachineFact(context.NextHeader(), context.Intern(key), context.Intern(value)));
                count++;
            }
        }

        if (count == 0)
        {
            context.ReportMissing("pgtable_meta", "at least one key=value");
        }
    }

    private static void Content(ReadOnlySpan<byte> payload, LineContext context, string name, DescriptorSource source)
    {
        var valueKey = source == DescriptorSource.Hardware ? "new"u8 : "val"u8;
        ulong pa = 0, content = 0;
        ulong? old = null;
        int? level = null;
        bool hasPa = false, hasContent = false;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("level"u8))
            {
                level = context.Optional("level", value, LowestLevel, HighestLevel);
            }
            else if (key.SequenceEqual("pa"u8))
            {
                hasPa = !context.IsRepeated("pa", hasPa) && context.Required("pa", value, out pa);
                if (!hasPa)
                {
                    return;
                }
            }
            else if (key.SequenceEqual(valueKey))
            {
                var contentKey = source == DescriptorSource.Hardware ? "new" : "val";
                hasContent = !context.IsRepeated(contentKey, hasContent) && context.Required(contentKey, value, out content);
                if (!hasContent)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("old"u8))
            {
                old = context.Optional("old", value);
            }
        }

        if (!hasPa || !hasContent)
        {
            context.ReportMissing(name, source == DescriptorSource.Hardware ? "pa= and new=" : "pa= and val=");
            return;
        }

        context.CheckAligned("pa", pa);
        context.Sink.On(new DescriptorValueKnown(context.NextHeader(), source, pa, content, old, level));
    }

    private static void Gone(ReadOnlySpan<byte> payload, LineContext context, string name, bool isFree)
    {
        ulong tableBase = 0;
        int? level = null;
        var hasBase = false;
        var why = default(ReadOnlySpan<byte>);
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("base"u8))
            {
                hasBase = !context.IsRepeated("base", hasBase) && context.Required("base", value, out tableBase);
                if (!hasBase)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("level"u8))
            {
                level = context.Optional("level", value, LowestLevel, HighestLevel);
            }
            else if (key.SequenceEqual("why"u8))
            {
                why = value;
            }
        }

        if (!hasBase)
        {
            context.ReportMissing(name, "base=");
            return;
        }

        context.CheckAligned("base", tableBase);
        context.Sink.On(new TableGone(context.NextHeader(), isFree, tableBase, level, context.Intern(why)));
    }

    // 4k, 16k and 64k in either case, or the number of bytes.
    private static int? Granule(ReadOnlySpan<byte> text, LineContext context)
    {
        var isKilo = text.Length > 1 && (text[^1] | 0x20) == 'k';
        if (TraceNumber.ParseInt(isKilo ? text[..^1] : text, 0, 65536, out var number) == NumberResult.Ok)
        {
            var bytes = isKilo ? number * 1024 : number;
            if (bytes is 4096 or 16384 or 65536)
            {
                return bytes;
            }
        }

        context.ReportLeftOut("granule", text, NumberResult.Malformed, "4k, 16k or 64k");
        return null;
    }

    private static void SkipFailed(ReadOnlySpan<byte> how, LineContext context)
    {
        var prefix = "pgtable_write how="u8;
        Span<byte> name = stackalloc byte[prefix.Length + 64];
        prefix.CopyTo(name);
        how = how[^Math.Min(how.Length, 64)..];
        how.CopyTo(name[prefix.Length..]);
        context.Skip(name[..(prefix.Length + how.Length)]);
    }
}
