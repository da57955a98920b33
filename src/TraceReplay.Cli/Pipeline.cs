using TraceReplay.Report;
using TraceReplay.Store;

namespace TraceReplay.Cli;

/// <summary>What to import.</summary>
/// <param name="Paths">Traces, consecutive pieces of one capture; <c>-</c> is standard input.</param>
/// <param name="DatabasePath">The database to make.</param>
/// <param name="Format">Name of the reader; null to tell it from the content.</param>
/// <param name="Force">True to replace an existing database.</param>
internal sealed record ImportRequest(IReadOnlyList<string> Paths, string DatabasePath, string? Format, bool Force);

/// <summary>How far a long step has come.</summary>
/// <param name="Done">Bytes read, or events replayed.</param>
/// <param name="Total">Of how many; 0 when not known.</param>
/// <param name="Events">Events so far.</param>
internal readonly record struct StepProgress(long Done, long Total, long Events);

/// <summary>One rule, as <c>tracereplay rules</c> prints it.</summary>
internal sealed record RuleText(string Id, string Title, string Severity, string ArmRules, string Explanation, string Condition);

/// <summary>The steps that the commands are made of; tests put their own in place.</summary>
/// <param name="Import">Reads traces into a new database.</param>
/// <param name="Replay">Replays a database and writes its findings. The integer is the FEAT_BBM level, null for what the trace says.</param>
/// <param name="Rules">All rules.</param>
/// <param name="Describe">Puts a descriptor into words.</param>
internal sealed record Pipeline(
    Action<ImportRequest, IProgress<StepProgress>?, CancellationToken> Import,
    Action<TraceDatabase, int?, IProgress<StepProgress>?, CancellationToken> Replay,
    Func<IReadOnlyList<RuleText>> Rules,
    DescriptorDecoder Describe)
{
    /// <summary>The library's own steps.</summary>
    public static Pipeline OfLibrary { get; } = new(
        (_, _, _) => throw new NotSupportedException("this build has no importer"),
        (_, _, _, _) => throw new NotSupportedException("this build has no replay engine"),
        () => throw new NotSupportedException("this build has no rules"),
        DescriptorOutline.Describe);
}
