namespace TraceReplay.Cli;

/// <summary>The command line was wrong in a way that only the command can tell; the hint says what to type.</summary>
internal sealed class UsageException(string message, string hint) : Exception(message)
{
    /// <summary>What to try instead.</summary>
    public string Hint { get; } = hint;
}
