namespace TraceReplay.Ingest.Mapping;

/// <summary>Walks the fields of an event's text: what a probe prints in brackets, then <c>key=value</c> words.</summary>
internal ref struct EventWords
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    // The parts of a probe that are still to be told.
    private (int Start, int Length) _function;
    private (int Start, int Length) _returnAddress;
    private (int Start, int Length) _address;

    /// <param name="text">The text behind the name of the event.</param>
    public EventWords(ReadOnlySpan<byte> text)
    {
        _text = text;
        var close = text.StartsWith((byte)'(') ? text.IndexOf((byte)')') : -1;
        if (close > 1)
        {
            ReadProbe(1, close);
            _at = close + 1;
        }
    }

    /// <summary>The next field.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="start">Where its value begins in the text.</param>
    /// <param name="length">Bytes of its value, without quotes and a comma behind it.</param>
    public bool Next(out ReadOnlySpan<byte> key, out int start, out int length)
    {
        if (TakeProbe(ref _address, out start, out length))
        {
            key = "__probe_ip"u8;
            return true;
        }

        if (TakeProbe(ref _returnAddress, out start, out length))
        {
            key = "__probe_ret_ip"u8;
            return true;
        }

        if (TakeProbe(ref _function, out start, out length))
        {
            key = "__probe_func"u8;
            return true;
        }

        while (true)
        {
            SkipBlanks();
            var word = _at;
            while (_at < _text.Length && _text[_at] != (byte)'=' && !IsBlank(_text[_at]))
            {
                _at++;
            }

            if (_at >= _text.Length)
            {
                key = default;
                return false;
            }

            if (_text[_at] != (byte)'=')
            {
                continue;
            }

            key = _text[word.._at];
            _at++;
            ReadValue(out start, out length);
            return true;
        }
    }

    private void ReadValue(out int start, out int length)
    {
        // '%16lx' pads behind the sign; the next word is the value unless it is a field itself.
        var value = _at;
        SkipBlanks();
        if (_at > value && WordEnd(_at, out var holdsSign) >= 0 && holdsSign)
        {
            _at = value;
        }

        start = _at;
        if (_at < _text.Length && _text[_at] == (byte)'"' && _text[(_at + 1)..].IndexOf((byte)'"') is >= 0 and var quoted)
        {
            start = _at + 1;
            length = quoted;
            _at += quoted + 2;
            return;
        }

        var end = WordEnd(_at, out _);
        _at = end;
        while (end > start && _text[end - 1] is (byte)',' or (byte)';')
        {
            end--;
        }

        length = end - start;
    }

    private readonly int WordEnd(int at, out bool holdsSign)
    {
        holdsSign = false;
        while (at < _text.Length && !IsBlank(_text[at]))
        {
            holdsSign |= _text[at] == (byte)'=';
            at++;
        }

        return at;
    }

    // 'set_ptes+0x0/0xb8', 'caller+0x6c/0x90 <- pmd_set_huge', or addresses in hex without 0x, or with.
    private void ReadProbe(int start, int end)
    {
        var inside = _text[start..end];
        var arrow = inside.IndexOf(" <- "u8);
        if (arrow >= 0)
        {
            _returnAddress = (start, arrow);
            _function = Symbol(start + arrow + 4, end);
        }
        else
        {
            _address = (start, end - start);
            _function = Symbol(start, end);
        }
    }

    // Without the offset and the module.
    private readonly (int Start, int Length) Symbol(int start, int end)
    {
        var length = _text[start..end].IndexOfAny((byte)'+', (byte)' ');
        return (start, length < 0 ? end - start : length);
    }

    private static bool TakeProbe(ref (int Start, int Length) part, out int start, out int length)
    {
        (start, length) = part;
        part = default;
        return length > 0;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && IsBlank(_text[_at]))
        {
            _at++;
        }
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t';
}
