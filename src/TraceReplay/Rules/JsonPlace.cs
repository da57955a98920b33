using System.Text;
using System.Text.Json;

namespace TraceReplay.Rules;

/// <summary>Lines of a JSON text, for messages about what stands there.</summary>
internal static class JsonPlace
{
    /// <summary>How such files are read: with comments, and with commas behind the last member.</summary>
    public static JsonReaderOptions Options { get; } = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The 1-based line of a byte.</summary>
    public static int LineAt(ReadOnlySpan<byte> text, long offset) => text[..(int)offset].Count((byte)'\n') + 1;

    /// <summary>The 1-based line of a property of the object that a text is, or of a property or string inside its value.</summary>
    /// <param name="text">Well-formed JSON.</param>
    /// <param name="property">Name of the property.</param>
    /// <param name="member">Name or string inside; null for the property itself.</param>
    /// <returns>The line; 1 when there is no such thing.</returns>
    public static int LineOf(string text, string property, string? member)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, Options);
        var isInside = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
            {
                isInside = reader.ValueTextEquals(property);
                if (isInside && member is null)
                {
                    return LineAt(bytes, reader.TokenStartIndex);
                }
            }
            else if (isInside && reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueTextEquals(member))
            {
                return LineAt(bytes, reader.TokenStartIndex);
            }
        }

        return 1;
    }
}
