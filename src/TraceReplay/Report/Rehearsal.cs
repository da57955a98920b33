using System.Runtime.CompilerServices;
using TraceReplay.Rules;
using TraceReplay.Store;

namespace TraceReplay.Report;

/// <summary>
/// Writes the reports of an empty database to nowhere. An analysis does so while its first events are read, when one of two processors is
/// idle, so that the code of its last steps is loaded and compiled once they come.
/// </summary>
public static class Rehearsal
{
    /// <summary>Starts it on a thread of its own; on a single processor it would only delay the reading, and a native program is compiled.</summary>
    /// <param name="policy">What is asked of the trace.</param>
    public static void Start(Policy policy)
    {
        if (RuntimeFeature.IsDynamicCodeCompiled && Environment.ProcessorCount > 1)
        {
            new Thread(() => RunQuietly(policy)) { IsBackground = true, Name = "rehearsal" }.Start();
        }
    }

    /// <summary>Goes through all that an analysis does once its events are replayed.</summary>
    internal static void Run(Policy policy)
    {
        _ = Policy.Parse(policy.ToJson(isIndented: false)).ToString();
        using var database = TraceDatabase.CreateTemporary();
        foreach (var query in StandardReports.Queries)
        {
            using var result = QueryResult.Run(database, query);
            CsvReport.Write(result, Stream.Null);
        }

        FindingReport.Write(database, TextWriter.Null);
        _ = Verdict.Read(database);
        InfoReport.WriteReview(database, TextWriter.Null);
        InfoReport.WriteReplay(database, TextWriter.Null);
    }

    private static void RunQuietly(Policy policy)
    {
        try
        {
            Run(policy);
        }
#pragma warning disable CA1031 // What fails here, for want of room or memory, fails again where it counts.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
