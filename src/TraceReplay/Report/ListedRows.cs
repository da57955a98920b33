namespace TraceReplay.Report;

/// <summary>Rows of text that need no database.</summary>
/// <param name="columns">Column names, in order.</param>
/// <param name="rows">The rows, each with one text a column.</param>
public sealed class ListedRows(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows) : IResultRows
{
    private readonly List<IReadOnlyList<string>> _rows = [.. rows];
    private int _current = -1;

    public IReadOnlyList<string> Columns { get; } = columns;

    public bool Read() => ++_current < _rows.Count;

    public object? Value(int column) => _rows[_current][column];
}
