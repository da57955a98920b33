using System.Globalization;

namespace TraceReplay.Report;

/// <summary>Numbers for people to read.</summary>
public static class Number
{
    /// <summary>With separators: <c>1,234,567</c>.</summary>
    public static string Format(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The noun in the right number.</summary>
    public static string Noun(long count, string one, string many) => count == 1 ? one : many;

    /// <summary>Number and noun: <c>1 error</c>, <c>2 errors</c>.</summary>
    public static string Counted(long count, string one, string many) => $"{Format(count)} {Noun(count, one, many)}";

    /// <summary>A power-of-two size, as <c>2 MiB</c>; bytes where it is no whole unit.</summary>
    public static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        while (unit < units.Length - 1 && bytes >= 1024 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return $"{Format(bytes)} {units[unit]}";
    }
}
