using System.Globalization;

namespace TraceReplay.Tests.Arm;

/// <summary>One row of a file of vectors.</summary>
/// <param name="Place">File and line, for failures.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record VectorRow(string Place, string[] Fields)
{
    /// <summary>A field.</summary>
    public string this[int field] => field < Fields.Length ? Fields[field] : throw new FormatException($"{Place}: field {field + 1} is missing");

    /// <summary>A field as a number, <c>0x</c> hex or decimal.</summary>
    public ulong Number(int field)
    {
        var text = this[field];
        var isHex = text.StartsWith("0x", StringComparison.Ordinal);
        return ulong.TryParse(
            isHex ? text[2..] : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{Place}: field {field + 1}, '{text}', is no number");
    }

    /// <summary>A field as a small signed number.</summary>
    public int Integer(int field) => int.Parse(this[field], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}

/// <summary>Reads files of vectors: one case a line, fields parted by blanks, <c>#</c> starts a comment line.</summary>
internal static class VectorFile
{
    /// <summary>The rows of a file that stands beside the tests.</summary>
    public static List<VectorRow> Read(string name)
    {
        var rows = new List<VectorRow>();
        var number = 0;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, name)))
        {
            number++;
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 0 && fields[0][0] != '#')
            {
                rows.Add(new VectorRow($"{name}:{number}", fields));
            }
        }

        return rows;
    }

    /// <summary>Checks every row; all that fail are told, each with its file and line.</summary>
    public static void Check(string name, Func<VectorRow, (string Expected, string Actual)> check)
    {
        var rows = Read(name);
        Assert.NotEmpty(rows);
        var failures = rows
            .Select(row => (row.Place, Result: check(row)))
            .Where(entry => entry.Result.Expected != entry.Result.Actual)
            .Select(entry => $"{entry.Place}: expected {entry.Result.Expected}, got {entry.Result.Actual}")
            .ToList();
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }
}
