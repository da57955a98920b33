namespace TraceReplay.Store;

/// <summary>Rows of one table on their way into it: their values, one row after the other.</summary>
internal sealed class RowBatch(RowInserter table, int capacity)
{
    private readonly long[] _numbers = new long[capacity];
    private readonly CellKind[] _kinds = new CellKind[capacity];
    private string[]? _texts;

    /// <summary>Values so far.</summary>
    public int Count { get; private set; }

    /// <summary>True when no further row fits.</summary>
    public bool IsFull => Count == capacity;

    public void Add(long value)
    {
        _numbers[Count] = value;
        _kinds[Count++] = CellKind.Integer;
    }

    public void AddNull() => _kinds[Count++] = CellKind.Null;

    public void Add(string value)
    {
        _texts ??= new string[capacity];
        _texts[Count] = value;
        _kinds[Count++] = CellKind.Text;
    }

    public void Clear() => Count = 0;

    /// <summary>What each value is.</summary>
    public ReadOnlySpan<CellKind> Kinds => _kinds.AsSpan(0, Count);

    /// <summary>The values that are integers, each at its place.</summary>
    public ReadOnlySpan<long> Numbers => _numbers.AsSpan(0, Count);

    /// <summary>A value that is a text.</summary>
    public string Text(int at) => _texts![at];

    /// <summary>Writes the rows and takes the batch back into use.</summary>
    public void Write()
    {
        table.Write(this);
        Count = 0;
        table.Recycle(this);
    }
}

/// <summary>What a value of a row is.</summary>
internal enum CellKind : byte
{
    Integer = 0,
    Null = 1,
    Text = 2,
}
