using System.Text;
using SQLitePCL;

namespace TraceReplay.Store;

/// <summary>
/// A prepared statement whose parameters are the values of one or more rows. SQLite keeps a parameter until it is bound again, so only
/// values are bound that differ from those of the execution before: half of them do not, for a task, a level or NULL stands in row after
/// row. That is a tenth of the time of an import.
/// </summary>
internal sealed class RowStatement(sqlite3_stmt statement, int parameters) : IDisposable
{
    // SQLite's parameters are NULL before they are bound.
    private readonly CellKind[] _kinds = NewKinds(parameters);
    private readonly long[] _numbers = new long[parameters];
    private string?[]? _texts;
    private byte[] _utf8 = new byte[256];

    /// <summary>Executes it with the values of a batch from one on; returns SQLite's result code.</summary>
    public unsafe int Execute(RowBatch rows, int from)
    {
        // Kept by the field, so that the pointer stays valid.
        var handle = statement.DangerousGetHandle();
        var bindInteger = SqliteCalls.BindInteger;
        var kinds = rows.Kinds.Slice(from, _kinds.Length);
        var numbers = rows.Numbers.Slice(from, kinds.Length);
        var bound = _kinds.AsSpan(0, kinds.Length);
        var boundNumbers = _numbers.AsSpan(0, kinds.Length);
        for (var i = 0; i < kinds.Length; i++)
        {
            var kind = kinds[i];
            if (kind == CellKind.Integer)
            {
                if (boundNumbers[i] != numbers[i] || bound[i] != CellKind.Integer)
                {
                    _ = bindInteger(handle, i + 1, numbers[i]);
                    boundNumbers[i] = numbers[i];
                    bound[i] = CellKind.Integer;
                }
            }
            else if (kind == CellKind.Text)
            {
                BindText(handle, i, rows.Text(from + i));
                bound[i] = CellKind.Text;
            }
            else if (bound[i] != CellKind.Null)
            {
                _ = SqliteCalls.BindNull(handle, i + 1);
                bound[i] = CellKind.Null;
            }
        }

        var result = SqliteCalls.Step(handle);
        _ = SqliteCalls.Reset(handle);
        return result;
    }

    public void Dispose() => statement.Dispose();

    private static CellKind[] NewKinds(int parameters)
    {
        var kinds = new CellKind[parameters];
        Array.Fill(kinds, CellKind.Null);
        return kinds;
    }

    // Texts that come by the hundred thousand are constants: the same object is the same text.
    private void BindText(nint handle, int at, string text)
    {
        _texts ??= new string?[_kinds.Length];
        if (_kinds[at] == CellKind.Text && ReferenceEquals(_texts[at], text))
        {
            return;
        }

        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_utf8.Length < longest)
        {
            _utf8 = new byte[longest];
        }

        var length = Encoding.UTF8.GetBytes(text, _utf8);
        _ = SqliteCalls.BindText(handle, at + 1, _utf8, length, SqliteCalls.Transient);
        _texts[at] = text;
    }
}
