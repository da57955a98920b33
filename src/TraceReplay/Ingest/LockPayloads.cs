using TraceReplay.Events;

namespace TraceReplay.Ingest;

/// <summary>Payloads of <c>pgtable_lock</c> and <c>pgtable_hint</c>.</summary>
internal static class LockPayloads
{
    private static readonly (byte[] Name, LockAction Action)[] Actions =
    [
        ([.. "lock"u8], LockAction.Acquire),
        ([.. "trylock"u8], LockAction.TryAcquire),
        ([.. "unlock"u8], LockAction.Release),
    ];

    private static readonly (byte[] Name, LockHintKind Kind)[] Kinds =
    [
        ([.. "set_root_lock"u8], LockHintKind.RootLock),
        ([.. "set_owner_root"u8], LockHintKind.OwnerRoot),
        ([.. "set_pte_thread_owner"u8], LockHintKind.ThreadOwner),
    ];

    /// <summary><c>ev=lock addr=0xffff800081234560</c></summary>
    public static void Lock(ReadOnlySpan<byte> payload, LineContext context)
    {
        LockAction? action = null;
        ulong address = 0;
        var hasAddress = false;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("ev"u8))
            {
                action = ActionOf(value);
                if (action is null)
                {
                    context.Malformed("ev", value, "lock, trylock or unlock");
                    return;
                }
            }
            else if (key.SequenceEqual("addr"u8))
            {
                hasAddress = !context.IsRepeated("addr", hasAddress) && context.Required("addr", value, out address);
                if (!hasAddress)
                {
                    return;
                }
            }
        }

        if (action is { } known && hasAddress)
        {
            context.Sink.On(new LockOperation(context.NextHeader(), known, address));
        }
        else
        {
            context.ReportMissing("pgtable_lock", "ev= and addr=");
        }
    }

    /// <summary><c>kind=set_root_lock location=0x41000000 value=0xffff800081234560</c></summary>
    public static void Hint(ReadOnlySpan<byte> payload, LineContext context)
    {
        LockHintKind? kind = null;
        ulong location = 0, word = 0;
        bool hasLocation = false, hasWord = false;
        var fields = new FieldReader(payload);
        while (fields.Next(out var key, out var value))
        {
            if (key.SequenceEqual("kind"u8))
            {
                kind = KindOf(value);
                if (kind is null)
                {
                    context.Malformed("kind", value, "set_root_lock, set_owner_root or set_pte_thread_owner");
                    return;
                }
            }
            else if (key.SequenceEqual("location"u8))
            {
                hasLocation = !context.IsRepeated("location", hasLocation) && context.Required("location", value, out location);
                if (!hasLocation)
                {
                    return;
                }
            }
            else if (key.SequenceEqual("value"u8))
            {
                hasWord = !context.IsRepeated("value", hasWord) && context.Required("value", value, out word);
                if (!hasWord)
                {
                    return;
                }
            }
        }

        if (kind is { } known && hasLocation && hasWord)
        {
            context.CheckAligned("location", location);
            context.Sink.On(new LockHint(context.NextHeader(), known, location, word));
        }
        else
        {
            context.ReportMissing("pgtable_hint", "kind=, location= and value=");
        }
    }

    /// <summary>The action of a name in either case; null for none.</summary>
    public static LockAction? ActionOf(ReadOnlySpan<byte> name)
    {
        foreach (var (known, action) in Actions)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, known))
            {
                return action;
            }
        }

        return null;
    }

    /// <summary>The kind of hint of a name in either case; null for none.</summary>
    public static LockHintKind? KindOf(ReadOnlySpan<byte> name)
    {
        foreach (var (known, kind) in Kinds)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, known))
            {
                return kind;
            }
        }

        return null;
    }
}
