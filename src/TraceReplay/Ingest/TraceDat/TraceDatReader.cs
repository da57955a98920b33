using Microsoft.Win32.SafeHandles;

namespace TraceReplay.Ingest.TraceDat;

/// <summary>The binary files of trace-cmd, versions 6 and 7: the events that <c>trace-cmd report</c> prints, without printing them.</summary>
public sealed class TraceDatReader : ISeekingReader
{
    /// <summary>Its name, as databases and options have it.</summary>
    public const string FormatName = "trace-dat";

    private const int BlockBytes = 128 * 1024;

    private static ReadOnlySpan<byte> Magic => "\u0017\u0008Dtracing"u8;

    public string Name => FormatName;

    public bool Recognises(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    public TextSummary Read(Stream text, ReadSession session)
    {
        // Its parts refer to one another, so what cannot be read at any place is written to where it can.
        using var spool = OfTemporary(() => new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose));
        DamagedSourceException? damage = null;
        try
        {
            var block = new byte[BlockBytes];
            for (int read; (read = text.Read(block, 0, block.Length)) > 0;)
            {
                var length = read;
                OfTemporary(() =>
                {
                    spool.Write(block, 0, length);
                    return length;
                });
            }
        }
        catch (DamagedSourceException e)
        {
            damage = e;
        }

        var summary = Read(spool.SafeFileHandle, session);
        if (damage is not null)
        {
            session.Problems.Add(damage.Kind, summary.LineCount, damage.Message, default);
        }

        return summary with { IsDamaged = summary.IsDamaged || damage is not null };
    }

    public TextSummary Read(SafeFileHandle file, ReadSession session) => new TraceDatParser(new FileBytes(file), session).Run();

    // A full disk is no fault of the trace that is copied there.
    private static T OfTemporary<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"{Path.GetTempPath()}: temporary files cannot be written ({e.Message})", e);
        }
    }
}
