namespace TraceReplay.Report;

/// <summary>Rows with named columns, read one at a time: what the CSV, JSON and table reports print.</summary>
public interface IResultRows
{
    /// <summary>Column names, in order.</summary>
    IReadOnlyList<string> Columns { get; }

    /// <summary>Goes to the next row; false behind the last.</summary>
    bool Read();

    /// <summary>A value of the row: <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, or null.</summary>
    object? Value(int column);
}
