namespace TraceReplay.Ingest;

/// <summary>Files that are often taken for text traces, and what makes a text trace of them.</summary>
internal static class ForeignFormats
{
    private sealed record Row(byte[] Magic, string Hint);

    private static readonly Row[] Table =
    [
        new([.. "PERFILE2"u8],                  "a perf.data: run 'perf script -i' on it"),
        new([.. "SQLite format 3"u8],           "a database: it needs no import"),
        new([0x28, 0xb5, 0x2f, 0xfd],           "compressed: run 'zstd -d' on it"),
        new([0xfd, .. "7zXZ"u8],                "compressed: run 'xz -d' on it"),
        new([.. "BZh"u8],                       "compressed: run 'bzip2 -d' on it"),
        new([.. "PK\u0003\u0004"u8],            "an archive: unpack it"),
        new([0xff, 0xfe],                       "UTF-16: convert it to UTF-8"),
        new([0xfe, 0xff],                       "UTF-16: convert it to UTF-8"),
    ];

    /// <summary>What the bytes are, in brackets after a blank, or an empty text.</summary>
    public static string Hint(ReadOnlySpan<byte> head)
    {
        foreach (var row in Table)
        {
            if (head.StartsWith(row.Magic))
            {
                return $" ({row.Hint})";
            }
        }

        return "";
    }
}
