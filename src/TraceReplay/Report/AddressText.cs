using System.Globalization;

namespace TraceReplay.Report;

/// <summary>64-bit addresses and descriptors as text: <c>0x</c> and sixteen hex digits, the form of every report.</summary>
public static class AddressText
{
    /// <summary>The printed form: <c>0x</c> and sixteen lower-case hex digits.</summary>
    public static string Format(ulong value) => "0x" + value.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads <c>0x</c> hex or plain decimal. The value is the bit pattern, so kernel addresses need no sign.</summary>
    public static bool TryParse(string text, out ulong value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
