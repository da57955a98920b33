using System.Text;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>Texts as they stand between the quotes of C.</summary>
internal static class CText
{
    /// <summary>Replaces <c>\n</c>, <c>\t</c>, <c>\"</c> and <c>\\</c>, and leaves out the backslash before any other character.</summary>
    public static string Unescape(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i++;
                result.Append(text[i] switch { 'n' => '\n', 't' => '\t', var other => other });
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
