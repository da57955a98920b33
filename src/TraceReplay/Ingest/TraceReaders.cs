using TraceReplay.Ingest.Casemate;
using TraceReplay.Ingest.Ghost;
using TraceReplay.Ingest.Tarmac;
using TraceReplay.Ingest.TraceDat;

namespace TraceReplay.Ingest;

/// <summary>The formats that can be read.</summary>
public static class TraceReaders
{
    /// <summary>Bytes of a source that are looked at to tell its format.</summary>
    public const int HeadBytes = 64 * 1024;

    /// <summary>All readers, in the order in which they are asked: the ones with a mark of their own come first.</summary>
    public static IReadOnlyList<ITraceReader> All { get; } =
    [
        new TraceDatReader(),
        new TraceCmdReportReader(),
        new FtraceReader(),
        new PerfScriptReader(),
        new CasemateReader(),
        new TarmacReader(),
        new GhostReader(),
    ];

    /// <summary>Names of all readers, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(reader => reader.Name));

    /// <summary>The reader of this name, or null.</summary>
    public static ITraceReader? Find(string name) => All.FirstOrDefault(reader => reader.Name == name);

    /// <summary>The first reader that recognises the start of a source, or null.</summary>
    public static ITraceReader? Detect(ReadOnlySpan<byte> head)
    {
        foreach (var reader in All)
        {
            if (reader.Recognises(head))
            {
                return reader;
            }
        }

        return null;
    }
}
