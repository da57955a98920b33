using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TraceReplay.Report;

/// <summary>A result as JSON: one array, one object a row and a line.</summary>
/// <remarks>Integers are numbers, NULL is null; addresses and times are strings, because JSON numbers are not exact in 64 bits.</remarks>
public static class JsonReport
{
    // The result is a document of its own, not text inside a web page: '<idle>' stays readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes all rows; returns their number.</summary>
    public static long Write(IResultRows result, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Options);
        long rows = 0;
        output.Write('[');
        while (result.Read())
        {
            output.Write(rows == 0 ? "\n" : ",\n");
            WriteRow(result, json);
            json.Flush();
            output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
            buffer.ResetWrittenCount();
            json.Reset(buffer);
            rows++;
        }

        output.Write(rows == 0 ? "]\n" : "\n]\n");
        return rows;
    }

    private static void WriteRow(IResultRows result, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        for (var i = 0; i < result.Columns.Count; i++)
        {
            json.WritePropertyName(result.Columns[i]);
            switch (result.Value(i))
            {
                case null:
                    json.WriteNullValue();
                    break;
                case long integer:
                    json.WriteNumberValue(integer);
                    break;
                case double number:
                    json.WriteNumberValue(number);
                    break;
                case var other:
                    json.WriteStringValue(Convert.ToString(other, CultureInfo.InvariantCulture));
                    break;
            }
        }

        json.WriteEndObject();
    }
}
