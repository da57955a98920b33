namespace TraceReplay.Ingest.Mapping;

/// <summary>The fields of one event as an expression sees them: their text, or a number that the mapping computed.</summary>
internal sealed class EventFields
{
    // A list in a message is cut here.
    private const int MostNamesTold = 20;

    private readonly byte[][] _names;
    private readonly bool[] _isHex;
    private readonly (int Start, int Length)[] _texts;
    private readonly ulong[] _numbers;
    private readonly SlotState[] _states;
    private byte[] _payload = new byte[256];
    private int _length;

    /// <param name="names">Names of the slots.</param>
    /// <param name="hex">Those whose numbers are printed in hex without 0x.</param>
    /// <param name="linearMap">The kernel's linear map; null while it is being learnt.</param>
    public EventFields(IReadOnlyList<string> names, IReadOnlySet<string> hex, LinearMap? linearMap)
    {
        _names = [.. names.Select(System.Text.Encoding.UTF8.GetBytes)];
        _isHex = [.. names.Select(name => hex.Contains(name) || name.StartsWith("__probe_", StringComparison.Ordinal))];
        _texts = new (int, int)[names.Count];
        _numbers = new ulong[names.Count];
        _states = new SlotState[names.Count];
        LinearMap = linearMap;
    }

    private enum SlotState : byte
    {
        Absent,
        Text,
        Number,
    }

    /// <summary>The linear map, null while it is being learnt: addresses then stay what they are.</summary>
    public LinearMap? LinearMap { get; }

    /// <summary>The number of the repetition.</summary>
    public ulong Index { get; set; }

    /// <summary>The first thing that could not be computed since the last <see cref="Begin"/>; its text says what.</summary>
    public object? Fault { get; private set; }

    private ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _length);

    /// <summary>Takes the text of an event; no field is set.</summary>
    public void Begin(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _payload.Length)
        {
            _payload = new byte[payload.Length * 2];
        }

        payload.CopyTo(_payload);
        _length = payload.Length;
        Array.Clear(_states);
        Fault = null;
        Index = 0;
    }

    /// <summary>
    /// Sets the fields from <c>key=value</c> words. What stands in brackets before them is that of a probe, by the kernel's own names:
    /// <c>(set_ptes+0x0/0xb8) nr=16</c> has <c>__probe_ip</c> and <c>__probe_func</c>, <c>(caller+0x6c/0x90 &lt;- pmd_set_huge) arg1=0x1</c>
    /// has <c>__probe_ret_ip</c> and <c>__probe_func</c>.
    /// </summary>
    public void ReadWords()
    {
        var words = new EventWords(Payload);
        while (words.Next(out var key, out var start, out var length))
        {
            for (var slot = 0; slot < _names.Length; slot++)
            {
                if (_states[slot] == SlotState.Absent && key.SequenceEqual(_names[slot]))
                {
                    SetText(slot, start, length);
                    break;
                }
            }
        }
    }

    /// <summary>Sets a field to a part of the payload.</summary>
    public void SetText(int slot, int start, int length)
    {
        _texts[slot] = (start, length);
        _states[slot] = SlotState.Text;
    }

    /// <summary>Sets a field to a number.</summary>
    public void SetNumber(int slot, ulong value)
    {
        _numbers[slot] = value;
        _states[slot] = SlotState.Number;
    }

    /// <summary>The text of a field.</summary>
    public ReadOnlySpan<byte> Text(int slot)
    {
        if (_states[slot] == SlotState.Absent)
        {
            Fail(new MissingField(this, slot));
            return default;
        }

        var (start, length) = _texts[slot];
        return Payload.Slice(start, length);
    }

    /// <summary>The number of a field.</summary>
    public ulong Number(int slot)
    {
        if (_states[slot] == SlotState.Number)
        {
            return _numbers[slot];
        }

        if (_states[slot] == SlotState.Absent)
        {
            return Fail(new MissingField(this, slot));
        }

        var (start, length) = _texts[slot];
        if (!EventNumber.Parse(Payload.Slice(start, length), _isHex[slot], out var value))
        {
            return Fail(new NoNumber(this, slot));
        }

        SetNumber(slot, value);
        return value;
    }

    /// <summary>Notes that something cannot be computed; gives a number that means nothing.</summary>
    public ulong Fail(object fault)
    {
        Fault ??= fault;
        return 0;
    }

    // Texts are made only for problems that are kept.
    private sealed class MissingField(EventFields fields, int slot)
    {
        public override string ToString()
        {
            var found = new List<string>();
            var words = new EventWords(fields.Payload);
            while (words.Next(out var key, out _, out _) && found.Count < MostNamesTold)
            {
                found.Add(ImportProblems.Quote(key));
            }

            var has = found.Count == 0 ? "no key=value" : string.Join(", ", found.Distinct());
            return $"no field '{ImportProblems.Quote(fields._names[slot])}'; the event has {has}";
        }
    }

    private sealed class NoNumber(EventFields fields, int slot)
    {
        public override string ToString()
        {
            var (start, length) = fields._texts[slot];
            var text = fields.Payload.Slice(start, length);
            var isBareHex = EventNumber.Parse(text, isHex: true, out _);
            return $"{ImportProblems.Quote(fields._names[slot])}={ImportProblems.Quote(text)}: expected a number of 64 bits, 0x hex or decimal"
                + (isBareHex ? "; for hex without 0x name the field in \"hex\"" : "");
        }
    }
}
