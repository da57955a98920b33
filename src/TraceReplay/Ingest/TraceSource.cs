using TraceReplay.Events;
using TraceReplay.Ingest.Tarmac;

namespace TraceReplay.Ingest;

/// <summary>Reads one source, of any format and compression, into a sink.</summary>
public static class TraceSource
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    private static ReadOnlySpan<byte> Utf8Mark => [0xef, 0xbb, 0xbf];

    /// <summary>Reads a file into a sink.</summary>
    /// <exception cref="ImportException">The file cannot be opened, is empty or of no known format.</exception>
    public static SourceSummary Read(string path, IEventSink sink, NameTable names, ImportProblems problems) =>
        Read(path, new ReadSession(sink, names, problems));

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="session">Where events go; shared by the files of one import.</param>
    /// <param name="format">Name of the reader, or null to recognise it.</param>
    /// <exception cref="ImportException">The file cannot be opened, is empty or of no known format.</exception>
    public static SourceSummary Read(string path, ReadSession session, string? format = null)
    {
        using var stream = Await(() => Open(path), session.Cancellation);
        var (length, time) = Target(path) is { Exists: true } before ? (before.Length, before.LastWriteTimeUtc) : default;
        var summary = Read(stream, path, session, format);
        var after = Target(path);

        // A pipe and the files of the kernel tell no length.
        if (length > 0 && after.Exists && (after.Length, after.LastWriteTimeUtc) != (length, time))
        {
            session.Problems.Add(ImportProblems.SourceChanged, summary.Text.LineCount, $"{length} bytes before, {after.Length} after", default);
        }

        return summary;
    }

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">The bytes as they are in the source, compressed or not; not closed.</param>
    /// <param name="path">Name of the source for messages.</param>
    /// <param name="session">Where events go; shared by the files of one import.</param>
    /// <param name="format">Name of the reader, or null to recognise it.</param>
    /// <exception cref="ImportException">The source is empty or of no known format.</exception>
    public static SourceSummary Read(Stream stream, string path, ReadSession session, string? format = null)
    {
        var forced = format is null ? null : FindReader(format);
        try
        {
            return ReadCore(stream, path, session, forced);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"{path}: cannot be read ({e.Message})", e);
        }
    }

    /// <summary>The reader of this name.</summary>
    /// <exception cref="ImportException">There is none.</exception>
    public static ITraceReader FindReader(string format) =>
        TraceReaders.Find(format) ?? throw new ImportException($"no format '{format}'; expected one of {TraceReaders.Names}");

    /// <summary>Checks that a file can be opened. A pipe is not tried: opening it would take from it.</summary>
    /// <exception cref="ImportException">It is missing, a directory or not readable.</exception>
    internal static void Check(string path)
    {
        if (!IsPipe(path))
        {
            Open(path).Dispose();
        }
    }

    /// <summary>True for a file of a Tarmac trace. A pipe is not looked into: that would take from it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Name of the reader that is asked for; null to recognise it.</param>
    /// <exception cref="ImportException">It is a directory or not readable.</exception>
    internal static bool IsTarmac(string path, string? format)
    {
        if (IsPipe(path))
        {
            return false;
        }

        if (format is not null)
        {
            return format == TarmacReader.FormatName;
        }

        try
        {
            using var stream = Open(path);
            using var raw = new PeekStream(stream, GzipMagic.Length);
            using var decompressed = raw.Head.SequenceEqual(GzipMagic) ? new GzipTextStream(raw) : (ReadOnlyStream)raw;
            using var text = new PeekStream(decompressed, TraceReaders.HeadBytes);
            return TraceReaders.Detect(text.Head) is TarmacReader;
        }
        catch (IOException)
        {
            // Told when it is read.
            return false;
        }
    }

    /// <summary>Opens a file for reading from its start to its end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="expected">What it is to be, for messages.</param>
    /// <exception cref="ImportException">It is missing, a directory or not readable.</exception>
    internal static FileStream Open(string path, string expected = "trace file")
    {
        if (Directory.Exists(path))
        {
            throw new ImportException($"{path}: a directory; expected a {expected}");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ImportException($"{path}: permission denied; expected a readable {expected}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImportException($"{path}: no such file; expected a {expected}", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new ImportException($"{path}: cannot be opened ({e.Message})", e);
        }
    }

    /// <summary>True for a pipe or another file that tells no length. Behind a link, as '/dev/fd/63' is, its link leads to no file.</summary>
    internal static bool IsPipe(string path) => File.Exists(path) && Target(path) is not { Exists: true, Length: > 0 };

    /// <summary>The file that a link leads to, or the file itself.</summary>
    internal static FileInfo Target(string path)
    {
        var file = new FileInfo(path);
        try
        {
            return file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return file;
        }
    }

    private static SourceSummary ReadCore(Stream stream, string path, ReadSession session, ITraceReader? forced)
    {
        using var hashed = new HashingStream(stream);
        using var raw = Await(() => new PeekStream(hashed, GzipMagic.Length), session.Cancellation);
        if (raw.Head.IsEmpty)
        {
            throw new ImportException($"{path}: empty; expected a trace ({TraceReaders.Names})");
        }

        var isGzip = raw.Head.SequenceEqual(GzipMagic);
        using var decompressed = isGzip ? new GzipTextStream(raw) : (ReadOnlyStream)raw;
        using var text = Await(() => new PeekStream(decompressed, TraceReaders.HeadBytes), session.Cancellation);
        if (text.Head.IsEmpty)
        {
            throw new ImportException(text.Damage is null
                ? $"{path}: empty after decompression; expected a trace ({TraceReaders.Names})"
                : $"{path}: nothing can be decompressed ({text.Damage.Message}); copy the file again");
        }

        if (text.Head.StartsWith(Utf8Mark))
        {
            text.Skip(Utf8Mark.Length);
        }

        var reader = forced ?? Recognise(text, path);
        var firstSeq = session.NextSeq;
        TextSummary summary;
        session.RawBytes = () => hashed.Bytes;
        if (reader is ISeekingReader seeking && !isGzip && stream is FileStream { CanSeek: true } file)
        {
            // Such a reader does not pass over all bytes, nor in their order.
            using var hashing = new DrainThread(raw);
            summary = seeking.Read(file.SafeFileHandle, session);
            hashing.Finish();
        }
        else
        {
            using var ahead = new ReadAheadStream(text, session.Cancellation);
            summary = reader.Read(ahead, session);
        }

        session.RawBytes = () => hashed.Bytes;

        // A damaged or padded file has bytes that the reader never asked for; the hash is of the whole file all the same.
        var sha256 = Await(
            () =>
            {
                raw.CopyTo(Stream.Null);
                return hashed.Sha256();
            },
            session.Cancellation);
        return new SourceSummary
        {
            Path = path,
            Format = reader.Name,
            Compression = isGzip ? "gzip" : "none",
            Sha256 = sha256,
            Text = summary,
            FirstSeq = firstSeq,
            LastSeq = session.NextSeq - 1,
            EventCount = session.NextSeq - firstSeq,
        };
    }

    // A pipe or a terminal may let wait for ever, and such a read cannot be stopped: where it is cancelled, its thread is left behind.
    private static T Await<T>(Func<T> read, CancellationToken cancellation)
    {
        var reading = Task.Run(read, CancellationToken.None);
        Task.WaitAny([reading], cancellation);
        return reading.GetAwaiter().GetResult();
    }

    private static ITraceReader Recognise(PeekStream text, string path)
    {
        if (TraceReaders.Detect(text.Head) is { } reader)
        {
            return reader;
        }

        var hint = text.Damage is null ? ForeignFormats.Hint(text.Head) : $" ({text.Damage.Message})";
        throw new ImportException($"{path}: not a trace that can be read{hint}; expected one of {TraceReaders.Names}");
    }
}
