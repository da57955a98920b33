using System.Buffers;
using TraceReplay.Events;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>
/// Takes the most frequent events from the fields of a record, without the text in between: where the text that the format makes of the
/// fields would be read back as these very values. Anything unusual is left to the text.
/// </summary>
internal sealed class DirectPayload
{
    // What a text field may hold, so that the words of the text are those of the fields.
    private static readonly SearchValues<byte> WordBytes =
        SearchValues.Create([.. Enumerable.Range(0x21, 0x7e - 0x20).Select(character => (byte)character)]);

    private static readonly SearchValues<byte> TextBytes =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x7f - 0x20).Select(character => (byte)character)]);

    private readonly Taker _take;
    private readonly EventField? _first;
    private readonly EventField? _second;
    private readonly EventField? _old;
    private readonly EventField? _level;
    private readonly EventField? _text;

    private DirectPayload(
        Taker take, EventField? first, EventField? second, EventField? old, EventField? level, EventField? text) =>
        (_take, _first, _second, _old, _level, _text) = (take, first, second, old, level, text);

    private delegate bool Taker(DirectPayload payload, ReadOnlySpan<byte> record, ByteOrder order, LineContext context);

    /// <summary>The way of a format; null for one whose text must be made.</summary>
    /// <param name="name">Name of the event.</param>
    /// <param name="fields">
    /// Its text in order: what stands before each field, and the field. Null for anything but a field that is shown as it is: unsigned in hex,
    /// signed in decimal, or a text.
    /// </param>
    public static DirectPayload? Of(string name, IReadOnlyList<(string Before, EventField Field)>? fields)
    {
        if (fields is null)
        {
            return null;
        }

        if (name == "barrier")
        {
            return fields is [("", { IsText: true } only)] ? new(Barrier, null, null, null, null, only) : null;
        }

        var byKey = new Dictionary<string, EventField>();
        foreach (var (before, field) in fields)
        {
            var key = before.Trim(' ');
            var isHex = key.EndsWith("=0x", StringComparison.Ordinal);
            if (before.Length - key.Length != (byKey.Count == 0 ? 0 : 1) || !key.EndsWith(isHex ? "=0x" : "=", StringComparison.Ordinal)
                || isHex != field is { IsText: false, IsSigned: false } || !byKey.TryAdd(key[..^(isHex ? 3 : 1)], field))
            {
                return null;
            }
        }

        EventField? Take(string key, bool isText = false, bool isSigned = false) =>
            byKey.TryGetValue(key, out var field) && field.IsText == isText && field.IsSigned == isSigned && byKey.Remove(key) ? field : null;

        DirectPayload? made = name switch
        {
            "pgtable_write" => new(Write, Take("pa"), Take("new"), Take("old"), Take("level", isSigned: true), Take("how", isText: true)),
            "tlbi" => new(Tlbi, Take("arg"), null, null, null, Take("op", isText: true)),
            _ => null,
        };
        var isComplete = made is { _first: not null } && (name == "tlbi" ? made._text is not null : made._second is not null);
        return isComplete && byKey.Count == 0 ? made : null;
    }

    /// <summary>Sends the event of a record; false to have its text read.</summary>
    public bool TryTake(ReadOnlySpan<byte> record, ByteOrder order, LineContext context) => _take(this, record, order, context);

    private static bool Write(DirectPayload own, ReadOnlySpan<byte> record, ByteOrder order, LineContext context)
    {
        var pa = (ulong)own._first!.Number(record, order);
        var level = (int?)own._level?.Number(record, order);
        var how = own._text is null ? default : RecordView.Terminated(own._text.Bytes(record, order));
        if ((pa & 7) != 0 || level is < -1 or > 3 || how.ContainsAnyExcept(WordBytes) || how.EndsWith("_fail"u8))
        {
            return false;
        }

        var old = (ulong?)own._old?.Number(record, order);
        context.Sink.On(new PageTableWrite(
            context.NextHeader(), pa, (ulong)own._second!.Number(record, order), old, level, null, 8, context.Intern(how), null));
        return true;
    }

    private static bool Tlbi(DirectPayload own, ReadOnlySpan<byte> record, ByteOrder order, LineContext context)
    {
        var operation = RecordView.Terminated(own._text!.Bytes(record, order));
        if (operation.IsEmpty || operation.ContainsAnyExcept(WordBytes))
        {
            return false;
        }

        InstructionPayloads.SendTlbi(operation, (ulong)own._first!.Number(record, order), null, context);
        return true;
    }

    private static bool Barrier(DirectPayload own, ReadOnlySpan<byte> record, ByteOrder order, LineContext context)
    {
        var text = RecordView.Terminated(own._text!.Bytes(record, order));
        if (text.ContainsAnyExcept(TextBytes))
        {
            return false;
        }

        InstructionPayloads.Barrier(text.Trim((byte)' '), context);
        return true;
    }
}
