namespace TraceReplay.Cli;

/// <summary>Exit status of every command.</summary>
internal enum ExitCode
{
    /// <summary>The command did its work, and nothing of severity error was found.</summary>
    Clean = 0,

    /// <summary>
    /// At least one error was found whose confidence is known, that Linux does not tolerate by design, that is not waived and that the
    /// baseline does not have.
    /// </summary>
    ErrorsFound = 1,

    /// <summary>The command line was wrong.</summary>
    Usage = 2,

    /// <summary>An input could not be used, only in part, or is incomplete and no error was found: what was found may not be all.</summary>
    BadInput = 3,

    /// <summary>A fault of the tool itself.</summary>
    Internal = 4,

    /// <summary>Interrupted: 128 and the number of SIGINT, as shells have it.</summary>
    Interrupted = 130,
}
