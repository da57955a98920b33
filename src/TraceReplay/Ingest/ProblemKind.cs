namespace TraceReplay.Ingest;

/// <summary>How much a problem matters to what is concluded from the trace.</summary>
public enum ProblemSeverity
{
    /// <summary>Nothing was lost.</summary>
    Info = 0,

    /// <summary>All that was there was read, but the trace itself is incomplete or doubtful.</summary>
    Warning = 1,

    /// <summary>Something that was in the file could not be used.</summary>
    Error = 2,
}

/// <summary>One kind of import problem.</summary>
/// <param name="Name">As stored in <c>import_problem.kind</c>.</param>
/// <param name="Severity">Same for all problems of the kind.</param>
/// <param name="Help">What it means and what to do about it.</param>
public sealed record ProblemKind(string Name, ProblemSeverity Severity, string Help);

/// <summary>One problem, with the place it was met.</summary>
/// <param name="TraceId">1-based number of the file in the import.</param>
/// <param name="Line">1-based line of the decompressed source; 0 when the file as a whole is meant.</param>
/// <param name="Kind">What kind it is.</param>
/// <param name="Detail">What was expected and what was found.</param>
/// <param name="Excerpt">Start of the line, at most <see cref="ImportProblems.ExcerptBytes"/> bytes of it.</param>
public sealed record ImportProblem(int TraceId, long Line, ProblemKind Kind, string Detail, string Excerpt);
