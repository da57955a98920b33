using System.Buffers;
using System.Buffers.Text;

namespace TraceReplay.Ingest.Casemate;

/// <summary>One record of a casemate log: a name and its arguments, each named (<c>(address 0x1000)</c>) or by its place.</summary>
/// <remarks>The text is <c>(mem-write (id 5) (tid 0) (mem-order plain) (address 0x1000) (value 0x3) (src "t.c:36"))</c>.</remarks>
internal ref struct CasemateRecord
{
    private static readonly SearchValues<byte> Delimiters = SearchValues.Create(" \t\n()\""u8);

    private readonly ReadOnlySpan<byte> _arguments;
    private ReadOnlySpan<byte> _unread;

    private CasemateRecord(ReadOnlySpan<byte> name, ReadOnlySpan<byte> arguments)
    {
        Name = name;
        _arguments = arguments;
        _unread = arguments;
    }

    /// <summary>What happened: <c>mem-write</c>, <c>tlbi</c> and others.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The place in the source that did it, as printed; empty where there is none.</summary>
    public readonly ReadOnlySpan<byte> Source
    {
        get
        {
            if (FindNamed("src"u8, out var named))
            {
                return named;
            }

            var rest = _arguments;
            while (Next(ref rest, out var key, out var value, out var isText))
            {
                if (key.IsEmpty && isText)
                {
                    return value;
                }
            }

            return default;
        }
    }

    /// <summary>Splits a record that <see cref="LengthOf"/> found to be whole; false where it is not of this shape.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out CasemateRecord record)
    {
        record = default;
        if (text.Length < 3 || text[0] != (byte)'(' || text[^1] != (byte)')')
        {
            return false;
        }

        var rest = text[1..^1];
        if (!Next(ref rest, out var key, out var name, out var isText) || !key.IsEmpty || isText)
        {
            return false;
        }

        record = new CasemateRecord(name, rest);
        while (Next(ref rest, out _, out _, out _))
        {
        }

        return rest.IsEmpty;
    }

    /// <summary>Length of the record that a text begins with; 0 where its end is not in the text.</summary>
    public static int LengthOf(ReadOnlySpan<byte> text)
    {
        var depth = 0;
        var isText = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'"':
                    isText = !isText;
                    break;
                case (byte)'(' when !isText:
                    depth++;
                    break;
                case (byte)')' when !isText && --depth == 0:
                    return i + 1;
            }
        }

        return 0;
    }

    /// <summary>The argument of this name, else the next one without a name; empty where there is neither.</summary>
    public ReadOnlySpan<byte> Take(ReadOnlySpan<byte> name) => FindNamed(name, out var named) ? named : Take();

    /// <summary>The next argument without a name; empty where there is none.</summary>
    public ReadOnlySpan<byte> Take()
    {
        while (Next(ref _unread, out var key, out var value, out var isText))
        {
            // A text without a name is the place in the source.
            if (key.IsEmpty && !isText)
            {
                return value;
            }
        }

        return default;
    }

    /// <summary>Writes the arguments as <c>key=value</c> words: named ones, then those by place as <c>arg1</c>, <c>arg2</c>; not those that tell number and thread.</summary>
    public void WriteFields(IBufferWriter<byte> output)
    {
        var rest = _arguments;
        while (Next(ref rest, out var key, out var value, out _))
        {
            if (!key.IsEmpty && !key.SequenceEqual("id"u8) && !key.SequenceEqual("tid"u8) && !key.SequenceEqual("thread"u8))
            {
                WriteField(output, key, value);
            }
        }

        Span<byte> name = stackalloc byte[16];
        "arg"u8.CopyTo(name);
        for (var place = 1; Take() is { IsEmpty: false } value; place++)
        {
            Utf8Formatter.TryFormat(place, name[3..], out var digits);
            WriteField(output, name[..(3 + digits)], value);
        }
    }

    private static void WriteField(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        output.Write(key);
        output.Write("="u8);
        output.Write(value);
        output.Write(" "u8);
    }

    /// <summary>True where an argument has this name.</summary>
    public readonly bool Has(ReadOnlySpan<byte> name) => FindNamed(name, out _);

    private readonly bool FindNamed(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var rest = _arguments;
        while (Next(ref rest, out var key, out value, out _))
        {
            if (key.SequenceEqual(name))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    // Takes 'word', '"text"' or '(key word)' off the front; false at the end and, with the rest left in place, at anything else.
    private static bool Next(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value, out bool isText)
    {
        key = value = default;
        isText = false;
        rest = TrimStart(rest);
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest[0] != (byte)'(')
        {
            return NextAtom(ref rest, out value, out isText);
        }

        var inner = TrimStart(rest[1..]);
        if (!NextAtom(ref inner, out key, out _))
        {
            return false;
        }

        inner = TrimStart(inner);
        if (!NextAtom(ref inner, out value, out isText))
        {
            return false;
        }

        inner = TrimStart(inner);
        if (inner.IsEmpty || inner[0] != (byte)')')
        {
            return false;
        }

        rest = TrimStart(inner[1..]);
        return true;
    }

    private static bool NextAtom(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> atom, out bool isText)
    {
        atom = default;
        isText = !rest.IsEmpty && rest[0] == (byte)'"';
        if (isText)
        {
            var end = rest[1..].IndexOf((byte)'"');
            if (end < 0)
            {
                return false;
            }

            atom = rest.Slice(1, end);
            rest = rest[(end + 2)..];
            return true;
        }

        var length = rest.IndexOfAny(Delimiters);
        length = length < 0 ? rest.Length : length;
        atom = rest[..length];
        rest = rest[length..];
        return length > 0;
    }

    private static ReadOnlySpan<byte> TrimStart(ReadOnlySpan<byte> text) => text.TrimStart(" \t\n"u8);
}
