using System.Globalization;
using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>An event as the kernel that was traced describes it: <c>events/SYSTEM/NAME/format</c>.</summary>
internal sealed class EventFormat
{
    private const int HighestId = ushort.MaxValue;

    private readonly PrintFormat _print;
    private readonly EventField? _stack;
    private readonly bool _isBinaryPrintk;

    private EventFormat(string name, int id, IReadOnlyList<EventField> common, IReadOnlyList<EventField> fields, PrintFormat print)
    {
        Name = Encoding.UTF8.GetBytes(name);
        Id = id;
        CommonFields = common;
        Fields = fields;
        MinimumBytes = fields.Where(field => !field.IsArray || field.Place != FieldPlace.Fixed).Select(field => field.Offset + field.Size).DefaultIfEmpty().Max();
        _print = print;
        Direct = DirectPayload.Of(name, print.PlainFields);
        _isBinaryPrintk = name == "bprint" && fields is [{ Name: "ip" }, { Name: "fmt" }, { Name: "buf", IsArray: true }];

        // The array is longer than described, or shorter.
        _stack = name == "kernel_stack" && fields.FirstOrDefault(field => field is { Name: "caller", Place: FieldPlace.Fixed }) is { } caller
            ? caller with { Size = 0 }
            : null;
    }

    /// <summary>Takes the event from its fields; null where its text must be made.</summary>
    public DirectPayload? Direct { get; }

    /// <summary>Its name, without that of its system.</summary>
    public byte[] Name { get; }

    /// <summary>The number that records carry.</summary>
    public int Id { get; }

    /// <summary>Those that all events of a kernel have.</summary>
    public IReadOnlyList<EventField> CommonFields { get; }

    /// <summary>Its own fields.</summary>
    public IReadOnlyList<EventField> Fields { get; }

    /// <summary>Size of the smallest record that holds all fields but arrays, which may be cut.</summary>
    public int MinimumBytes { get; }

    /// <summary>Reads a format file; null when it has no name or number.</summary>
    public static EventFormat? Parse(string text)
    {
        var (name, print, id) = ("", "", -1);
        List<EventField> common = [], fields = [];
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("name:", StringComparison.Ordinal))
            {
                name = line[5..].Trim();
            }
            else if (line.StartsWith("ID:", StringComparison.Ordinal))
            {
                _ = int.TryParse(line.AsSpan(3).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out id);
            }
            else if (line.StartsWith("print fmt:", StringComparison.Ordinal))
            {
                // Always the last; a text may go on over line ends.
                print = text[(text.IndexOf("print fmt:", StringComparison.Ordinal) + 10)..];
                break;
            }
            else if (EventField.Parse(line) is { } field)
            {
                (field.Name.StartsWith("common_", StringComparison.Ordinal) ? common : fields).Add(field);
            }
        }

        return name.Length == 0 || id is < 0 or > HighestId ? null : new EventFormat(name, id, common, fields, PrintFormat.Parse(print, [.. common, .. fields]));
    }

    /// <summary>The field of this name, or null.</summary>
    public EventField? Field(string name) =>
        Fields.FirstOrDefault(field => field.Name == name) ?? CommonFields.FirstOrDefault(field => field.Name == name);

    /// <summary>Writes the event's text as <c>trace-cmd report</c> does behind the name.</summary>
    public void Write(in RecordView record, PayloadBuffer output)
    {
        if (_isBinaryPrintk)
        {
            WriteBinaryPrintk(in record, output);
        }
        else if (_stack is not null)
        {
            output.Append("<stack trace>"u8);
        }
        else if (_print.IsUsable)
        {
            _print.Write(in record, output);
        }
        else
        {
            WriteFields(in record, output);
        }
    }

    /// <summary>Lines that trace-cmd prints below a record of <c>kernel_stack</c>; 0 for any other.</summary>
    public int StackFrames(in RecordView record)
    {
        if (_stack is null)
        {
            return 0;
        }

        var addresses = _stack.Bytes(record.Bytes, record.Order);
        var size = record.Strings.LongSize;
        var count = 0;
        while ((count + 1) * size <= addresses.Length && record.Order.Signed(addresses.Slice(count * size, size)) != -1)
        {
            count++;
        }

        return count;
    }

    // 'function: text', the text being made of a format and arguments.
    private void WriteBinaryPrintk(in RecordView record, PayloadBuffer output)
    {
        record.Strings.Symbols.Write((ulong)Fields[0].Number(record.Bytes, record.Order), withOffset: false, output);
        output.Append(": "u8);
        var address = (ulong)Fields[1].Number(record.Bytes, record.Order);
        if (record.Strings.Formats.Find(address) is { } format)
        {
            BinaryPrintk.Write(format, Fields[2].Bytes(record.Bytes, record.Order), in record, output);
        }
        else
        {
            output.Append("(no format at 0x"u8);
            output.AppendHex(address);
            output.Append((byte)')');
        }
    }

    // 'name=value' of all fields, where the format of the text is beyond us.
    private void WriteFields(in RecordView record, PayloadBuffer output)
    {
        foreach (var field in Fields)
        {
            if (field is { IsArray: true, IsText: false })
            {
                continue;
            }

            output.Append((byte)' ', output.Length > 0 && output.Bytes[^1] != (byte)' ' ? 1 : 0);
            output.Append(Encoding.UTF8.GetBytes(field.Name));
            output.Append((byte)'=');
            if (field.IsText)
            {
                output.Append(RecordView.Terminated(field.Bytes(record.Bytes, record.Order)));
            }
            else if (field.IsSigned)
            {
                output.AppendDecimal(field.Number(record.Bytes, record.Order));
            }
            else
            {
                output.Append("0x"u8);
                output.AppendHex((ulong)field.Number(record.Bytes, record.Order));
            }
        }
    }
}
