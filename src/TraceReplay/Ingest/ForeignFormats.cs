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

    private static readonly byte[][] EventNames = [[.. "pgtable_write:"u8], [.. "tlbi:"u8], [.. "barrier:"u8], [.. "sysreg_write:"u8]];

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

        return TextHead.AnyLine(head, NamesEvent)
            ? " (events without the CPU or the time before them: of perf script, print -F comm,tid,cpu,time,event,trace)"
            : "";
    }

    private static bool NamesEvent(ReadOnlySpan<byte> line)
    {
        foreach (var name in EventNames)
        {
            if (line.IndexOf(name) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
